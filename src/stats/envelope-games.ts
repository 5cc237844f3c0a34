import { requireBetween, requireProbability } from "./domain.ts";
import { starConstants } from "./star.ts";

/** What the games of one walk have in common. */
export interface GameRules {
  readonly bound: "wsr" | "star";
  readonly sampleCount: number;
  /** In (0, 1). */
  readonly delta: number;
  readonly lossBound: number;
  /** No loss is smaller. */
  readonly leastLoss: number;
}

/** What a game is asked. */
export interface GameQuestion {
  /** Tested mean, in (0, lossBound). */
  readonly epsilon: number;
  /** `certify` answers for every tested mean from ε to here; at least ε. */
  readonly epsilonTo: number;
  /**
   * `certify`: does the betting test certify *every* vector of losses of the box? `refute`, where the box is a single
   * vector: does the test *not* certify it? "Yes" is a proof, "no" is not.
   */
  readonly aim: "certify" | "refute";
}

/*
 * An envelope game plays against a box of losses, every loss between two known values, and speaks for every loss vector of the
 * box at once. Two engines play it with the same operations in the same order: `PlainEnvelopeGame` one, the walk in SIMD
 * WebAssembly (assembly/envelope-games.ts) eight side by side.
 *
 * The worst game of STaR over a box, in one pass: let m = ln(1/δ) − lw be what a game still misses. It stakes
 * ν(m) = min(c/(B−ε), √(2m/((n−t+1)·v))), so after a win of a = ε − x it misses h(m) = m − ln(1 + a·ν(m)), convex with
 * h(0) = 0, and after a loss of b = x − ε more than before, increasing in m. So of two games the one that misses less keeps
 * missing less, or reaches the goal first: where h(m) > 0, h rises from there on. The envelope plays the highest loss
 * each time, with the smallest bet that any game of the box can place on a win (its largest variance) and the largest on
 * a loss (its smallest variance); no game of the box ever misses more. Variances are bounded term by term.
 *
 * It speaks for larger tested means ε' too: a win of ε' − x is larger, with a cap that is not smaller; a loss weighs at most
 * (x − ε')·c/(B − ε'), which falls in ε', or (x − ε')·√(…); and variances differ by the prior mean only, whose
 * range is taken into the box. The bets of Waudby-Smith and Ramdas depend neither on the wealth nor on ε.
 */

/** How much a game gives away, so that rounding in a real game can never put it on the other side. */
const slack = {
  /** Relative to a bet: its variance is a sum of up to 10^6 terms, good to 1e-10, and its size is float32, good to 3e-7. */
  bet: 1e-6,
  /** Of the logarithm that says what is missing: the half of a wealth that it reads is good to 1e-6, its polynomial to 2.3e-7. */
  log: 2e-6,
  /** Relative to the wealth, per bet: products round to 2e-16, the log-wealth of a real game to 7e-15. */
  step: 2e-14,
  /** A refuted game stays this far below its goal; more than the slack of STaR's own goal. */
  clearance: 1e-9,
};

/** Wealth below which a game is given up; it would hardly ever recover. */
const hopeless = Math.exp(-64);
/** Wealth of a refuted game is lifted to this, far from where numbers end. */
const lowestWealth = 1e-200;
/** For a smaller δ, where a game begins, wealth is out of the range of numbers: such games prove nothing. */
const smallestDelta = 1e-250;
/** Nor do games with losses whose squares float32 does not hold; bets stay below 1e5, so that gains are in its range, too. */
const largestLoss = 1e15;
/** Factors of the wealth are at least this. */
export const leastFactor = 1e-300;
/** Bets between two looks at which games are lost. */
export const bout = 16;

/** What all games of one walk start from. Where δ or losses are out of the range of numbers, games are not played: both goals are NaN. */
export interface GameTerms {
  readonly isStar: boolean;
  readonly lossBound: number;
  /** The largest bet is this over B, for STaR over B − ε. */
  readonly capShare: number;
  /** The sum of losses begins at this times ε for STaR, for WSR at `priorSum`. */
  readonly priorWeight: number;
  readonly priorSum: number;
  readonly priorSquares: number;
  /** At the beginning: δ, so that what is missing to the goal of about 1 is −ln w, and precise where it is small. */
  readonly wealth: number;
  /** What is given away to certify, and taken to refute; like the next a float32 number. */
  readonly betSlack: number;
  readonly logSlack: number;
  /** Wealth that certifies. */
  readonly certifiedGoal: number;
  /** Wealth below which a game to certify is given up. */
  readonly hopeless: number;
  /** Wealth that a game to refute must not reach. */
  readonly refutedGoal: number;
  /** Its wealth is lifted to this. */
  readonly floor: number;
}

/** @throws RangeError if δ is outside its domain */
export function gameTerms({ bound, delta, lossBound, leastLoss, sampleCount }: GameRules): GameTerms {
  requireProbability("delta", delta);
  const { capShare, priorVariance, priorWeight } = starConstants;
  const isStar = bound === "star";
  const inRange =
    delta >= smallestDelta && lossBound <= largestLoss && lossBound >= 1 / largestLoss && leastLoss >= -largestLoss;
  const range = slack.step * sampleCount;
  return {
    isStar,
    lossBound,
    capShare: isStar ? capShare : 1,
    priorWeight,
    priorSum: 0.5,
    priorSquares: isStar ? priorWeight * priorVariance : 0.25,
    wealth: delta,
    betSlack: Math.fround(slack.bet),
    logSlack: Math.fround(slack.log),
    certifiedGoal: inRange ? 1 + range : Number.NaN,
    refutedGoal: inRange ? 1 - (range + slack.clearance) : Number.NaN,
    hopeless: hopeless * delta,
    floor: lowestWealth,
  };
}

/** @throws RangeError if ε is outside its domain */
export function requireLevel(epsilon: number, lossBound: number): void {
  requireBetween("epsilon", epsilon, 0, lossBound);
}

/**
 * What a bet holds that depends on its place only: the square of a bet times the sum of squares (divided by what is
 * missing, if the game chases it), and what a loss counts for in the mean that it belongs to.
 *
 * @returns `[sampleCount, 2]`, the first of the two a float32 number
 */
export function gameTables({ bound, sampleCount, delta }: GameRules): Float64Array {
  const { priorWeight } = starConstants;
  const goal = -Math.log(delta);
  const tables = new Float64Array(2 * sampleCount);
  for (let i = 0; i < sampleCount; i++) {
    if (bound === "star") {
      tables[2 * i] = Math.fround((2 * (priorWeight + i)) / (sampleCount - i));
      tables[2 * i + 1] = 1 / (priorWeight + i + 1);
    } else {
      tables[2 * i] = Math.fround((2 * goal * (i + 1)) / sampleCount);
      tables[2 * i + 1] = 1 / (i + 2);
    }
  }
  return tables;
}
