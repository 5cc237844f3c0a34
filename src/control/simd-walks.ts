import { type GameRules, gameTables, gameTerms, requireLevel } from "../stats/envelope-games.ts";
import { PlainWalks } from "./plain-walks.ts";
import { type BettingQuestion, certifies, type KnownLevel, type WalkEngine, type WalkGround } from "./walk-engine.ts";

/** An instance of what assembly/betting-walk.ts exports, with a memory of its own. */
export interface WalkKernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** @returns where the addresses of the arrays stand that are to be filled; 0 where there is not enough memory */
  layOut(sampleCount: number, stepCount: number, changeCount: number, levelCount: number, knownCount: number): number;
  setTerms(
    isStar: number,
    lossBound: number,
    capShare: number,
    priorWeight: number,
    priorSum: number,
    priorSquares: number,
    wealth: number,
    betSlack: number,
    logSlack: number,
    certifiedGoal: number,
    hopeless: number,
    refutedGoal: number,
    floor: number,
  ): void;
  begin(holdsAbove: number, lossBound: number): void;
  /** @returns a seat whose step no game decides, −1 when all levels are found */
  walk(): number;
  levelOfSeat(seat: number): number;
  lossesOf(seat: number): number;
  decide(seat: number, certified: number): void;
  levelsKnown(): number;
}

/** Bytes of a level that is known: ε, `sharedTo` (float64), failure and `sharedStep` (int32). */
const knownBytes = 24;

/** Needs a quarter of the memory. */
const plain = new PlainWalks();

/** Walks in SIMD WebAssembly, games side by side: the answers of `PlainWalks`, several times as fast. */
export class SimdWalks implements WalkEngine {
  readonly #kernel: WalkKernel;

  /** @param kernel of nobody else */
  constructor(kernel: WalkKernel) {
    this.#kernel = kernel;
  }

  find(
    ground: WalkGround,
    question: BettingQuestion,
    levels: readonly number[],
    known: readonly KnownLevel[],
  ): readonly KnownLevel[] {
    for (const epsilon of levels) requireLevel(epsilon, question.lossBound);
    if (levels.length === 0) return [];
    const kernel = this.#kernel;
    const { sampleCount } = ground.steps;
    const rules = { ...question, sampleCount, leastLoss: ground.leastLoss };
    setTerms(kernel, rules);
    const knownAt = this.#layDown(ground, rules, levels, known);
    if (knownAt === null) return plain.find(ground, question, levels, known);
    kernel.begin(question.bound === "wsr" ? 1 : 0, question.lossBound);
    for (let seat = kernel.walk(); seat >= 0; seat = kernel.walk()) {
      const losses = new Float64Array(kernel.memory.buffer, kernel.lossesOf(seat), sampleCount);
      kernel.decide(seat, certifies(question, kernel.levelOfSeat(seat), losses) ? 1 : 0);
    }
    return this.#found(knownAt, known.length);
  }

  /** Fills the kernel's arrays. Returns where known levels stand, null where there is not enough memory. */
  #layDown(
    { steps, sums }: WalkGround,
    rules: GameRules,
    levels: readonly number[],
    known: readonly KnownLevel[],
  ): number | null {
    const { sampleCount, stepCount } = steps;
    const kernel = this.#kernel;
    const changeCount = steps.losses.length;
    const list = kernel.layOut(sampleCount, stepCount, changeCount, levels.length, known.length);
    if (list === 0) return null;
    const { buffer } = kernel.memory;
    const [starts, places, losses, sumsAt, levelsAt, knownAt, tablesAt] = new Uint32Array(buffer, list, 7);
    new Uint32Array(buffer, starts, stepCount + 1).set(steps.starts);
    new Uint32Array(buffer, places, changeCount).set(steps.places);
    new Float64Array(buffer, losses, changeCount).set(steps.losses);
    new Float64Array(buffer, sumsAt, stepCount).set(sums);
    new Float64Array(buffer, levelsAt, levels.length).set(levels);
    const view = new DataView(buffer, knownAt, knownBytes * known.length);
    known.forEach(({ epsilon, sharedTo, failure, sharedStep }, k) => {
      view.setFloat64(knownBytes * k, epsilon, true);
      view.setFloat64(knownBytes * k + 8, sharedTo, true);
      view.setInt32(knownBytes * k + 16, failure, true);
      view.setInt32(knownBytes * k + 20, sharedStep, true);
    });
    fillTables(kernel, tablesAt, rules);
    return knownAt;
  }

  #found(knownAt: number, knownBefore: number): KnownLevel[] {
    const count = this.#kernel.levelsKnown() - knownBefore;
    const view = new DataView(this.#kernel.memory.buffer, knownAt + knownBytes * knownBefore, knownBytes * count);
    return Array.from({ length: count }, (_, k) => ({
      epsilon: view.getFloat64(knownBytes * k, true),
      sharedTo: view.getFloat64(knownBytes * k + 8, true),
      failure: view.getInt32(knownBytes * k + 16, true),
      sharedStep: view.getInt32(knownBytes * k + 20, true),
    }));
  }
}

/** Says what games start from. */
export function setTerms(kernel: WalkKernel, rules: GameRules): void {
  const terms = gameTerms(rules);
  kernel.setTerms(
    terms.isStar ? 1 : 0,
    terms.lossBound,
    terms.capShare,
    terms.priorWeight,
    terms.priorSum,
    terms.priorSquares,
    terms.wealth,
    terms.betSlack,
    terms.logSlack,
    terms.certifiedGoal,
    terms.hopeless,
    terms.refutedGoal,
    terms.floor,
  );
}

/** Fills the kernel's table of what a bet holds that depends on its place only. */
export function fillTables({ memory }: WalkKernel, address: number, rules: GameRules): void {
  const { sampleCount } = rules;
  const tables = gameTables(rules);
  const shares = new Float64Array(memory.buffer, address, 2 * sampleCount);
  const stakes = new Float32Array(memory.buffer, address, 4 * sampleCount);
  for (let i = 0; i < sampleCount; i++) {
    stakes[4 * i] = tables[2 * i];
    shares[2 * i + 1] = tables[2 * i + 1];
  }
}
