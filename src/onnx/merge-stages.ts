import { create } from "@bufbuild/protobuf";
import { networkGraph } from "./graph/network-graph.ts";
import type { Manifest, StageFile } from "./manifest.ts";
import { decodeModel, type Model, withGraph } from "./model.ts";
import {
  GraphProtoSchema,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
  type ValueInfoProto,
} from "./proto/onnx-pb.ts";

/**
 * Puts the stages of a folder together again: the whole model but for what fed no exit. Nodes and weights that several stages
 * repeat are the same and stand once.
 */
export function mergeStages(folder: string, manifest: Manifest, files: readonly StageFile[]): Model {
  const protos = files.map(({ name, bytes }) => decodeModel(`${folder}/${name}`, bytes));
  const graphs = protos.map(({ graph }) => graph!);
  const made = new Set<string>();
  const nodes: NodeProto[] = [];
  const weights = new Map<string, TensorProto>();
  const sparseWeights = new Map<string, SparseTensorProto>();
  const inputs = new Map<string, ValueInfoProto>();
  for (const graph of graphs) {
    for (const tensor of graph.initializer) weights.set(tensor.name, tensor);
    for (const tensor of graph.sparseInitializer) sparseWeights.set(tensor.values?.name ?? "", tensor);
    for (const value of graph.input)
      if (!made.has(value.name) && !inputs.has(value.name)) inputs.set(value.name, value);
    for (const node of graph.node) {
      if (node.output.some((name) => made.has(name))) continue;
      nodes.push(node);
      for (const name of node.output) if (name !== "") made.add(name);
    }
  }
  const targets = new Set([...manifest.exits, ...manifest.stages.flatMap(({ confidence }) => confidence ?? [])]);
  const outputs = graphs.flatMap(({ output }) => output.filter(({ name }) => targets.has(name)));
  const [first] = graphs;
  const graph = create(GraphProtoSchema, {
    ...first,
    name: "merged",
    node: nodes,
    initializer: [...weights.values()],
    sparseInitializer: [...sparseWeights.values()],
    input: [...inputs.values()],
    output: outputs,
    valueInfo: [],
  });
  networkGraph(folder, graph);
  return { path: folder, proto: withGraph(protos[0], graph), graph, sha256: manifest.model.sha256 };
}
