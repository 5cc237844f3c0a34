import type { GraphProto, TensorProto } from "../proto/onnx-pb.ts";
import { subgraphsOf } from "./node-reads.ts";

/** Every tensor that may hold weights: initializers, and constants in attributes, of a graph and its subgraphs. */
export function* initializerTensors(graph: GraphProto | undefined): Generator<TensorProto> {
  if (graph === undefined) return;
  yield* graph.initializer;
  for (const node of graph.node) {
    for (const attribute of node.attribute) {
      if (attribute.t !== undefined) yield attribute.t;
      yield* attribute.tensors;
    }
    for (const inner of subgraphsOf(node)) yield* initializerTensors(inner);
  }
}
