import { create } from "@bufbuild/protobuf";
import type { ThresholdFile } from "../../control/threshold-file.ts";
import { EexitError } from "../../errors.ts";
import type { ComputedConfidence } from "../../exits/confidence-name.ts";
import { tool } from "../../version.ts";
import { floatTensor, makeNode } from "../graph/build.ts";
import { declareValue, shapeOf } from "../graph/value-types.ts";
import { weightShapes } from "../graph/weight-shapes.ts";
import { withGraph } from "../model.ts";
import type { Network } from "../network.ts";
import { GraphProtoSchema, type ModelProto, type NodeProto, StringStringEntryProtoSchema } from "../proto/onnx-pb.ts";
import { type ConfidenceRecipe, confidenceNodes } from "./confidence-nodes.ts";
import type { GraphWriter } from "./graph-writer.ts";

export interface BakeRequest {
  /** The rule to bake; its threshold becomes the default of the input `threshold`. */
  readonly file: ThresholdFile;
  /** The file as it is written, kept in the model's metadata. */
  readonly fileText: string;
  /** Null: the model's own outputs. */
  readonly confidence: ComputedConfidence | null;
  readonly opset: number;
}

/** Inputs and outputs of a baked model that are the same for all networks. */
const outputNames = ["logits", "exit", "confidence"] as const;
const thresholdName = "threshold";

export interface BakeNames {
  /** Begins every name that baking adds. */
  readonly prefix: string;
  readonly threshold: string;
  /** Tensors of the network whose names the baked model needs for itself → what they are called there. */
  readonly reserved: ReadonlyMap<string, string>;
}

/** @throws EexitError `bake-unsupported` when an input of the network has the name of the threshold or of an output */
export function bakeNames(network: Network): BakeNames {
  const { graph } = network;
  const taken = new Set([...graph.producer.keys(), ...weightShapes(graph.proto).keys()]);
  for (const { name } of graph.proto.input) taken.add(name);
  const ours = [...outputNames, thresholdName];
  const input = graph.inputs.find(({ name }) => ours.includes(name as "logits"));
  if (input !== undefined) {
    throw new EexitError(
      "bake-unsupported",
      `${graph.path}: its input is called ${input.name}, expected another name (${ours.join(", ")} belong to the baked model)`,
      "rename the input in the export: input_names=[…]",
    );
  }
  let prefix = "eexit/";
  // Node names are a space of their own, in which a name twice is refused as well.
  const labels = graph.proto.node.map(({ name }) => name);
  while ([...taken, ...labels].some((name) => name.startsWith(prefix)))
    prefix = prefix.replace(/\d*\/$/, (end) => `${Number(end.slice(0, -1) || 1) + 1}/`);
  const reserved = new Map(ours.filter((name) => taken.has(name)).map((name) => [name, `${prefix}own/${name}`]));
  return { prefix, threshold: thresholdName, reserved };
}

/** The confidence of an exit, [n] float32: computed, or the model's own output; NaN where the last exit has none. */
export function exitConfidence(
  writer: GraphWriter,
  network: Network,
  stage: number,
  logits: string,
  nameOf: (tensor: string) => string,
  { file, confidence }: BakeRequest,
): string {
  const exitType = network.seen.get(network.exits[stage])!.five.type;
  const recipe: ConfidenceRecipe = {
    computed: confidence,
    values: file.inputValues ?? "logits",
    exitShape: network.exitShape,
    exitType,
  };
  if (confidence !== null) return confidenceNodes(writer, logits, recipe);
  const own = network.stages[stage].confidence;
  if (own !== null) return writer.add("Cast", [writer.add("Reshape", [nameOf(own), writer.ints([-1])])], { to: 1 });
  const axes = network.exitShape.map((_, axis) => axis + 1);
  const values = exitType === "float32" ? logits : writer.add("Cast", [logits], { to: 1 });
  return writer.add("Mul", [writer.reduce("ReduceMax", values, axes, 0), writer.float(Number.NaN)]);
}

