import { create } from "@bufbuild/protobuf";
import { subgraphsOf } from "../graph/node-reads.ts";
import { weightShapes } from "../graph/weight-shapes.ts";
import {
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from "../proto/onnx-pb.ts";

/** A copy of a node that reads and makes other tensor names; names not in the map stay. */
export function renamedNode(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const renamed = (name: string) => names.get(name) ?? name;
  const copy = create(NodeProtoSchema, { ...node, input: node.input.map(renamed), output: node.output.map(renamed) });
  if (node.$unknown) copy.$unknown = node.$unknown;
  if (subgraphsOf(node).length === 0) return copy;
  copy.attribute = node.attribute.map((attribute) => {
    const { g, graphs, $unknown } = attribute;
    if (g === undefined && graphs.length === 0) return attribute;
    const inner = { g: g && renamedGraph(g, names), graphs: graphs.map((graph) => renamedGraph(graph, names)) };
    const changed = create(AttributeProtoSchema, { ...attribute, ...inner });
    if ($unknown) changed.$unknown = $unknown;
    return changed;
  });
  return copy;
}

/** Inside a subgraph a name means the outer tensor unless the subgraph makes one of the same name itself. */
function renamedGraph(graph: GraphProto, names: ReadonlyMap<string, string>): GraphProto {
  const own = new Set([...graph.input.map(({ name }) => name), ...weightShapes(graph).keys()]);
  for (const node of graph.node) for (const name of node.output) own.add(name);
  const visible = new Map([...names].filter(([name]) => !own.has(name)));
  const copy = create(GraphProtoSchema, { ...graph, node: graph.node.map((node) => renamedNode(node, visible)) });
  copy.output = graph.output.map((output) => ({ ...output, name: visible.get(output.name) ?? output.name }));
  if (graph.$unknown) copy.$unknown = graph.$unknown;
  return copy;
}
