import { EexitError } from "../../errors.ts";
import type { NetworkGraph } from "./network-graph.ts";
import { batchAxisOf, type Sighting } from "./observe.ts";

/**
 * Checks that all exits, as seen, have one row per sample, at least two classes and one shape.
 *
 * @returns the shape of one sample's output
 * @throws EexitError `batch-axis`, `too-few-exits` or `exits-unclear`
 */
export function assertExits(
  graph: NetworkGraph,
  exits: readonly string[],
  seen: ReadonlyMap<string, Sighting>,
): number[] {
  const [first, ...rest] = exits.map((exit) => {
    const sighting = seen.get(exit)!;
    const axis = batchAxisOf(sighting);
    const shape = `[${sighting.five.dims.join(", ")}] for 5 rows`;
    if (axis !== 0) {
      const why =
        typeof axis === "string" ? axis : axis === null ? "it ignores the batch" : `the batch is on axis ${axis}`;
      throw new EexitError(
        "batch-axis",
        `${graph.path}: exit ${exit} has the shape ${shape}: ${why}, expected one row per sample on the first axis`,
        "transpose it before the export",
      );
    }
    return { exit, shape: sighting.five.dims.slice(1) };
  });
  if (first.shape.length === 0 || first.shape[0] < 2) {
    throw new EexitError(
      "too-few-exits",
      `${graph.path}: exit ${first.exit} has the shape [N${first.shape.map((size) => `, ${size}`).join("")}], expected logits of at least 2 classes`,
      "name the outputs that hold logits: --exits a,b,c",
    );
  }
  const other = rest.find(({ shape }) => shape.join() !== first.shape.join());
  if (other) {
    throw new EexitError(
      "exits-unclear",
      `${graph.path}: exit ${other.exit} has the shape [N, ${other.shape.join(", ")}] and ${first.exit} [N, ${first.shape.join(", ")}], expected exits of one size`,
      "name the exits in order: --exits a,b,c",
    );
  }
  return first.shape;
}
