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
/** Four games in each of two groups. */
const groupCount = 2;
const gameCount = 4 * groupCount;
const groupBytes = 368;

/** The games in SIMD WebAssembly: the answers of `PlainEnvelopeGames`, several times as fast. */
export class SimdEnvelopeGames implements EnvelopeGames {
  readonly count = gameCount;
  boxes = new Float64Array(0);
  readonly #kernel: GamesKernel;
  readonly #tables: number;
  #rules: GameRules = { bound: "wsr", sampleCount: 0, delta: 0.5, lossBound: 1 };
  /** The kernel's fields as float64, as float32 and as 32-bit halves of integers. */
  #numbers = new Float64Array(0);
  #floats = new Float32Array(0);
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
    const bytes = groupCount * groupBytes;
    this.#numbers = new Float64Array(memory.buffer, gamesAddress, bytes / 8);
    this.#floats = new Float32Array(memory.buffer, gamesAddress, bytes / 4);
    this.#words = new Int32Array(memory.buffer, gamesAddress, bytes / 4);
    this.boxes = new Float64Array(memory.buffer, boxes, 2 * gameCount * sampleCount);
    const tables = gameTables(rules);
    const shares = new Float64Array(memory.buffer, this.#tables, 2 * sampleCount);
    const stakes = new Float32Array(memory.buffer, this.#tables, 4 * sampleCount);
    for (let i = 0; i < sampleCount; i++) {
      stakes[4 * i] = tables[2 * i];
      shares[2 * i + 1] = tables[2 * i + 1];
    }
    for (let game = 0; game < gameCount; game++) this.#close(game);
  }

  ask(game: number, question: GameQuestion): void {
    const open = openGame(this.#rules, question);
    const numbers = this.#numbers;
    const at = fieldsOf(game);
    numbers[at] = open.epsilon;
    numbers[at + 4] = open.wealth;
    numbers[at + 8] = open.lowSum;
    numbers[at + 12] = open.highSum;
    numbers[at + 16] = numbers[at + 20] = open.squares;
    numbers[at + 24] = open.goal;
    numbers[at + 28] = open.lost;
    numbers[at + 32] = open.floor;
    this.#setPlace(game, -1);
    const narrow = narrowFieldsOf(game);
    this.#floats[narrow] = open.cap;
    this.#floats[narrow + 4] = open.betSlack;
    this.#floats[narrow + 8] = -open.logSlack;
    this.#refutes[game] = question.aim === "refute" ? 1 : 0;
  }

  play(): void {
    const { sampleCount, bound } = this.#rules;
    this.#kernel.play(gamesAddress, this.#tables, this.boxes.byteOffset, sampleCount, bound === "star" ? 1 : 0);
    for (let game = 0; game < gameCount; game++) {
      const place = this.#words[2 * fieldsOf(game) + 72];
      this.#answers[game] = this.#refutes[game] === 0 ? place : place < 0 ? sampleCount : -1;
      this.#close(game);
    }
  }

  answer(game: number): number {
    return this.#answers[game];
  }

  /** Nothing to reach, so nothing to wait for. */
  #close(game: number): void {
    this.#numbers[fieldsOf(game) + 24] = Number.POSITIVE_INFINITY;
  }

  #setPlace(game: number, place: number): void {
    const at = 2 * fieldsOf(game) + 72;
    this.#words[at] = place;
    this.#words[at + 1] = place < 0 ? -1 : 0;
  }
}

/** Where the float64 fields of a game begin, of which each group has four side by side. */
function fieldsOf(game: number): number {
  return (game >> 2) * (groupBytes / 8) + (game & 3);
}

/** Where its float32 fields begin. */
function narrowFieldsOf(game: number): number {
  return (game >> 2) * (groupBytes / 4) + 80 + (game & 3);
}
