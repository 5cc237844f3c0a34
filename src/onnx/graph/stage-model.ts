import { create } from "@bufbuild/protobuf";
import { withGraph } from "../model.ts";
import type { LiveTensor, Network } from "../network.ts";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "../proto/onnx-pb.ts";
import { declareValue, elementCode, shapeOf } from "./value-types.ts";
import { weightShapes } from "./weight-shapes.ts";

/** Name of the batch dimension in declarations of ours. */
export const batchDimension = "N";

/** Nodes to use instead of the network's, and the weights that they need. */
export interface NodeEdits {
  readonly nodes: ReadonlyMap<number, NodeProto>;
  readonly weights: readonly TensorProto[];
}

/** One stage as a model of its own: it reads inputs and live tensors, and gives its exit and what later stages read. */
export function stageModel(network: Network, stage: number, edits: NodeEdits | null = null): ModelProto {
  const { graph, stages, model } = network;
  const { exit, confidence, reads, live, nodes } = stages[stage];
  const before = stage === 0 ? [] : stages[stage - 1].live;
  const own = new Set(nodes.flatMap((node) => graph.proto.node[node].output));
  const made = live.filter(({ name }) => own.has(name) && name !== exit && name !== confidence);
  const exits = [exit, ...(confidence === null ? [] : [confidence])];
  const known = new Map(before.map((tensor) => [tensor.name, tensor]));
  const open = hasOpenShapes(network);
  const outputs = [
    ...exits.map((name) => declaredOutput(network, name)),
    ...made.map((tensor) => declareLive(tensor, open)),
  ];
  const inputs = reads.map((name) => declaredInput(network, name) ?? declareLive(known.get(name)!, open));
  const part = partOf(network, nodes, inputs, outputs, `stage_${stage + 1}`);
  if (edits !== null) {
    part.node = nodes.map((node) => edits.nodes.get(node) ?? graph.proto.node[node]);
    part.initializer.push(...edits.weights);
  }
  return withGraph(model.proto, part);
}

/** A graph of some nodes, with the weights, declarations and input defaults that they use. */
function partOf(
  network: Network,
  nodes: readonly number[],
  inputs: readonly ValueInfoProto[],
  outputs: readonly ValueInfoProto[],
  name: string,
): GraphProto {
  const whole = network.graph.proto;
  const used = new Set(nodes.flatMap((node) => [...network.graph.reads[node]]));
  for (const output of outputs) used.add(output.name);
  const made = new Set(nodes.flatMap((node) => whole.node[node].output));
  const taken = new Set([...inputs, ...outputs].map((value) => value.name));
  // IR version 3 lists weights among the inputs; such defaults stay with the stage that uses them.
  const weights = weightShapes(whole);
  const defaults = whole.input.filter((input) => used.has(input.name) && weights.has(input.name));
  const part = create(GraphProtoSchema, {
    ...whole,
    name,
    node: nodes.map((node) => whole.node[node]),
    initializer: whole.initializer.filter((tensor) => used.has(tensor.name)),
    sparseInitializer: whole.sparseInitializer.filter(({ values }) => values && used.has(values.name)),
    input: [...inputs, ...defaults],
    output: [...outputs],
    valueInfo: whole.valueInfo.filter((value) => made.has(value.name) && !taken.has(value.name)),
  });
  if (whole.$unknown) part.$unknown = whole.$unknown;
  return part;
}

/** A live tensor as an input or output: open at its batch axis and wherever the network has more open dimensions. */
export function declareLive({ name, type, shape, axis }: LiveTensor, open: boolean): ValueInfoProto {
  const dims = shape.map((size, at) => (at === axis ? batchDimension : open ? null : size));
  return declareValue(name, elementCode[type], dims);
}

function declaredInput({ graph }: Network, name: string): ValueInfoProto | undefined {
  return graph.inputs.find((input) => input.name === name);
}

function declaredOutput({ graph }: Network, name: string): ValueInfoProto {
  return graph.proto.output.find((output) => output.name === name)!;
}

/** Whether some dimension besides the batch is open: observed shapes then hold for the probe only. */
export function hasOpenShapes({ graph }: Network): boolean {
  return graph.inputs.some((input) =>
    (shapeOf(input) ?? [null, null]).slice(1).some((size) => typeof size !== "number"),
  );
}
