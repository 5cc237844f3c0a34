import type { LiveTensor, Network } from "../network.ts";
import type { ModelProto } from "../proto/onnx-pb.ts";
import { type BakeNames, type BakeRequest, bakedModel, bakeNames, exitConfidence } from "./baked-model.ts";
import { GraphWriter } from "./graph-writer.ts";
import { StageWriter } from "./stage-writer.ts";
import type { ZeroRowPlan } from "./zero-row-safety.ts";

export interface BakedNetwork {
  readonly proto: ModelProto;
  /** Stages (0-based) that run with a spare row, and the operators that need it. */
  readonly spare: readonly { readonly stage: number; readonly operators: readonly string[] }[];
}

/** What one stage leaves for the rows that come back to it from the stages behind. */
interface Frame {
  readonly logits: string;
  readonly confidence: string;
  /** [n] exit numbers, of which those of the rows that go on are still to be overwritten. */
  readonly exit: string | null;
  /** [m, 1] positions, among the stage's rows, of the rows that go on. */
  readonly positions: string | null;
}

/**
 * Writes the whole network as one graph that exits early by itself at any batch size.
 *
 * Behind every exit: confidence > threshold → positions of the rows that stay → GatherND of the live tensors → next stage. The answers come
 * back the same way: ScatterND of a stage's results over those of the stage before, at these positions, so that the first stage's
 * answers end up complete and in order. Only standard operators, no `If`; every step passes batches in which all or no rows stay.
 *
 * A stage with an operator that fails on an empty batch is given a spare row (row 0 again) when no row goes on, and so are the
 * stages before it: there is then always a row to copy. The spare row is cut off before answers are scattered.
 *
 * @param plans one per stage
 */
export function bakeNetwork(network: Network, request: BakeRequest, plans: readonly ZeroRowPlan[]): BakedNetwork {
  const names = bakeNames(network);
  const writer = new GraphWriter(request.opset, names.prefix);
  const stageWriter = new StageWriter(network, names.reserved);
  const lastSpare = plans.findLastIndex(({ unsafe }) => unsafe.length > 0);
  const frames: Frame[] = [];
  let reads: ReadonlyMap<string, string> = new Map();
  /** [1]: how many rows of the stage are real, where it may hold a spare one. */
  let count: string | null = null;
  for (const [stage, { exit, live }] of network.stages.entries()) {
    const known = stageWriter.write(writer, stage, reads, plans[stage].reshapes);
    const nameOf = (tensor: string) => known.get(tensor) ?? tensor;
    const cut = (tensor: string) => (count === null ? tensor : keepFirst(writer, tensor, count));
    const logits = cut(nameOf(exit));
    const isLast = stage === network.stages.length - 1;
    const needed = !isLast || request.confidence === null || network.exitShape.length > 1;
    const confidence = needed
      ? exitConfidence(writer, network, stage, logits, (tensor) => cut(nameOf(tensor)), request)
      : "";
    if (isLast) {
      frames.push({ logits, confidence, exit: null, positions: null });
      break;
    }
    const leaves = writer.add("Greater", [confidence, names.threshold]);
    const positions = writer.add("Transpose", [writer.add("NonZero", [writer.add("Not", [leaves])])], { perm: [1, 0] });
    const exits = writer.add("Where", [leaves, writer.int(stage + 1), writer.int(network.exits.length)]);
    frames.push({ logits, confidence, exit: exits, positions });
    count = stage + 1 <= lastSpare ? writer.add("Gather", [writer.add("Shape", [positions]), writer.ints([0])]) : null;
    reads = gatherLive(writer, live, nameOf, count === null ? positions : withSpareRow(writer, positions, count));
  }
  return { proto: finished(writer, stageWriter, network, names, frames, request), spare: spareStages(plans) };
}

function spareStages(plans: readonly ZeroRowPlan[]): BakedNetwork["spare"] {
  return plans.flatMap(({ unsafe }, stage) => (unsafe.length > 0 ? [{ stage, operators: unsafe }] : []));
}

/** Row 0 once more, only where no row goes on: [max(m, 1), 1]. */
function withSpareRow(writer: GraphWriter, positions: string, count: string): string {
  const isEmpty = writer.add("Equal", [count, writer.ints([0])]);
  const spare = writer.add("Compress", [writer.ints([0], [1, 1]), isEmpty], { axis: 0 });
  return writer.add("Concat", [positions, spare], { axis: 0 });
}

function keepFirst(writer: GraphWriter, tensor: string, count: string): string {
  return writer.add("Slice", [tensor, writer.ints([0]), count, writer.ints([0])]);
}

/** The rows of every live tensor that go on, each along its own batch axis. */
function gatherLive(
  writer: GraphWriter,
  live: readonly LiveTensor[],
  nameOf: (tensor: string) => string,
  rows: string,
): ReadonlyMap<string, string> {
  let flat: string | null = null;
  const gathered = new Map<string, string>();
  for (const { name, axis } of live) {
    if (axis === null) gathered.set(name, nameOf(name));
    else if (axis === 0) gathered.set(name, writer.add("GatherND", [nameOf(name), rows]));
    else {
      flat ??= writer.add("Reshape", [rows, writer.ints([-1])]);
      gathered.set(name, writer.add("Gather", [nameOf(name), flat], { axis }));
    }
  }
  return gathered;
}

/** Scatters the answers back, from the last stage to the first. */
function finished(
  writer: GraphWriter,
  stageWriter: StageWriter,
  network: Network,
  names: BakeNames,
  frames: readonly Frame[],
  request: BakeRequest,
): ModelProto {
  // A confidence that is cheap to compute is computed once more from the finished logits: one node per answer, not one per exit.
  const again = request.confidence !== null && network.exitShape.length === 1;
  let { logits, confidence } = frames[frames.length - 1];
  let exit: string | null = null;
  for (const frame of frames.slice(0, -1).reverse()) {
    const positions = frame.positions!;
    logits = writer.add("ScatterND", [frame.logits, positions, logits]);
    if (!again) confidence = writer.add("ScatterND", [frame.confidence, positions, confidence]);
    exit = exit === null ? frame.exit! : writer.add("ScatterND", [frame.exit!, positions, exit]);
  }
  if (again) confidence = exitConfidence(writer, network, frames.length - 1, logits, (tensor) => tensor, request);
  return bakedModel(network, names, writer, stageWriter.weightsUsed, { logits, exit: exit!, confidence }, request);
}
