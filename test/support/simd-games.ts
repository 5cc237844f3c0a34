import { fillTables, setTerms, type WalkKernel } from "../../src/control/simd-walks.ts";
import { instantiated } from "../../src/io/wasm-kernel.ts";
import type { GameQuestion, GameRules } from "../../src/stats/envelope-games.ts";

/** What the kernel of walks exports for those who watch it: a round in parts, and what its games are asked and answer. */
export interface WatchedKernel extends WalkKernel {
  boxesAddress(): number;
  undecidedSeat(): number;
  askRound(): number;
  play(): void;
  take(): void;
  /** Aims: 0 none, 1 certify, 2 refute. */
  askGame(game: number, epsilon: number, epsilonTo: number, aim: number): void;
  aimOf(game: number): number;
  epsilonOf(game: number): number;
  epsilonToOf(game: number): number;
  answerOf(game: number, sampleCount: number): number;
  beginRuns(levelCount: number, seatCount: number): void;
  nextLevel(seat: number): number;
}

export const gameCount = 8;

/** An instance of the kernel, null where it was not built or there is no SIMD. */
export function watchedKernel(): WatchedKernel | null {
  return instantiated<WatchedKernel>("betting-walk.wasm");
}

/** The lowest (row 0) or highest (row 1) losses of a game's box, to read or to write; `[sampleCount]`. */
export function boxColumn(kernel: WatchedKernel, game: number, row: 0 | 1, sampleCount: number) {
  const boxes = new Float64Array(kernel.memory.buffer, kernel.boxesAddress(), 2 * gameCount * sampleCount);
  const at = (place: number) => (2 * place + row) * gameCount + game;
  return {
    get: () => Float64Array.from({ length: sampleCount }, (_, place) => boxes[at(place)]),
    set: (losses: Float64Array) =>
      losses.forEach((loss, place) => {
        boxes[at(place)] = loss;
      }),
  };
}

/** The games of the kernel without its walks. */
export class SimdGames {
  readonly count = gameCount;
  readonly #kernel: WatchedKernel;

  constructor(kernel: WatchedKernel) {
    this.#kernel = kernel;
  }

  /** The answers of at most `count` games, played at once. */
  answers(
    rules: GameRules,
    asked: readonly (readonly [{ low: Float64Array; high: Float64Array }, GameQuestion])[],
  ): number[] {
    const kernel = this.#kernel;
    const { sampleCount } = rules;
    setTerms(kernel, rules);
    const list = kernel.layOut(sampleCount, 0, 0, 1, 0);
    fillTables(kernel, new Uint32Array(kernel.memory.buffer, list, 7)[6], rules);
    asked.forEach(([{ low, high }, { epsilon, epsilonTo, aim }], game) => {
      boxColumn(kernel, game, 0, sampleCount).set(low);
      boxColumn(kernel, game, 1, sampleCount).set(high);
      kernel.askGame(game, epsilon, epsilonTo, aim === "certify" ? 1 : 2);
    });
    kernel.play();
    return asked.map((_, game) => kernel.answerOf(game, sampleCount));
  }
}

export function simdGames(): SimdGames | null {
  const kernel = watchedKernel();
  return kernel && new SimdGames(kernel);
}
