import type { Model } from "../model.ts";
import type { Declared } from "../session.ts";
import { elementCode, shapeOf } from "./value-types.ts";
import { weightShapes } from "./weight-shapes.ts";

/** The inputs that a model wants, as it declares them: without the ones that are weights. */
export function declaredInputs({ graph }: Pick<Model, "graph">): Declared[] {
  const weights = weightShapes(graph);
  return graph.input
    .filter(({ name }) => !weights.has(name))
    .map((input) => {
      const code = input.type?.tensorType?.elemType ?? 0;
      const [type] = Object.entries(elementCode).find(([, number]) => number === code) ?? [`element type ${code}`];
      const shape = (shapeOf(input) ?? []).map((size) => (typeof size === "number" ? size : -1));
      return { name: input.name, type, shape };
    });
}
