import type { LossKind } from "../exits/types.ts";
import { binomialCdf, binomialUpperTail } from "../stats/binomial.ts";
import { clopperPearsonCriticalSum } from "../stats/critical-sum.ts";
import { meanAndDeviation } from "../stats/describe.ts";
import { seededRandom } from "../stats/random.ts";
import { mirrorStarLogWealth, starLogWealth } from "../stats/star.ts";
import { sumOf } from "../stats/sum.ts";
import { smallest } from "./minimum-samples.ts";

const POWER = 0.8;
const LIMIT = 2 ** 20;
/** Simulated data sets per tried n; the answer is a plan, good to some 10 %. */
const REPLICATES = 100;

interface Levels {
  readonly epsilon: number;
  readonly delta: number;
  readonly alpha: number;
}

/**
 * How many NEW rows would decide with power 0.8 if the true risk were the observed one: towards "holds" when it lies
 * below ε, towards "broken" above. Old and new rows tested together would be a second look, so the count is of new rows.
 *
 * @returns null when the observed risk equals ε or more than about a million rows would be needed
 */
export function samplesToDecide(losses: Float64Array, kind: LossKind, levels: Levels): number | null {
  const risk = sumOf(losses) / losses.length;
  if (Math.abs(risk - levels.epsilon) < 1e-12) return null;
  const towardsHolds = risk < levels.epsilon;
  if (!kind.binary) return samplesForBetting(losses, kind, levels, towardsHolds);
  const power = exactPower(risk, levels, towardsHolds);
  const needed = smallest((n) => power(n) >= POWER, LIMIT);
  return Number.isFinite(needed) ? rounded(needed) : null;
}

/** Beyond this many rows a simulation of 100 data sets takes seconds, and the normal approximation is as good. */
const MOST_SIMULATED = 50_000;
/** Steps of the search; the power itself is known to ± 0.04 only. */
const STEP = 1.15;

/**
 * Starts from the normal approximation σ²(z_α + z_.8)²/(ε − risk)², with z_α ≈ 0.7·√(2 ln(1/α)) to allow for what betting
 * costs, and walks to where the simulated power crosses 0.8.
 */
function samplesForBetting(losses: Float64Array, kind: LossKind, levels: Levels, towardsHolds: boolean): number | null {
  const { mean, deviation } = meanAndDeviation(losses);
  const level = towardsHolds ? levels.delta : levels.alpha;
  const z = 0.7 * Math.sqrt(-2 * Math.log(level)) + 0.84;
  // Losses without spread still need the wealth to grow to its goal, at most a fixed share per bet.
  const guess = Math.max(8, ((deviation || 0) * z) / Math.abs(levels.epsilon - mean)) ** 2;
  if (guess > LIMIT) return null;
  if (guess > MOST_SIMULATED) return rounded(Math.ceil(guess));
  const power = simulatedPower(losses, kind, levels, towardsHolds);
  let n = Math.ceil(guess);
  if (power(n) < POWER) {
    while (n < LIMIT && power(n) < POWER) n = Math.ceil(n * STEP);
    return rounded(n);
  }
  for (let fewer = n; fewer > 1; n = fewer) {
    fewer = Math.floor(n / STEP);
    if (power(fewer) < POWER) break;
  }
  return rounded(n);
}

function exactPower(risk: number, { epsilon, delta, alpha }: Levels, towardsHolds: boolean): (n: number) => number {
  if (towardsHolds) {
    return (n) => {
      const critical = clopperPearsonCriticalSum(n, epsilon, delta);
      return critical < 0 ? 0 : binomialCdf(critical, n, risk);
    };
  }
  return (n) => {
    // P(Bin ≥ S | ε) ≤ α  ⇔  P(Bin ≤ S − 1 | ε) ≥ 1 − α; the smallest such S is found from the tail itself.
    const least = smallest((count) => binomialUpperTail(count, n, epsilon) <= alpha);
    return least > n ? 0 : binomialUpperTail(least, n, risk);
  };
}

/** Power by resampling the observed losses, with fixed seeds, so that the printed number is reproducible. */
function simulatedPower(
  losses: Float64Array,
  kind: LossKind,
  levels: Levels,
  towardsHolds: boolean,
): (n: number) => number {
  const { epsilon, delta, alpha } = levels;
  const goal = Math.log(1 / (towardsHolds ? delta : alpha)) - 1e-12;
  return (n) => {
    let decided = 0;
    for (let replicate = 0; replicate < REPLICATES; replicate++) {
      const random = seededRandom(0, replicate);
      const drawn = Float64Array.from({ length: n }, () => losses[random.integer(losses.length)]);
      const wealth = towardsHolds
        ? starLogWealth(drawn, epsilon, delta, kind.upper)
        : mirrorStarLogWealth(drawn, epsilon, alpha, kind.lower);
      if (wealth >= goal) decided++;
      // Nothing after this can lift the share above or keep it below the wanted power.
      if (decided >= POWER * REPLICATES || decided + REPLICATES - replicate - 1 < POWER * REPLICATES) break;
    }
    return decided / REPLICATES;
  };
}

/** Two significant digits upwards: more would pretend to a precision that a plan does not have. */
function rounded(n: number): number {
  if (n < 100) return n;
  const unit = 10 ** (Math.floor(Math.log10(n)) - 1);
  return Math.ceil(n / unit) * unit;
}