/** Puts the finished nodes into a model with the fixed inputs, outputs and metadata. */
export function bakedModel(
  network: Network,
  names: BakeNames,
  writer: GraphWriter,
  weightsUsed: ReadonlySet<string>,
  answers: { readonly logits: string; readonly exit: string; readonly confidence: string },
  request: BakeRequest,
): ModelProto {
  const whole = network.graph.proto;
  const renamed = (name: string) => names.reserved.get(name) ?? name;
  const exitType = whole.output.find(({ name }) => name === network.exits[0])?.type?.tensorType?.elemType ?? 1;
  const batch = shapeOf(network.graph.inputs[0])?.[0] ?? "N";
  const known = weightShapes(whole);
  const defaults = whole.input.filter(({ name }) => known.has(name) && weightsUsed.has(name));
  const threshold = floatTensor(names.threshold, [], [bakedThreshold(request.file)]);
  const graph = create(GraphProtoSchema, {
    ...whole,
    node: [...writer.nodes, ...outputNames.map((name) => namedOutput(writer, answers[name], name))],
    initializer: [
      threshold,
      ...whole.initializer
        .filter(({ name }) => weightsUsed.has(name))
        .map((weight) => ({ ...weight, name: renamed(weight.name) })),
      ...writer.weights,
    ],
    sparseInitializer: whole.sparseInitializer
      .filter(({ values }) => values && weightsUsed.has(values.name))
      .map((weight) => ({ ...weight, values: { ...weight.values!, name: renamed(weight.values!.name) } })),
    input: [
      ...network.graph.inputs,
      declareValue(names.threshold, 1, []),
      ...defaults.map((input) => ({ ...input, name: renamed(input.name) })),
    ],
    output: [
      declareValue("logits", exitType, [batch, ...network.exitShape]),
      declareValue("exit", 7, [batch]),
      declareValue("confidence", 1, [batch]),
    ],
    valueInfo: [],
  });
  if (whole.$unknown) graph.$unknown = whole.$unknown;
  const proto = withGraph(network.model.proto, graph);
  // Format version 3 wants every weight listed among the inputs; ours are not, and inside an If they cannot be.
  if (proto.irVersion < 4n) proto.irVersion = 4n;
  proto.metadataProps = [
    ...network.model.proto.metadataProps.filter(({ key }) => !key.startsWith("eexit.")),
    ...metadata(network, request),
  ];
  return proto;
}

/** Gives an answer its public name; the node itself is called otherwise, since the network may have a node of that name. */
function namedOutput(writer: GraphWriter, answer: string, name: string): NodeProto {
  const node = makeNode("Identity", [answer], [name]);
  node.name = writer.name(name);
  return node;
}

function metadata(network: Network, { fileText }: BakeRequest) {
  const entries = {
    threshold: fileText,
    version: tool.version,
    exits: network.exits.join(","),
    source: network.model.sha256,
  };
  return Object.entries(entries).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key: `eexit.${key}`, value }),
  );
}

/** The same baked model with another default threshold (float32). */
export function withThreshold(baked: ModelProto, threshold: number): ModelProto {
  const graph = baked.graph!;
  const initializer = graph.initializer.map((tensor) =>
    tensor.name === thresholdName ? floatTensor(thresholdName, [], [threshold]) : tensor,
  );
  const copy = create(GraphProtoSchema, { ...graph, initializer });
  if (graph.$unknown) copy.$unknown = graph.$unknown;
  return withGraph(baked, copy);
}

/** The largest float32 that is at most λ selects the same float32 confidences; ±∞ for the two policies. */
export function bakedThreshold({ policy, threshold }: Pick<ThresholdFile, "policy" | "threshold">): number {
  if (policy === "never-exit") return Number.POSITIVE_INFINITY;
  if (policy === "first-exit") return Number.NEGATIVE_INFINITY;
  const nearest = Math.fround(threshold);
  return nearest <= threshold ? nearest : floatBelow(nearest);
}

/** The next float32 towards −∞ of a finite number. */
function floatBelow(value: number): number {
  if (value === 0) return -(2 ** -149);
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  bits[0] += value > 0 ? -1 : 1;
  return float[0];
}
