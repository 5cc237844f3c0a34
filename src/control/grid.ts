import { EexitError } from "../errors.ts";
import type { GridRequest } from "./grid-request.ts";
import { isBetting } from "./methods.ts";
import type { ResolvedMethod } from "./types.ts";

/** The thresholds that are tested: all of them, or a list fixed before looking. `text` goes into the threshold file. */
export interface Grid {
  readonly values: Float64Array | null;
  readonly text: string;
}

/**
 * Above this many calibration rows, betting bounds are tested on {@link AUTO_STEPS} fixed steps by default. The exact sweep
 * re-tests up to n rows at each of up to n·(L−1) breakpoints; resuming at the first changed row makes it as fast as the
 * steps on ordinary data, but a long plateau just below ε costs 0.5 s at n = 5000 and 10 s at 20 000 (L = 5). Depends on n
 * only, so the choice cannot leak from the data.
 */
export const EXACT_BETTING_LIMIT = 5000;
export const AUTO_STEPS = 1000;

/**
 * @param unitRange whether the confidence is known beforehand to lie in [0, 1]
 * @throws grid-invalid when steps of [0, 1] are asked for a confidence with another range
 */
export function resolveGrid(
  request: GridRequest,
  method: ResolvedMethod,
  sampleCount: number,
  unitRange: boolean,
): Grid {
  switch (request.kind) {
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
    case "auto":
      if (isBetting(method) && sampleCount > EXACT_BETTING_LIMIT && unitRange) {
        return { values: unitSteps(AUTO_STEPS), text: String(AUTO_STEPS) };
      }
      return exactGrid;
  }
}

/** All thresholds. */
export const exactGrid: Grid = { values: null, text: "exact" };

/** λ = 1, …, 0 in `count` equal steps: count + 1 values, each the double nearest to its fraction. */
export function unitSteps(count: number): Float64Array {
  return Float64Array.from({ length: count + 1 }, (_, k) => (count - k) / count);
}
