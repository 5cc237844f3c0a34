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

/** The plain twin of the SIMD games (assembly/envelope-games.ts): the same float64 operations in the same order. */
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
    const { epsilon, cap, betSlack, logSlack, goal, lost, floor, logGoal } = open;
    let { lowSum, highSum } = open;
    let wealth = 1;
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
      let square = tables[2 * i] / (win > 0 ? highSquares : lowSquares);
      if (chases) {
        const missing = logGoal - logOf(wealth);
        square *= Math.max(missing - (win < 0 ? -logSlack : logSlack), 0);
      }
      const gain = win * Math.min(Math.sqrt(square), cap);
      wealth *= Math.max(1 + (gain - Math.abs(gain) * betSlack), leastFactor);
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

const float = new Float64Array([1]);
const words = new Uint32Array(float.buffer);
/** Which half of a double holds its exponent on this machine. */
const upper = words[1] === 0 ? 0 : 1;

/**
 * ln w, good to 5e-8, from + − × ÷ alone: w = 2^k m with m in about [√½, √2), z = (m − 1)/(m + 1),
 * ln m = 2z (1 + z²/3 + z⁴/5 + z⁶/7 + …).
 */
function logOf(w: number): number {
  float[0] = w;
  const k = ((words[upper] + 0x95f61) >>> 20) - 1023;
  words[upper] -= k << 20;
  const m = float[0];
  const z = (m - 1) / (m + 1);
  const s = z * z;
  const tail = 1 / 3 + s * (1 / 5 + s * (1 / 7));
  return k * Math.LN2 + (z + z) * (1 + s * tail);
}
