import { criticalSum } from "./critical-sums.ts";
import type { PreparedPath } from "./prepared-path.ts";
import type { Level, ResolvedMethod } from "./types.ts";

/** Slack for comparisons of sums: 100 × 0.07 = 7.000000000000001 must equal 7 (STATISTICS, decision S3). */
const SLACK = 1e-9;

/**
 * The riskiest piece that a procedure accepts; −1 when not even the safest passes.
 *
 * Methods with a guarantee stop at the *first failure* on the way down. "The last piece that passes" would deploy the most
 * optimistic dip of a noisy curve: P(risk > ε) is about 0.25 at δ = 0.1 that way, even for a monotone risk. Only naive
 * and `crc:last-pass`, which promise nothing, look for the last.
 */
export function acceptedPiece(method: ResolvedMethod, prepared: PreparedPath, level: Level): number {
  const { path, kind } = prepared;
  const n = path.sampleCount;
  if (method.name === "naive") return lastPass(prepared.lowestSumsAfter(), n * level.epsilon);
  if (method.name === "crc") return acceptedByCrc(method, prepared, level.epsilon);
  switch (method.bound) {
    case "cp":
      return beforeFirstAbove(prepared.highestSums(), criticalSum("cp", n, level.epsilon, level.delta));
    case "hb": {
      const critical = criticalSum("hb", n, level.epsilon / kind.upper, level.delta);
      // This critical sum has the slack in it already, before it is scaled to the range of the loss.
      return beforeFirstAbove(prepared.highestClippedSums(), kind.upper * critical - SLACK);
    }
    default:
      return prepared.betting(method.bound as "wsr" | "star", level.delta).acceptedPiece(level.epsilon, level.among);
  }
}

/**
 * Conformal risk control: S + B ≤ (n+1)ε.
 * A fixed grid or a table compares the net sums of its rows; the exact sweep charges a group of equal confidences with its
 * increases only, which Theorem FF needs and a grid cannot offer.
 */
function acceptedByCrc(method: ResolvedMethod, prepared: PreparedPath, epsilon: number): number {
  const { path, kind } = prepared;
  const budget = (path.sampleCount + 1) * epsilon - kind.upper;
  if (method.crc === "last-pass") return lastPass(prepared.lowestSumsAfter(), budget);
  // Without this stop the expected risk may reach B/(n+1): the calibration set is too small to promise ε.
  if (budget < -SLACK) return -1;
  if (method.crc === "monotone") return beforeFirstAbove(prepared.highestMonotoneSums(), budget);
  return beforeFirstAbove(path.kind === "exact" ? prepared.highestCharges() : prepared.highestSums(), budget);
}

/** The last piece before the first whose curve is above the critical sum; `highest` never falls. */
function beforeFirstAbove(highest: Float64Array, critical: number): number {
  return firstWhere(highest.length, (k) => highest[k] > critical + SLACK) - 1;
}

/** The last piece whose sum is not above the critical sum; `lowest`, the smallest from each piece on, never falls either. */
function lastPass(lowest: Float64Array, critical: number): number {
  return firstWhere(lowest.length, (k) => lowest[k] > critical + SLACK) - 1;
}

/** The first index with a property that, once true, stays true; `count` when there is none. */
function firstWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
