import { EexitError } from "../../errors.ts";
import type { GraphProto, NodeProto, ValueInfoProto } from "../proto/onnx-pb.ts";
import { nodeLabel, nodeReads } from "./node-reads.ts";
import { weightShapes } from "./weight-shapes.ts";

/**
 * What a tensor's value depends on, told from the graph alone:
 * `constant` weights and what is computed from them; `size` shapes and what is computed from shapes (a Reshape's target, a mask of the
 * batch's size); `data` everything that reads an input's values.
 */
export type TensorKind = "constant" | "size" | "data";

/** A graph with its questions answered once: who makes a tensor, what a node reads, what depends on data. */
export interface NetworkGraph {
  readonly path: string;
  readonly proto: GraphProto;
  /** Graph inputs that must be fed: those without an initializer. */
  readonly inputs: readonly ValueInfoProto[];
  /** Tensor → index of the node that makes it; inputs and initializers have none. */
  readonly producer: ReadonlyMap<string, number>;
  /** Per node: the tensors it reads, through its subgraphs too. */
  readonly reads: readonly ReadonlySet<string>[];
  kindOf(tensor: string): TensorKind;
}

/** Their output differs at every call, so a copy of such a node is another value. */
const randomOperators = new Set([
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
  "Multinomial",
  "Bernoulli",
]);

/** @throws EexitError `model-invalid` when a node reads what no earlier node makes */
export function networkGraph(path: string, proto: GraphProto): NetworkGraph {
  const weights = weightShapes(proto);
  const inputs = proto.input.filter(({ name }) => !weights.has(name));
  const kinds = new Map<string, TensorKind>();
  for (const name of weights.keys()) kinds.set(name, "constant");
  for (const { name } of inputs) kinds.set(name, "data");
  const producer = new Map<string, number>();
  const reads = proto.node.map(nodeReads);
  for (const [index, node] of proto.node.entries()) {
    const kind = nodeKind(node, reads[index], kinds, path);
    for (const name of node.output) {
      if (name === "") continue;
      if (kinds.has(name)) throw invalid(path, `tensor ${name} is made twice, expected once`);
      kinds.set(name, kind);
      producer.set(name, index);
    }
  }
  for (const { name } of proto.output) {
    if (!kinds.has(name)) throw invalid(path, `no node makes the output ${name}`);
  }
  return { path, proto, inputs, producer, reads, kindOf: (tensor) => kinds.get(tensor) ?? "data" };
}

function nodeKind(
  node: NodeProto,
  reads: ReadonlySet<string>,
  kinds: ReadonlyMap<string, TensorKind>,
  path: string,
): TensorKind {
  let kind: TensorKind = "constant";
  for (const name of reads) {
    const read = kinds.get(name);
    if (read === undefined) throw invalid(path, `${nodeLabel(node)} reads ${name}, which no earlier node makes`);
    if (read === "data") kind = "data";
    else if (read === "size" && kind === "constant") kind = "size";
  }
  if (randomOperators.has(node.opType)) return "data";
  const standard = node.domain === "" || node.domain === "ai.onnx";
  return standard && (node.opType === "Shape" || node.opType === "Size") && kind === "data" ? "size" : kind;
}

function invalid(path: string, what: string): EexitError {
  return new EexitError(
    "model-invalid",
    `${path}: ${what}, expected a valid ONNX graph`,
    "check it with onnx.checker.check_model",
  );
}
