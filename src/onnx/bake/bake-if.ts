import { create } from "@bufbuild/protobuf";
import { makeNode } from "../graph/build.ts";
import { declareValue, shapeOf } from "../graph/value-types.ts";
import type { Network } from "../network.ts";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  type TensorProto,
  type ValueInfoProto,
} from "../proto/onnx-pb.ts";
import { type BakeNames, type BakeRequest, bakedModel, bakeNames, exitConfidence } from "./baked-model.ts";
import { GraphWriter } from "./graph-writer.ts";
import { StageWriter } from "./stage-writer.ts";

/** Names of one branch's three answers. */
interface Answers {
  readonly logits: string;
  readonly exit: string;
  readonly confidence: string;
}

/**
 * Writes the network as nested `If` nodes: confident → this exit's answer, else → the next stage. Nothing is gathered or scattered, so one
 * sample at a time is as fast as it gets; but the condition is a single truth value, so the batch is fixed to 1.
 */
export function bakeIf(network: Network, request: BakeRequest): ModelProto {
  const names = bakeNames(network);
  const stageWriter = new StageWriter(network, names.reserved);
  const writer = new GraphWriter(request.opset, names.prefix);
  const answers = writeFrom(writer, 0, network, names, stageWriter, request, (depth) => `${names.prefix}${depth}/`);
  const proto = bakedModel(network, names, writer, stageWriter.weightsUsed, answers, request);
  fixBatch(proto.graph!, network);
  return proto;
}

/** Writes stage `stage` and everything behind it into a graph; weights of ours stay in the graph that uses them. */
function writeFrom(
  writer: GraphWriter,
  stage: number,
  network: Network,
  names: BakeNames,
  stageWriter: StageWriter,
  request: BakeRequest,
  prefixOf: (depth: number) => string,
): Answers {
  const known = stageWriter.write(writer, stage, new Map(), new Map());
  const nameOf = (tensor: string) => known.get(tensor) ?? tensor;
  const logits = nameOf(network.stages[stage].exit);
  const confidence = exitConfidence(writer, network, stage, logits, nameOf, request);
  const exit = writer.ints([stage + 1]);
  if (stage === network.stages.length - 1) return { logits, exit, confidence };
  const leaves = writer.add("Greater", [confidence, names.threshold]);
  const here = branch(prefixOf(2 * stage + 1), request.opset, network, (inner) => ({
    logits: inner.add("Identity", [logits]),
    exit: inner.add("Identity", [exit]),
    confidence: inner.add("Identity", [confidence]),
  }));
  const further = branch(prefixOf(2 * stage + 2), request.opset, network, (inner) => {
    const deeper = writeFrom(inner, stage + 1, network, names, stageWriter, request, prefixOf);
    return {
      logits: inner.add("Identity", [deeper.logits]),
      exit: inner.add("Identity", [deeper.exit]),
      confidence: inner.add("Identity", [deeper.confidence]),
    };
  });
  const output = { logits: writer.name("logits"), exit: writer.name("exit"), confidence: writer.name("confidence") };
  writer.nodes.push(
    makeNode("If", [leaves], [output.logits, output.exit, output.confidence], {
      then_branch: here,
      else_branch: further,
    }),
  );
  return output;
}

function branch(prefix: string, opset: number, network: Network, write: (writer: GraphWriter) => Answers): GraphProto {
  const writer = new GraphWriter(opset, prefix);
  const { logits, exit, confidence } = write(writer);
  const exitType =
    network.graph.proto.output.find(({ name }) => name === network.exits[0])?.type?.tensorType?.elemType ?? 1;
  return create(GraphProtoSchema, {
    name: prefix,
    node: writer.nodes,
    initializer: writer.weights as TensorProto[],
    output: [declareValue(logits, exitType, null), declareValue(exit, 7, null), declareValue(confidence, 1, null)],
  });
}

/** Declares the batch of every input and output to be 1: a runtime then refuses larger ones instead of answering wrongly. */
function fixBatch(graph: GraphProto, network: Network): void {
  const inputs = new Set(network.graph.inputs.map(({ name }) => name));
  graph.input = graph.input.map((value) => (inputs.has(value.name) ? withBatchOfOne(value) : value));
  graph.output = graph.output.map(withBatchOfOne);
}

function withBatchOfOne(value: ValueInfoProto): ValueInfoProto {
  const shape = shapeOf(value);
  const type = value.type?.tensorType;
  return shape === null || type === undefined ? value : declareValue(value.name, type.elemType, shape.with(0, 1));
}
