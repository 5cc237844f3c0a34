import { requireBetween, requireProbability } from "./domain.ts";
import { turningPoint } from "./root.ts";

/**
 * Log-wealth of a gambler who bets against H: mean loss ≥ ε, with the Waudby-Smith–Ramdas bets of the paper. H is
 * rejected ("risk ≤ ε" is certified) iff the result is above ln(1/δ).
 *
 * `max_t Σ_{s≤t} ln(1 − ν_s(x_s − ε))` with `ν_t = min(cap, √(2·ln(1/δ) / (n·v_{t−1})))`,
 * `μ_t = (½ + Σ_{s≤t} x_s)/(t+1)`, `v_t = (¼ + Σ_{s≤t} (x_s − μ_s)²)/(t+1)`, v_0 = ¼.
 *
 * A bet looks at earlier losses only, so the wealth is a non-negative supermartingale under H and passes 1/δ with
 * probability at most δ (Ville). It needs losses ≤ B, no lower bound, and exchangeable order: shuffle once, with a
 * recorded seed. The bets depend on δ, so a wealth belongs to its own δ.
 *
 * @param losses at most `lossBound` each, in shuffled order; `[sampleCount]`
 * @param epsilon the tested mean, in (0, lossBound)
 * @param delta in (0, 1)
 * @param lossBound declared bound B > 0, never estimated
 * @param betCap 1/B as in the paper; every value up to 1/(B − ε) is valid
 * @returns natural logarithm; −∞ for no losses
 * @throws RangeError if ε, δ or B is outside its domain
 * @see S. Bates et al., arXiv:2101.02703; I. Waudby-Smith, A. Ramdas, arXiv:2010.09686
 */
export function wsrLogWealth(
  losses: ArrayLike<number>,
  epsilon: number,
  delta: number,
  lossBound: number,
  betCap = 1 / lossBound,
): number {
  requireProbability("delta", delta);
  requireBetween("epsilon", epsilon, 0, lossBound);
  return wealthAt(losses, wsrBets(losses, delta, betCap), epsilon);
}

/**
 * The largest mean that the bets leave plausible: the smallest m whose wealth reaches 1/δ. With probability at least
 * 1 − δ the true mean is at most this; rounded upwards. The bets do not depend on m and the wealth grows with it, so
 * this agrees with the decision of `wsrLogWealth` (betCap 1/B).
 *
 * @param losses at most `lossBound` each; `[sampleCount]`
 * @param delta in (0, 1)
 * @param lossBound declared bound B > 0
 * @returns a number in [0, B]; 0 also where a bound below 0 is proven
 * @throws RangeError if δ or B is outside its domain
 */
export function wsrUpperBound(losses: ArrayLike<number>, delta: number, lossBound: number): number {
  requireProbability("delta", delta);
  requireBetween("loss bound", lossBound, 0, Number.POSITIVE_INFINITY);
  const goal = -Math.log(delta);
  const bets = wsrBets(losses, delta, 1 / lossBound);
  const plausible = (mean: number) => wealthAt(losses, bets, mean) < goal;
  if (plausible(lossBound)) return lossBound;
  if (!plausible(0)) return 0;
  return turningPoint(plausible, 0, lossBound).high;
}

/** ν_1 … ν_n. */
function wsrBets(losses: ArrayLike<number>, delta: number, betCap: number): Float64Array {
  const n = losses.length;
  const goal = -Math.log(delta);
  const bets = new Float64Array(n);
  let sum = 0.5;
  let squares = 0.25;
  for (let i = 0; i < n; i++) {
    const variance = squares / (i + 1);
    bets[i] = Math.min(betCap, Math.sqrt((2 * goal) / (n * variance)));
    sum += losses[i];
    const gap = losses[i] - sum / (i + 2);
    squares += gap * gap;
  }
  return bets;
}

function wealthAt(losses: ArrayLike<number>, bets: Float64Array, mean: number): number {
  let logWealth = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < losses.length; i++) {
    logWealth += Math.log1p(-bets[i] * (losses[i] - mean));
    if (logWealth > best) best = logWealth;
  }
  return best;
}
