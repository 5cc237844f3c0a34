import type { GraphProto, NodeProto } from "../proto/onnx-pb.ts";
import { weightShapes } from "./weight-shapes.ts";

/** The graphs in a node's attributes: branches of `If`, bodies of `Loop` and `Scan`. */
export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}

/** Names of the tensors that a node reads: its inputs, and what its subgraphs take from the graphs around them. */
export function nodeReads(node: NodeProto): Set<string> {
  const names = new Set(node.input.filter((name) => name !== ""));
  for (const graph of subgraphsOf(node)) for (const name of capturedNames(graph)) names.add(name);
  return names;
}

function capturedNames(graph: GraphProto): Set<string> {
  const own = new Set<string>(graph.input.map(({ name }) => name));
  for (const name of weightShapes(graph).keys()) own.add(name);
  const captured = new Set<string>();
  for (const node of graph.node) {
    for (const name of nodeReads(node)) if (!own.has(name)) captured.add(name);
    for (const name of node.output) own.add(name);
  }
  for (const { name } of graph.output) if (!own.has(name)) captured.add(name);
  return captured;
}

/** A node's name for people: its own, or its operator and first output. */
export function nodeLabel(node: NodeProto): string {
  return node.name === "" ? `${node.opType} → ${node.output[0] ?? "nothing"}` : `${node.name} (${node.opType})`;
}
