import { EexitError } from "../errors.ts";
import { assertExits } from "./graph/assert-exits.ts";
import { cutStages, neededFor, type StagePlan } from "./graph/cut-stages.ts";
import { findExits } from "./graph/find-exits.ts";
import { hidesWork, shapesNeeded } from "./graph/macs.ts";
import { macsPerRow } from "./graph/macs-per-row.ts";
import { type NetworkGraph, networkGraph } from "./graph/network-graph.ts";
import { nodeLabel } from "./graph/node-reads.ts";
import { batchAxisOf, observe, probeRowsNeeded, type Sighting } from "./graph/observe.ts";
import { assertBatchAxis, type ProbeRows, probeRowCount, randomRows, selectProbeRows } from "./graph/probe-inputs.ts";
import { elementCode } from "./graph/value-types.ts";
import { weightShapes } from "./graph/weight-shapes.ts";
import type { Model } from "./model.ts";
import { isOrtType, type OrtType } from "./session.ts";

/** A tensor that crosses a boundary. */
export interface LiveTensor {
  readonly name: string;
  readonly type: OrtType;
  /** Observed, null at the batch axis. */
  readonly shape: readonly (number | null)[];
  /** Where its rows are; null: the same for every batch, carried as it is. */
  readonly axis: number | null;
}

export interface NetworkStage {
  readonly exit: string;
  /** The model's own confidence output of this exit, or null. */
  readonly confidence: string | null;
  readonly nodes: readonly number[];
  readonly reads: readonly string[];
  readonly live: readonly LiveTensor[];
  /** Multiply-accumulates per sample. */
  readonly macs: number;
  /** Weights, counted once per stage that uses them. */
  readonly parameters: number;
}

/** A model whose exits, stages and boundaries are known and were seen at work. */
export interface Network {
  readonly model: Model;
  readonly graph: NetworkGraph;
  readonly exits: readonly string[];
  /** Outputs that are no exits. */
  readonly otherOutputs: readonly string[];
  /** Shape of an exit without the batch: [C] or [C, H, W]. */
  readonly exitShape: readonly number[];
  readonly stages: readonly NetworkStage[];
  readonly dropped: readonly string[];
  /** Exits (0-based) that alone cost fewer MACs than an earlier one: perhaps their order is wrong. */
  readonly cheaperThanEarlier: readonly number[];
  /** Nodes whose work is not in the MACs: those with subgraphs. */
  readonly uncounted: readonly string[];
  /** Seen tensors: boundaries, exits, and what the MACs and the zero-row repair look at. */
  readonly seen: ReadonlyMap<string, Sighting>;
  /** The rows it was probed with. */
  readonly probe: ProbeRows;
}

/** Cheap operators that only move or relabel elements: where their result cannot be carried, it is made again. */
const layoutOperators = new Set([
  "Reshape",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Flatten",
  "Identity",
  "Cast",
  "Expand",
  "Slice",
  "Split",
]);

export interface NetworkRequest {
  /** `--exits`, or null. */
  readonly exits: readonly string[] | null;
  /** Outputs that are confidences, one per early exit: their nodes belong to the exit's stage. */
  readonly confidenceOutputs: readonly string[] | null;
  /** Real rows to probe with; null: seeded random ones. */
  readonly rows: ProbeRows | null;
  readonly seed: number;
}

/**
 * Finds the exits of a model, cuts it into stages and looks at it with 3 and 5 rows.
 *
 * @throws EexitError `exits-unclear`, `exits-not-nested`, `batch-axis`, `boundary-uncarried`, `model-invalid` or `model-failed`
 */
export async function openNetwork(model: Model, request: NetworkRequest): Promise<Network> {
  const graph = networkGraph(model.path, model.graph);
  assertBatchAxis(graph);
  const { names: exits, others } = findExits(graph, request.exits);
  assertConfidenceOutputs(graph, exits, request.confidenceOutputs);
  const probe = probeOf(graph, request);
  const remade = new Set<string>();
  for (;;) {
    const plan = cutStages(graph, exits, request.confidenceOutputs, remade);
    const seen = await observe(model, tensorsToSee(graph, plan, exits), probe);
    const stuck = uncarried(plan, seen);
    if (stuck.size === 0) return describe(model, graph, exits, others, plan, seen, probe);
    for (const [name, why] of stuck) {
      const node = graph.proto.node[graph.producer.get(name) ?? -1];
      if (node === undefined || !layoutOperators.has(node.opType)) throw boundaryError(graph, plan, name, why);
      // A Split is made again as a whole: one part both made and carried would be defined twice.
      for (const output of node.output) remade.add(output);
    }
  }
}

/** One output per early exit. Whether it is one number per row is seen when it runs. */
function assertConfidenceOutputs(
  graph: NetworkGraph,
  exits: readonly string[],
  confidences: readonly string[] | null,
): void {
  if (confidences === null) return;
  const outputs = graph.proto.output.map(({ name }) => name);
  const unknown = confidences.find((name) => !outputs.includes(name));
  if (unknown === undefined && confidences.length === exits.length - 1) return;
  const found = unknown === undefined ? `${confidences.length} outputs` : `no output ${unknown}`;
  throw new EexitError(
    "exits-unclear",
    `--confidence-output ${confidences.join(",")}: ${found}, expected ${exits.length - 1} of ${outputs.join(", ")}, one per early exit`,
    "name one output per exit but the last",
  );
}

