import { create } from "@bufbuild/protobuf";
import { subgraphsOf } from "../graph/node-reads.ts";
import { batchAxisOf } from "../graph/observe.ts";
import { hasOpenShapes } from "../graph/stage-model.ts";
import type { Network } from "../network.ts";
import { type NodeProto, NodeProtoSchema } from "../proto/onnx-pb.ts";
import { zeroRowOperators } from "./zero-row-operators.ts";

/** How a stage of a baked graph meets an empty batch. */
export interface ZeroRowPlan {
  /** Node index → constant target shape that replaces a Reshape's own, which would fail. */
  readonly reshapes: ReadonlyMap<number, readonly number[]>;
  /** Operators (each named once) that may fail on an empty batch; a stage that has some runs with one spare row. */
  readonly unsafe: readonly string[];
}

/**
 * Looks for what would fail when no row reaches a stage: an operator that is not known to pass, and a Reshape whose target
 * cannot be inferred from nothing. Such a Reshape is repaired where its output shape is known: every size but the batch's is fixed.
 */
export function zeroRowPlan(network: Network, stage: number): ZeroRowPlan {
  const reshapes = new Map<number, readonly number[]>();
  const unsafe = new Set<string>();
  const { graph } = network;
  for (const index of network.stages[stage].nodes) {
    const node = graph.proto.node[index];
    if (node.output.every((name) => name === "" || graph.kindOf(name) === "constant")) continue;
    const standard = node.domain === "" || node.domain === "ai.onnx";
    if (standard && node.opType === "Reshape") {
      const target = constantInts(network, node.input[1]);
      if (target !== null && !(target.includes(0) && target.includes(-1))) continue;
      const fixed = fixedTarget(network, node);
      if (fixed === null) unsafe.add("Reshape");
      else reshapes.set(index, fixed);
    } else if (!standard || subgraphsOf(node).length > 0 || !zeroRowOperators.has(node.opType)) unsafe.add(node.opType);
  }
  return { reshapes, unsafe: [...unsafe] };
}

/** The same Reshape with a target of our own. */
export function repairedReshape(node: NodeProto, target: string): NodeProto {
  const attribute = node.attribute.filter(({ name }) => name !== "allowzero");
  return create(NodeProtoSchema, { ...node, input: [node.input[0], target], attribute });
}

/** The observed output shape with −1 at the batch; null where other sizes are open or the batch is spread. */
function fixedTarget(network: Network, node: NodeProto): number[] | null {
  const sighting = network.seen.get(node.output[0]);
  if (sighting === undefined || hasOpenShapes(network)) return null;
  const { three, five } = sighting;
  if (three.dims.length !== five.dims.length || batchAxisOf(sighting) === null) return null;
  const moving = five.dims.flatMap((size, axis) => (size === three.dims[axis] ? [] : [axis]));
  return moving.length === 1 && !five.dims.includes(0) ? [...five.dims.with(moving[0], -1)] : null;
}

/** Value of a constant int64 tensor, or null. */
function constantInts({ graph }: Network, name: string): number[] | null {
  const node = graph.proto.node[graph.producer.get(name) ?? -1];
  const ints = node?.attribute.find((attribute) => attribute.name === "value_ints")?.ints;
  if (ints !== undefined) return ints.map(Number);
  const tensor =
    graph.proto.initializer.find((weight) => weight.name === name) ??
    (node?.opType === "Constant" ? node.attribute.find((attribute) => attribute.name === "value")?.t : undefined);
  if (tensor === undefined || tensor.dataType !== 7) return null;
  if (tensor.int64Data.length > 0) return tensor.int64Data.map(Number);
  const { buffer, byteOffset, length } = tensor.rawData;
  return Array.from(new BigInt64Array(buffer.slice(byteOffset, byteOffset + length)), Number);
}
