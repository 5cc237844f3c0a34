import { requireBetween, requireProbability } from "./domain.ts";
import { starConstants } from "./star.ts";

/** What the games of one walk have in common. */
export interface GameRules {
  readonly bound: "wsr" | "star";
  readonly sampleCount: number;
  /** In (0, 1). */
  readonly delta: number;
  readonly lossBound: number;
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

/**
 * Envelope games side by side: each plays against a box of losses of its own, every loss between two known values, and speaks
 * for every loss vector of the box at once. Two engines play them, with the same operations in the same order.
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
export interface EnvelopeGames {
  /** Games that are played at once. */
  readonly count: number;
  /**
   * `[sampleCount, 2, count]`: sample i has its lowest loss of game g at `2 * i * count + g`, its highest `count` further. The
   * caller writes here between rounds. Valid until `begin` is called again.
   */
  readonly boxes: Float64Array;
  /** Rules for the rounds to come; nobody is asked yet, and what `boxes` holds is undefined. */
  begin(rules: GameRules): void;
  /** Puts a question to a game for the next round. */
  ask(game: number, question: GameQuestion): void;
  /** Plays one round with the games that were asked since the last. */
  play(): void;
  /**
   * The answer of the last round: for `certify` a place by which all games of the box have reached their goal, whatever the
   * losses after it; for `refute` any number from 0 on. −1 for "not proven".
   */
  answer(game: number): number;
}

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
/** Nor do games with losses whose squares float32 does not hold. */
const largestLoss = 1e15;
/** Factors of the wealth are at least this. */
export const leastFactor = 1e-300;
/** Bets between two looks at which games are lost. */
export const bout = 16;

/** A question turned into the numbers that a game starts from; the fields of assembly/envelope-games.ts. */
export interface OpenGame {
  readonly epsilon: number;
  /** Largest bet, a float32 number. */
  readonly cap: number;
  /** Like the next, a float32 number. */
  readonly betSlack: number;
  readonly logSlack: number;
  readonly lowSum: number;
  readonly highSum: number;
  readonly squares: number;
  /** At the beginning: δ, so that what is missing to the goal of about 1 is −ln w, and precise where it is small. */
  readonly wealth: number;
  /** Wealth that settles the game. */
  readonly goal: number;
  /** Wealth below which it is given up. */
  readonly lost: number;
  /** Wealth is lifted to this. */
  readonly floor: number;
}

/** @throws RangeError if ε or δ is outside its domain */
export function openGame(rules: GameRules, { epsilon, epsilonTo, aim }: GameQuestion): OpenGame {
  const { bound, delta, lossBound, sampleCount } = rules;
  requireProbability("delta", delta);
  requireBetween("epsilon", epsilon, 0, lossBound);
  const { capShare, priorVariance, priorWeight } = starConstants;
  const sign = aim === "refute" ? -1 : 1;
  const isStar = bound === "star";
  const range = slack.step * sampleCount + (aim === "refute" ? slack.clearance : 0);
  // Reached at once and never: no proof either way.
  const outOfRange = aim === "refute" ? 0 : Number.NaN;
  const inRange = delta >= smallestDelta && lossBound <= largestLoss && lossBound >= 1 / largestLoss;
  return {
    epsilon,
    cap: Math.fround(isStar ? capShare / (lossBound - epsilon) : 1 / lossBound),
    betSlack: Math.fround(sign * slack.bet),
    logSlack: Math.fround(sign * slack.log),
    lowSum: isStar ? priorWeight * epsilon : 0.5,
    highSum: isStar ? priorWeight * epsilonTo : 0.5,
    squares: isStar ? priorWeight * priorVariance : 0.25,
    wealth: delta,
    goal: inRange ? 1 + sign * range : outOfRange,
    lost: aim === "refute" ? 0 : hopeless * delta,
    floor: aim === "refute" ? lowestWealth : 0,
  };
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
