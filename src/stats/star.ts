import { requireBetween, requireProbability } from "./domain.ts";
import { turningPoint } from "./root.ts";

/** Fixed before any data was seen; changing one voids nothing, choosing one after looking voids δ. */
export const starConstants = {
  /** c: share of the largest bet that could lose everything. */
  capShare: 0.99,
  /** s0: variance that the first bets assume. */
  priorVariance: 0.25,
  /** w: how many samples that assumption is worth. */
  priorWeight: 4,
  /** Log-wealth this close to ln(1/δ) has reached it: the last bet aims exactly there and may round to just below. */
  goalSlack: 1e-12,
} as const;

/**
 * Log-wealth of a gambler who bets against H: mean loss ≥ ε and recalculates, before every bet, what is still needed to
 * reach 1/δ with the samples that are left (STaR). "Risk ≤ ε" is certified iff the result ≥ ln(1/δ) − 1e-12.
 *
 * `lw = max_t Σ_{s≤t} ln(1 − ν_s(x_s − ε))` with
 * `ν_t = min(√(2·max(0, ln(1/δ) − lw_{t−1}) / ((n−t+1)·v_{t−1})), c/(B−ε))`,
 * `m_t = (wε + Σ_{s≤t} x_s)/(w+t)`, `v_t = (w·s0 + Σ_{s≤t} (x_s − m_s)²)/(w+t)`, v_0 = s0; c = .99, s0 = .25, w = 4.
 *
 * Bets look at earlier losses only and never risk everything, so the wealth passes 1/δ with probability at most δ under
 * H (Ville). It needs losses ≤ B, no lower bound, and exchangeable order. Betting stops at ln(1/δ), so the p-value of
 * a certified sample is about δ, never much smaller.
 *
 * @param losses at most `lossBound` each, in shuffled order; `[sampleCount]`
 * @param epsilon the tested mean, below `lossBound` (it may be negative)
 * @param delta in (0, 1)
 * @param lossBound declared bound B, never estimated
 * @returns natural logarithm, at least 0 (the wealth before the first bet)
 * @throws RangeError if ε or δ is outside its domain
 * @see V. Voráček, F. Orabona, STaR-Bets, arXiv:2505.22422 (the principle; these constants are this project's)
 */
export function starLogWealth(losses: ArrayLike<number>, epsilon: number, delta: number, lossBound: number): number {
  return bestLogWealth(losses, 1, epsilon, delta, lossBound);
}

/**
 * The mirror image, against H: mean loss ≤ ε ("the risk has regressed"): the same game on −x with mean −ε and bound −a,
 * wealth `Π (1 + ν_t(x_t − ε))`, bets up to c/(ε − a). Rejected iff the result ≥ ln(1/δ) − 1e-12.
 *
 * @param losses at least `lossLower` each, in shuffled order; `[sampleCount]`
 * @param epsilon the tested mean, above `lossLower`
 * @param delta in (0, 1): the level of this test (α of a check)
 * @param lossLower declared lower bound a, never estimated
 * @returns natural logarithm, at least 0
 * @throws RangeError if ε or δ is outside its domain
 */
export function mirrorStarLogWealth(
  losses: ArrayLike<number>,
  epsilon: number,
  delta: number,
  lossLower: number,
): number {
  return bestLogWealth(losses, -1, -epsilon, delta, -lossLower);
}

/**
 * About the largest mean that STaR leaves plausible, for display: bisection of the test between 0 and B. Approximate,
 * because the bets change with the tested mean and the verdict need not be monotone in it; decide with `starLogWealth`,
 * never with this number.
 *
 * @param losses at most `lossBound` each; `[sampleCount]`
 * @param delta in (0, 1)
 * @param lossBound declared bound B > 0
 * @returns a number in [0, B]
 * @throws RangeError if δ or B is outside its domain
 */
export function starUpperBound(losses: ArrayLike<number>, delta: number, lossBound: number): number {
  requireBetween("loss bound", lossBound, 0, Number.POSITIVE_INFINITY);
  const goal = -Math.log(delta) - starConstants.goalSlack;
  const plausible = (mean: number) => starLogWealth(losses, mean, delta, lossBound) < goal;
  if (!plausible(0)) return 0;
  return turningPoint(plausible, 0, lossBound).high;
}

/**
 * The p-value of a betting test, `min(1, exp(−max_t log-wealth))`, valid by Ville's inequality. The bets were tuned to
 * one δ: report it with that δ, never compare it with another one or minimise over several.
 *
 * @param logWealth largest natural log-wealth reached; −∞ gives 1
 * @example bettingPValue(Math.log(10)) // 0.1
 */
export function bettingPValue(logWealth: number): number {
  return Math.min(1, Math.exp(-logWealth));
}

/** The game on `sign · losses`; a change of sign is exact in doubles. */
function bestLogWealth(losses: ArrayLike<number>, sign: 1 | -1, mean: number, delta: number, bound: number): number {
  requireProbability("delta", delta);
  requireBetween("tested mean", mean, Number.NEGATIVE_INFINITY, bound);
  const { capShare, priorVariance, priorWeight } = starConstants;
  const n = losses.length;
  const goal = -Math.log(delta);
  const cap = capShare / (bound - mean);
  let logWealth = 0;
  let best = 0;
  let sum = priorWeight * mean;
  let squares = priorWeight * priorVariance;
  for (let i = 0; i < n; i++) {
    const x = sign * losses[i];
    const variance = squares / (priorWeight + i);
    const missing = Math.max(0, goal - logWealth);
    const bet = Math.min(cap, Math.sqrt((2 * missing) / ((n - i) * variance)));
    logWealth += Math.log1p(-bet * (x - mean));
    if (logWealth > best) best = logWealth;
    sum += x;
    const gap = x - sum / (priorWeight + i + 1);
    squares += gap * gap;
  }
  return best;
}
