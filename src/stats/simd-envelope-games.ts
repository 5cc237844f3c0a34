import { type EnvelopeGames, type GameQuestion, type GameRules, gameTables, openGame } from "./envelope-games.ts";

/** An instance of what assembly/envelope-games.ts exports, with a memory of its own. */
export interface GamesKernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  gamesSize(): number;
  play(games: number, tables: number, boxes: number, sampleCount: number, chases: number): void;
}

/** The first page of the memory is left to the kernel's own constants. */
const gamesAddress = 65536;
const pageBytes = 65536;
/** Two games in each of four vectors. */
const gameCount = 8;
/** Numbers of a vector: 14 fields for two games. */
const vectorNumbers = 28;

/** The games in SIMD WebAssembly: the answers of `PlainEnvelopeGames`, several times as fast. */
export class SimdEnvelopeGames implements EnvelopeGames {
  readonly count = gameCount;
  boxes = new Float64Array(0);
  readonly #kernel: GamesKernel;
  readonly #tables: number;
  #rules: GameRules = { bound: "wsr", sampleCount: 0, delta: 0.5, lossBound: 1 };
  /** The kernel's fields as numbers, and as 32-bit halves of integers. */
  #numbers = new Float64Array(0);
  #words = new Int32Array(0);
  readonly #refutes = new Uint8Array(gameCount);
  readonly #answers = new Int32Array(gameCount);

  /** @param kernel of nobody else */
  constructor(kernel: GamesKernel) {
    this.#kernel = kernel;
    this.#tables = gamesAddress + Math.ceil(kernel.gamesSize() / 64) * 64;
  }

  begin(rules: GameRules): void {
    const { memory } = this.#kernel;
    const { sampleCount } = rules;
    this.#rules = rules;
    const boxes = this.#tables + Math.ceil((16 * sampleCount) / 64) * 64;
    const missing = boxes + 8 * 2 * gameCount * sampleCount - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    const fields = (gameCount / 2) * vectorNumbers;
    this.#numbers = new Float64Array(memory.buffer, gamesAddress, fields);
    this.#words = new Int32Array(memory.buffer, gamesAddress, 2 * fields);
    this.boxes = new Float64Array(memory.buffer, boxes, 2 * gameCount * sampleCount);
    new Float64Array(memory.buffer, this.#tables, 2 * sampleCount).set(gameTables(rules));
    for (let game = 0; game < gameCount; game++) this.#close(game);
  }

  ask(game: number, question: GameQuestion): void {
    const open = openGame(this.#rules, question);
    const numbers = this.#numbers;
    const at = this.#fieldsOf(game);
    numbers[at] = open.epsilon;
    numbers[at + 2] = open.cap;
    numbers[at + 4] = open.betSlack;
    numbers[at + 6] = open.logSlack;
    numbers[at + 8] = 1;
    numbers[at + 10] = open.lowSum;
    numbers[at + 12] = open.highSum;
    numbers[at + 14] = numbers[at + 16] = open.squares;
    numbers[at + 18] = open.goal;
    numbers[at + 20] = open.lost;
    numbers[at + 22] = open.floor;
    this.#setPlace(game, -1);
    numbers[at + 26] = open.logGoal;
    this.#refutes[game] = question.aim === "refute" ? 1 : 0;
  }

  play(): void {
    const { sampleCount, bound } = this.#rules;
    this.#kernel.play(gamesAddress, this.#tables, this.boxes.byteOffset, sampleCount, bound === "star" ? 1 : 0);
    for (let game = 0; game < gameCount; game++) {
      const place = this.#words[2 * this.#fieldsOf(game) + 48];
      this.#answers[game] = this.#refutes[game] === 0 ? place : place < 0 ? sampleCount : -1;
      this.#close(game);
    }
  }

  answer(game: number): number {
    return this.#answers[game];
  }

  /** Nothing to reach, so nothing to wait for. */
  #close(game: number): void {
    this.#numbers[this.#fieldsOf(game) + 18] = Number.POSITIVE_INFINITY;
  }

  #setPlace(game: number, place: number): void {
    const at = 2 * this.#fieldsOf(game) + 48;
    this.#words[at] = place;
    this.#words[at + 1] = place < 0 ? -1 : 0;
  }

  #fieldsOf(game: number): number {
    return (game >> 1) * vectorNumbers + (game & 1);
  }
}
