import { EexitError } from "../errors.ts";
import type { LossKind } from "./types.ts";

/** Rounding that a declared range forgives; sums carry the same slack. */
export const rangeSlack = 1e-9;

/**
 * Refuses losses that break what was declared about them: every bound divides by B or bets against it, and the exact
 * binomial counts ones, so a single value beyond voids the promise.
 *
 * @param place names the value at an index, e.g. "row 17, exit 2"
 * @throws value-not-finite; loss-out-of-range beyond [a − 1e-9, B + 1e-9], or neither 0 nor 1 where that was declared
 */
export function assertLosses(
  values: Float64Array,
  kind: LossKind,
  where: string,
  place: (index: number) => string,
): void {
  for (let i = 0; i < values.length; i++) {
    const loss = values[i];
    const inRange = loss >= kind.lower - rangeSlack && loss <= kind.upper + rangeSlack;
    if (inRange && (!kind.binary || loss === 0 || loss === 1)) continue;
    const name = kind.name === "loss" ? "loss" : `loss ${kind.name}`;
    const found = `${where}: ${name} ${loss} at ${place(i)}`;
    if (!Number.isFinite(loss)) {
      throw new EexitError("value-not-finite", `${found}, expected a finite number`, "remove or repair that sample");
    }
    if (!inRange) {
      const hint = "declare the true range with --loss-range a:b";
      throw new EexitError("loss-out-of-range", `${found}, expected ${kind.lower} to ${kind.upper}`, hint);
    }
    throw new EexitError("loss-out-of-range", `${found}, expected 0 or 1 as declared`, "leave out --binary");
  }
}
