import { requireBetween, requireProbability } from "./domain.ts";
import { starConstants } from "./star.ts";

/** Many games at once: every loss lies somewhere between two known values. */
export interface Envelope {
  /**
   * Does the betting test certify *every* vector of losses with `low[i] <= x_i <= high[i]`? Yes is a proof, no is not.
   *
   * @param low `[sampleCount]`, at most `high`
   * @param high `[sampleCount]`, at most the loss bound
   * @returns a position by which all of these games have reached their goal, whatever the losses after it; −1 for "not proven"
   */
  certifiedBy(low: Float64Array, high: Float64Array): number;
}

/** What the games of an envelope have in common. */
export interface EnvelopeTask {
  /** In (0, lossBound). */
  readonly epsilon: number;
  /** In (0, 1). */
  readonly delta: number;
  readonly lossBound: number;
}

/** Factors that depend on the place of a bet only, the same for every ε; `[sampleCount]` each. */
export interface EnvelopeTables {
  /** The square of a bet, times the sum of squares, divided by what is missing if the game chases it. */
  readonly stakes: Float64Array;
  /** What a loss counts for in the mean that it belongs to. */
  readonly shares: Float64Array;
}

/**
 * How much the pessimistic bets give away, so that rounding in a real game can never put it below the envelope: relative
 * to a bet (its variance is a sum of up to 10^6 terms, good to 1e-10), and absolute per step of the log-wealth.
 */
const BET_SLACK = 1e-9;
const STEP_SLACK = 1e-15;

/**
 * The worst game of STaR over a box of losses, in one pass.
 *
 * Let m = ln(1/δ) − lw be what a game still misses. It stakes ν(m) = min(c/(B−ε), √(2m/((n−t+1)·v))), so after a win of
 * a = ε − x it misses h(m) = m − ln(1 + a·ν(m)), convex with h(0) = 0, and after a loss of b = x − ε more than before,
 * increasing in m. So of two games the one that misses less keeps missing less, or reaches the goal first: where
 * h(m) > 0, h rises from there on. The envelope plays the highest loss each time, with the smallest bet that any game of
 * the box can place on a win (its largest variance) and the largest on a loss (its smallest variance); no game of the box
 * ever misses more. Variances are bounded term by term.
 *
 * @throws RangeError if ε or δ is outside its domain
 */
export function starEnvelope({ epsilon, delta, lossBound }: EnvelopeTask, tables: EnvelopeTables): Envelope {
  requireDomain(epsilon, delta, lossBound);
  const { capShare, priorVariance, priorWeight } = starConstants;
  return envelope(
    {
      goal: -Math.log(delta),
      epsilon,
      cap: capShare / (lossBound - epsilon),
      priorSum: priorWeight * epsilon,
      priorSquares: priorWeight * priorVariance,
      chasesGoal: true,
    },
    tables,
  );
}

/** What a bet of STaR holds that depends on its place only. */
export function starTables(sampleCount: number): EnvelopeTables {
  const { priorWeight } = starConstants;
  const tables = { stakes: new Float64Array(sampleCount), shares: new Float64Array(sampleCount) };
  for (let i = 0; i < sampleCount; i++) {
    tables.stakes[i] = (2 * (priorWeight + i)) / (sampleCount - i);
    tables.shares[i] = 1 / (priorWeight + i + 1);
  }
  return tables;
}

/**
 * The same for the bets of Waudby-Smith and Ramdas, which do not depend on the wealth: the highest loss, the smallest bet
 * on a win and the largest on a loss bound every game of the box from below.
 *
 * @throws RangeError if ε or δ is outside its domain
 */
export function wsrEnvelope({ epsilon, delta, lossBound }: EnvelopeTask, tables: EnvelopeTables): Envelope {
  requireDomain(epsilon, delta, lossBound);
  return envelope(
    {
      goal: -Math.log(delta),
      epsilon,
      cap: 1 / lossBound,
      priorSum: 0.5,
      priorSquares: 0.25,
      chasesGoal: false,
    },
    tables,
  );
}

/** What a WSR bet holds that depends on its place only. */
export function wsrTables(sampleCount: number, delta: number): EnvelopeTables {
  const tables = { stakes: new Float64Array(sampleCount), shares: new Float64Array(sampleCount) };
  for (let i = 0; i < sampleCount; i++) {
    tables.stakes[i] = (-2 * Math.log(delta) * (i + 1)) / sampleCount;
    tables.shares[i] = 1 / (i + 2);
  }
  return tables;
}

interface Game {
  readonly goal: number;
  readonly epsilon: number;
  readonly cap: number;
  readonly priorSum: number;
  readonly priorSquares: number;
  /** Whether a bet grows with the root of what is missing. */
  readonly chasesGoal: boolean;
}

function envelope(game: Game, { stakes, shares }: EnvelopeTables): Envelope {
  const { goal, epsilon, cap, priorSum, priorSquares, chasesGoal } = game;
  const n = stakes.length;
  return {
    certifiedBy(low, high) {
      let missing = goal;
      let lowSum = priorSum;
      let highSum = priorSum;
      let lowSquares = priorSquares;
      let highSquares = priorSquares;
      for (let i = 0; i < n; i++) {
        const least = low[i];
        const most = high[i];
        const win = epsilon - most;
        const stake = chasesGoal ? missing * stakes[i] : stakes[i];
        if (win > 0) {
          const gain = (1 - BET_SLACK) * win * Math.min(cap, Math.sqrt(stake / highSquares));
          // ln(1 + y) = 2 artanh(z) with z = y / (2 + y); the series cut short stays below it.
          const z = gain / (2 + gain);
          const square = z * z;
          missing -= 2 * z * (1 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7))));
        } else {
          missing -= Math.log1p((1 + BET_SLACK) * win * Math.min(cap, Math.sqrt(stake / lowSquares)));
        }
        missing += STEP_SLACK * (2 * goal + Math.abs(missing));
        if (missing <= 0) return i;
        const highGap = most - (lowSum + most) * shares[i];
        const lowGap = least - (highSum + least) * shares[i];
        lowSum += least;
        highSum += most;
        const highSquare = highGap * highGap;
        const lowSquare = lowGap * lowGap;
        highSquares += highSquare > lowSquare ? highSquare : lowSquare;
        if (lowGap > 0) lowSquares += lowSquare;
        else if (highGap < 0) lowSquares += highSquare;
      }
      return -1;
    },
  };
}

function requireDomain(epsilon: number, delta: number, lossBound: number): void {
  requireProbability("delta", delta);
  requireBetween("epsilon", epsilon, 0, lossBound);
}
