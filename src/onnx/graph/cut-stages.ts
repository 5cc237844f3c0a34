import { EexitError } from "../../errors.ts";
import type { NetworkGraph } from "./network-graph.ts";
import { nodeLabel } from "./node-reads.ts";

/** One stage: what must be computed to get from one exit to the next. */
export interface StageCut {
  /** Name of the exit that the stage ends with. */
  readonly exit: string;
  /** Name of the output that is this exit's confidence, where the model computes it itself. */
  readonly confidence: string | null;
  /** Indices of its nodes, in the graph's order; constants and shape arithmetic may stand in several stages. */
  readonly nodes: readonly number[];
  /** Graph inputs and tensors of earlier stages that its nodes read. */
  readonly reads: readonly string[];
  /** Tensors that cross the boundary behind it, read by some later stage; empty for the last stage. */
  readonly live: readonly string[];
}

export interface StagePlan {
  readonly stages: readonly StageCut[];
  /** Labels of the nodes that feed no exit. */
  readonly dropped: readonly string[];
}

/**
 * Cuts a graph between its exits. Stage k holds the nodes that exit k needs and no earlier exit does; several tensors may
 * cross a boundary, and one may cross many.
 *
 * Constants and shape arithmetic are repeated in each stage that uses them: a shape computed before rows left would be the
 * wrong one after. `remade` names more tensors that are to be made again instead of carried.
 * @throws EexitError `exits-not-nested` when an exit needs nothing beyond the exits before it
 */
export function cutStages(
  graph: NetworkGraph,
  exits: readonly string[],
  confidences: readonly string[] | null = null,
  remade: ReadonlySet<string> = new Set(),
): StagePlan {
  const targets = exits.map((exit, stage) => ({ exit, confidence: confidences?.[stage] ?? null }));
  const stageOf = firstStages(graph, targets);
  const repeated = (tensor: string) => graph.kindOf(tensor) !== "data" || remade.has(tensor);
  const drafts = targets.map((target, stage) => {
    const nodes = new Set<number>();
    const reads = new Set<string>();
    // What the stage itself makes, and beneath it whatever has to be made again.
    const visit = (tensor: string): void => {
      const node = graph.producer.get(tensor);
      if (node === undefined) {
        if (graph.kindOf(tensor) === "data") reads.add(tensor);
        return;
      }
      if (stageOf[node] !== stage && !repeated(tensor)) {
        reads.add(tensor);
        return;
      }
      if (nodes.has(node)) return;
      nodes.add(node);
      for (const name of graph.reads[node]) visit(name);
    };
    for (const [node, owner] of stageOf.entries()) {
      if (owner === stage) for (const name of graph.proto.node[node].output) if (name !== "") visit(name);
    }
    for (const tensor of outputsOf(target)) visit(tensor);
    return { ...target, nodes: [...nodes].sort((a, b) => a - b), reads: [...reads] };
  });
  const madeIn = (tensor: string) => stageOf[graph.producer.get(tensor) ?? -1] ?? -1;
  const stages = drafts.map((draft, stage) => {
    const readLater = drafts.slice(stage + 1).flatMap(({ reads }) => reads);
    return { ...draft, live: [...new Set(readLater)].filter((tensor) => madeIn(tensor) <= stage) };
  });
  const dropped = graph.proto.node.filter((_, node) => stageOf[node] === -1).map(nodeLabel);
  return { stages, dropped };
}

type Target = Pick<StageCut, "exit" | "confidence">;

function outputsOf({ exit, confidence }: Target): string[] {
  return confidence === null ? [exit] : [exit, confidence];
}

/** Per node: the first exit that needs it, or −1. */
function firstStages(graph: NetworkGraph, targets: readonly Target[]): Int32Array {
  const stageOf = new Int32Array(graph.proto.node.length).fill(-1);
  for (const [stage, target] of targets.entries()) {
    const claim = (output: string): number => {
      const open = [output];
      let own = 0;
      for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
        const node = graph.producer.get(tensor);
        if (node === undefined || stageOf[node] !== -1) continue;
        stageOf[node] = stage;
        if (graph.kindOf(tensor) === "data") own++;
        open.push(...graph.reads[node]);
      }
      return own;
    };
    const [own] = outputsOf(target).map(claim);
    if (own === 0)
      throw notNested(
        graph,
        targets.map(({ exit }) => exit),
        stage,
      );
  }
  return stageOf;
}

function notNested(graph: NetworkGraph, exits: readonly string[], stage: number): EexitError {
  const [exit, before] = [exits[stage], exits[stage - 1]];
  if (stage === 0) {
    return new EexitError(
      "exits-not-nested",
      `${graph.path}: exit ${exit} reads no input, expected a prediction`,
      "see --exits",
    );
  }
  const order = shallowFirst(graph, exits);
  const isGiven = order.every((name, at) => name === exits[at]);
  return new EexitError(
    "exits-not-nested",
    `${graph.path}: exit ${exit} needs nothing that ${stage === 1 ? before : `the exits before it (${exits.slice(0, stage).join(", ")})`} did not compute, expected exits that go deeper one by one`,
    isGiven
      ? `leave it out: --exits ${exits.filter((name) => name !== exit).join(",")}`
      : `name the exits from the shallowest to the deepest: --exits ${order.join(",")}`,
  );
}

/** The exits by the number of nodes that each needs: where they are nested, that is their order. */
function shallowFirst(graph: NetworkGraph, exits: readonly string[]): string[] {
  const sizes = new Map(exits.map((exit) => [exit, nodesBehind(graph, exit)]));
  return [...exits].sort((a, b) => sizes.get(a)! - sizes.get(b)!);
}

function nodesBehind(graph: NetworkGraph, exit: string): number {
  const nodes = new Set<number>();
  const open = [exit];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    const node = graph.producer.get(tensor);
    if (node === undefined || nodes.has(node)) continue;
    nodes.add(node);
    open.push(...graph.reads[node]);
  }
  return nodes.size;
}

/** Indices of the nodes that a tensor depends on. */
export function neededFor(graph: NetworkGraph, tensor: string): Set<number> {
  const needed = new Set<number>();
  const open = [tensor];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = graph.producer.get(name);
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    open.push(...graph.reads[node]);
  }
  return needed;
}
