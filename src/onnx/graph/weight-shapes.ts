import type { GraphProto } from "../proto/onnx-pb.ts";

/** Shape of each of a graph's weights by name. A sparse one has the name of its values, and the shape that it unfolds to. */
export function weightShapes({ initializer, sparseInitializer }: GraphProto): Map<string, readonly number[]> {
  const shapes = new Map(initializer.map(({ name, dims }) => [name, dims.map(Number)]));
  for (const { values, dims } of sparseInitializer) if (values) shapes.set(values.name, dims.map(Number));
  return shapes;
}
