import {
  bout,
  type EnvelopeGames,
  type GameQuestion,
  type GameRules,
  gameTables,
  leastFactor,
  type OpenGame,
  openGame,
} from "./envelope-games.ts";
import { roughlyMissing } from "./roughly-missing.ts";

const { fround } = Math;

/** The plain twin of the SIMD games (assembly/envelope-games.ts): the same float64 and float32 operations in the same order. */
export class PlainEnvelopeGames implements EnvelopeGames {
  readonly count: number;
  boxes: Float64Array = new Float64Array(0);
  #rules: GameRules = { bound: "wsr", sampleCount: 0, delta: 0.5, lossBound: 1 };
  #tables: Float64Array = new Float64Array(0);
  readonly #asked = new Map<number, GameQuestion>();
  readonly #answers: Int32Array;

  /** @param count of games, played one after the other */
  constructor(count: number) {
    this.count = count;
    this.#answers = new Int32Array(count);
  }

  begin(rules: GameRules): void {
    const length = 2 * rules.sampleCount * this.count;
    if (this.boxes.length < length) this.boxes = new Float64Array(length);
    this.#rules = rules;
    this.#tables = gameTables(rules);
    this.#asked.clear();
  }

  ask(game: number, question: GameQuestion): void {
    this.#asked.set(game, question);
  }

  play(): void {
    for (const [game, question] of this.#asked) {
      const place = this.#reach(game, openGame(this.#rules, question));
      const refutes = question.aim === "refute";
      this.#answers[game] = refutes ? (place < 0 ? this.#rules.sampleCount : -1) : place;
    }
    this.#asked.clear();
  }

  answer(game: number): number {
    return this.#answers[game];
  }

  /** The place of the bet that reaches the goal, −1 if none does. */
  #reach(game: number, open: OpenGame): number {
    const { sampleCount, bound } = this.#rules;
    const chases = bound === "star";
    const { boxes, count } = this;
    const tables = this.#tables;
    const { epsilon, cap, betSlack, logSlack, goal, lost, floor } = open;
    let { lowSum, highSum, wealth } = open;
    let lowSquares = open.squares;
    let highSquares = open.squares;
    for (let i = 0; i < sampleCount; i++) {
      if (i > 0 && i % bout === 0) {
        if (wealth < lost) return -1;
        wealth = Math.max(wealth, floor);
      }
      const low = boxes[2 * i * count + game];
      const high = boxes[(2 * i + 1) * count + game];
      const win = epsilon - high;
      let bet = fround(Math.sqrt(fround(tables[2 * i] / fround(win > 0 ? highSquares : lowSquares))));
      const narrow = fround(win);
      if (chases) {
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
