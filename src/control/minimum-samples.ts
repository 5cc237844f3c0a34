import type { LossKind } from "../exits/types.ts";
import { binomialCdf } from "../stats/binomial.ts";
import { hoeffdingBentkusPValue } from "../stats/hoeffding-bentkus.ts";
import { starLogWealth } from "../stats/star.ts";
import { wsrLogWealth } from "../stats/wsr.ts";
import type { Level, ResolvedMethod } from "./types.ts";

/**
 * The smallest number of calibration rows with which a method can certify anything at all: with n rows that all have loss
 * 0. Fewer rows always end in never-exit (STATISTICS §5: ε = .05, δ = .1 needs crc 19, cp 45, wsr 48, star 47 at B = 1).
 */
export function minimumSamples(method: ResolvedMethod, level: Level, kind: LossKind): number {
  if (method.name === "naive") return 1;
  return smallest((n) => certifiesZeros(method, level, kind, n));
}

/** The same as "the critical sum is at least 0", which is not computed: only its sign is asked. */
function certifiesZeros(method: ResolvedMethod, { epsilon, delta }: Level, { upper }: LossKind, n: number): boolean {
  if (method.name === "crc") return upper <= (n + 1) * epsilon + 1e-9;
  switch (method.bound) {
    case "cp":
      return binomialCdf(0, n, epsilon) <= delta;
    case "hb":
      return hoeffdingBentkusPValue(0, n, epsilon / upper) <= delta;
    case "wsr":
      return wsrLogWealth(new Float64Array(n), epsilon, delta, upper) > Math.log(1 / delta);
    default:
      return starLogWealth(new Float64Array(n), epsilon, delta, upper) >= Math.log(1 / delta) - 1e-12;
  }
}

/** Smallest positive integer with a property that, once true, stays true: doubling, then bisection. */
export function smallest(holds: (n: number) => boolean, limit = 2 ** 24): number {
  let high = 1;
  while (!holds(high)) {
    if (high >= limit) return Number.POSITIVE_INFINITY;
    high *= 2;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