/** Given rows, repeated up to the five that are needed, or seeded random ones. */
export function probeOf(graph: NetworkGraph, { rows, seed }: Pick<NetworkRequest, "rows" | "seed">): ProbeRows {
  if (rows === null) return randomRows(graph, 16, seed);
  const count = probeRowCount(rows);
  return count >= probeRowsNeeded
    ? rows
    : selectProbeRows(
        rows,
        Array.from({ length: probeRowsNeeded }, (_, i) => i % count),
      );
}

function tensorsToSee(graph: NetworkGraph, plan: StagePlan, exits: readonly string[]): string[] {
  const used = new Set(plan.stages.flatMap(({ nodes }) => nodes));
  const nodes = graph.proto.node.filter((_, index) => used.has(index));
  const weights = weightShapes(graph.proto);
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const names = [
    ...exits,
    ...plan.stages.flatMap(({ live }) => live),
    ...nodes.flatMap(shapesNeeded),
    ...nodes.filter(({ opType }) => opType === "Reshape").flatMap(({ output }) => output),
  ];
  return [...new Set(names)].filter((name) => !weights.has(name) && !fed.has(name));
}

/** Boundary tensors whose rows cannot be picked out, and why. Inputs were checked by their declaration. */
function uncarried(plan: StagePlan, seen: ReadonlyMap<string, Sighting>): Map<string, string> {
  const stuck = new Map<string, string>();
  for (const name of plan.stages.flatMap(({ live }) => live)) {
    const sighting = seen.get(name);
    if (sighting === undefined) continue;
    const axis = batchAxisOf(sighting);
    if (typeof axis === "string") stuck.set(name, axis);
    else if (!isOrtType(sighting.five.type)) stuck.set(name, `its element type is ${sighting.five.type}`);
  }
  return stuck;
}

function describe(
  model: Model,
  graph: NetworkGraph,
  exits: readonly string[],
  otherOutputs: readonly string[],
  plan: StagePlan,
  seen: ReadonlyMap<string, Sighting>,
  probe: ProbeRows,
): Network {
  const exitShape = assertExits(graph, exits, seen);
  const work = (nodes: Iterable<number>) => macsPerRow(graph, nodes, seen, probe);
  const stages = plan.stages.map((stage) => ({
    ...stage,
    live: stage.live.map((name) => liveTensor(name, seen, probe)),
    macs: work(stage.nodes),
    parameters: parameterCount(graph, stage.nodes),
  }));
  const alone = exits.map((exit) => work(neededFor(graph, exit)));
  const cheaperThanEarlier = exits.flatMap((_, exit) =>
    alone[exit] < Math.max(0, ...alone.slice(0, exit)) ? [exit] : [],
  );
  const used = new Set(plan.stages.flatMap(({ nodes }) => nodes));
  const uncounted = graph.proto.node.filter((node, index) => used.has(index) && hidesWork(node)).map(nodeLabel);
  const { dropped } = plan;
  return { model, graph, exits, otherOutputs, exitShape, stages, dropped, cheaperThanEarlier, uncounted, seen, probe };
}

function liveTensor(name: string, seen: ReadonlyMap<string, Sighting>, probe: ProbeRows): LiveTensor {
  const sighting = seen.get(name);
  if (sighting === undefined) {
    const { type, dims } = probe.get(name)!;
    return { name, type, shape: [null, ...dims.slice(1)], axis: 0 };
  }
  const axis = batchAxisOf(sighting) as number | null;
  const shape = sighting.five.dims.map((size, at) => (at === axis ? null : size));
  return { name, type: sighting.five.type, shape, axis };
}

/** Numbers in the weights that the nodes use. int64 ones are axes, sizes and indices: not weights. */
function parameterCount(graph: NetworkGraph, nodes: readonly number[]): number {
  const used = new Set(nodes.flatMap((node) => [...graph.reads[node]]));
  const { initializer, sparseInitializer } = graph.proto;
  const weights = [...initializer, ...sparseInitializer.flatMap(({ values }) => values ?? [])].filter(
    ({ name, dataType }) => used.has(name) && dataType !== elementCode.int64,
  );
  return weights.reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * Number(size), 1), 0);
}

function boundaryError(graph: NetworkGraph, plan: StagePlan, name: string, why: string): EexitError {
  const stage = plan.stages.findIndex(({ live }) => live.includes(name)) + 1;
  return new EexitError(
    "boundary-uncarried",
    `${graph.path}: tensor ${name} crosses from stage ${stage} to stage ${stage + 1}, but ${why}, expected one entry per sample`,
    "some operator mixes the samples of a batch (normalisation or quantisation over the batch?): export the model in evaluation mode",
  );
}
