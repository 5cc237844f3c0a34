import { EexitError } from "../errors.ts";
import type { GridRequest } from "./grid-request.ts";

/** The thresholds that are tested: all of them, or a list fixed before looking. `text` goes into the threshold file. */
export interface Grid {
  readonly values: Float64Array | null;
  readonly text: string;
}

/**
 * @param unitRange whether the confidence is known beforehand to lie in [0, 1]
 * @throws grid-invalid when steps of [0, 1] are asked for a confidence with another range
 */
export function resolveGrid(request: GridRequest, unitRange: boolean): Grid {
  switch (request.kind) {
    // The exact sweep tests every threshold and depends on no list; it is fast enough at any size.
    case "auto":
    case "exact":
      return exactGrid;
    case "values":
      return { values: request.values, text: request.text };
    case "steps":
      if (unitRange) return { values: unitSteps(request.count), text: String(request.count) };
      throw new EexitError(
        "grid-invalid",
        `--grid ${request.count}: the confidence may lie outside [0, 1], expected exact, a range or a file`,
        "use --grid exact, or --grid start:stop:step over a range that you fix before looking at the data",
      );
  }
}

/** All thresholds. */
export const exactGrid: Grid = { values: null, text: "exact" };

/** The rows of a loss table. */
export const tableGrid: Grid = { values: null, text: "table" };

/** λ = 1, …, 0 in `count` equal steps: count + 1 values, each the double nearest to its fraction. */
export function unitSteps(count: number): Float64Array {
  return Float64Array.from({ length: count + 1 }, (_, k) => (count - k) / count);
}
