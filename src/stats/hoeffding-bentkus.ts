import { bernoulliKl } from "./bernoulli-kl.ts";
import { binomialCdf } from "./binomial.ts";
import { requireCount, requireProbability } from "./domain.ts";
import { turningPoint } from "./root.ts";

/** Slack of a loss sum: 100 × 0.07 is 7.000000000000001 in doubles, and rounding it up would cost a whole count. */
const sumSlack = 1e-9;

/**
 * p-value of H: mean loss ≥ ε, for any losses in [0, 1], from their sum S alone: the better of Hoeffding's and
 * Bentkus's inequality. Valid at every n for independent losses; at most 1, errs upwards; non-decreasing in S.
 *
 * `min(1, exp(−n·kl(min(S/n, ε), ε)), e·P(Bin(n, ε) ≤ ⌈S − 1e-9⌉))`
 *
 * Losses with another bound B are rescaled by the caller, together with ε: S' = Σ max(x, 0)/B and ε' = ε/B. Signed
 * losses are clipped per sample; clipping their sum instead is not valid.
 *
 * @param lossSum S in [0, n]
 * @param n integer ≥ 1
 * @param epsilon the tested mean; 0 and below gives 1; 1 and above gives 0 unless S = n
 * @throws RangeError if n is no count or S is NaN
 * @see S. Bates, A. Angelopoulos, L. Lei, J. Malik, M. Jordan, Distribution-Free, Risk-Controlling Prediction Sets,
 *   arXiv:2101.02703; A. Angelopoulos et al., Learn then Test, arXiv:2110.01052
 * @example hoeffdingBentkusPValue(0, 50, 0.01) // 0.60500… = 0.99^50
 */
export function hoeffdingBentkusPValue(lossSum: number, n: number, epsilon: number): number {
  requireCount("sample count", n, 1);
  if (Number.isNaN(lossSum)) throw new RangeError("loss sum is NaN, expected a number");
  if (epsilon >= 1) return lossSum < n ? 0 : 1;
  if (epsilon <= 0) return 1;
  const mean = Math.min(Math.max(lossSum / n, 0), epsilon);
  const hoeffding = Math.exp(-n * bernoulliKl(mean, epsilon));
  const count = Math.max(0, Math.ceil(lossSum - sumSlack));
  const bentkus = Math.E * binomialCdf(count, n, epsilon);
  return Math.min(1, hoeffding, bentkus);
}

/**
 * The largest mean that a loss sum leaves plausible: sup{m : p(S, n, m) > δ}. With probability at least 1 − δ the true
 * mean is at most this. Rounded upwards; 1 where nothing below is excluded.
 *
 * @param lossSum S in [0, n], losses in [0, 1]
 * @param n integer ≥ 1
 * @param delta in (0, 1)
 * @throws RangeError if n is no count, S is NaN or δ is outside its domain
 * @example hoeffdingBentkusUpperBound(0, 100, 0.1) // 0.02276…
 */
export function hoeffdingBentkusUpperBound(lossSum: number, n: number, delta: number): number {
  requireProbability("delta", delta);
  const mean = Math.min(Math.max(lossSum / n, 0), 1);
  return turningPoint((m) => hoeffdingBentkusPValue(lossSum, n, m) > delta, mean, 1).high;
}
