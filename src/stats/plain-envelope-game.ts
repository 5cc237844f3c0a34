import {
  bout,
  type GameQuestion,
  type GameRules,
  type GameTerms,
  gameTables,
  gameTerms,
  leastFactor,
  requireLevel,
} from "./envelope-games.ts";
import { roughlyMissing } from "./roughly-missing.ts";

const { fround } = Math;

/** The plain twin of the SIMD games (assembly/envelope-games.ts): the same float64 and float32 operations in the same order. */
export class PlainEnvelopeGame {
  readonly sampleCount: number;
  /** `[sampleCount]` each: the box. All losses are 0 at first; the caller writes here between games. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly #terms: GameTerms;
  readonly #tables: Float64Array;

  /** @throws RangeError if δ is outside its domain */
  constructor(rules: GameRules) {
    this.sampleCount = rules.sampleCount;
    this.low = new Float64Array(rules.sampleCount);
    this.high = new Float64Array(rules.sampleCount);
    this.#terms = gameTerms(rules);
    this.#tables = gameTables(rules);
  }

  /**
   * Plays one game against the box.
   *
   * @returns for `certify` a place by which all games of the box have reached their goal, whatever the losses after it; for `refute`
   *   any number from 0 on. −1 for "not proven".
   * @throws RangeError if ε is outside its domain
   */
  answer(question: GameQuestion): number {
    requireLevel(question.epsilon, this.#terms.lossBound);
    const { certifiedGoal, refutedGoal } = this.#terms;
    const goal = question.aim === "certify" ? certifiedGoal : refutedGoal;
    if (Number.isNaN(goal)) return -1;
    const place = this.#reach(question, goal);
    if (question.aim === "certify") return place;
    return place < 0 ? this.sampleCount : -1;
  }

  /** The place of the bet that reaches the goal, −1 if none does. */
  #reach({ epsilon, epsilonTo, aim }: GameQuestion, goal: number): number {
    const { low: lows, high: highs, sampleCount } = this;
    const tables = this.#tables;
    const { isStar, lossBound, capShare, priorWeight, priorSum, priorSquares, ...terms } = this.#terms;
    const refutes = aim === "refute";
    const cap = fround(capShare / (isStar ? lossBound - epsilon : lossBound));
    const betSlack = refutes ? -terms.betSlack : terms.betSlack;
    const logSlack = refutes ? -terms.logSlack : terms.logSlack;
    const lost = refutes ? 0 : terms.hopeless;
    const floor = refutes ? terms.floor : 0;
    let { wealth } = terms;
    let lowSum = isStar ? priorWeight * epsilon : priorSum;
    let highSum = isStar ? priorWeight * epsilonTo : priorSum;
    let lowSquares = priorSquares;
    let highSquares = priorSquares;
    for (let i = 0; i < sampleCount; i++) {
      if (i % bout === 0) {
        if (wealth < lost) return -1;
        wealth = Math.max(wealth, floor);
      }
      const low = lows[i];
      const high = highs[i];
      const win = epsilon - high;
      let bet = fround(Math.sqrt(fround(tables[2 * i] / fround(win > 0 ? highSquares : lowSquares))));
      const narrow = fround(win);
      if (isStar) {
        const missing = roughlyMissing(wealth, narrow < 0 ? logSlack : -logSlack);
        bet = fround(bet * fround(Math.sqrt(Math.max(missing, 0))));
      }
      const given = fround(narrow - fround(Math.abs(narrow) * betSlack));
      wealth *= Math.max(1 + fround(Math.min(bet, cap) * given), leastFactor);
      if (wealth >= goal) return i;
      const share = tables[2 * i + 1];
      const highGap = high - (lowSum + high) * share;
      const lowGap = low - (highSum + low) * share;
      lowSum += low;
      highSum += high;
      const most = Math.max(highGap, -lowGap);
      const least = Math.max(lowGap, -highGap, 0);
      highSquares += most * most;
      lowSquares += least * least;
    }
    return -1;
  }
}
