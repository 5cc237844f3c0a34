import type { GameQuestion } from "../stats/envelope-games.ts";
import type { BettingBox } from "./betting-box.ts";
import type { WalkGround } from "./walk-engine.ts";

/** The level of a walk and what is known about it. */
export interface WalkLevel {
  readonly epsilon: number;
  /** Proofs of blocks are to hold for levels up to this one. */
  readonly epsilonTo: number;
  /** Steps before this one are certified already, at all levels from here to `startTo`. */
  readonly start: number;
  readonly startTo: number;
  /** The loss sum at which failure is expected. */
  readonly expectedSum: number;
  /** The test itself, bit for bit: is the mean certified to be below ε for these losses, in the order of bets? */
  certified(losses: Float64Array): boolean;
}

/** A failure deeper than expected is expected deeper by this share of nε. */
const MORE = 0.02;
/** The first block reaches as far as if it started at this share of the loss sum at which failure is expected. */
const FIRST_SHARE = 1 / 16;
/** Blocks that must succeed after a refusal before longer ones are tried again. */
const PATIENCE = 4;

/**
 * The way down to the first failure at one risk level, question by question. An envelope proves a block of steps at once; a
 * refused block is halved, down to a single step, whose own game decides.
 */
export class LevelWalk {
  readonly #level: WalkLevel;
  readonly #ground: WalkGround;
  readonly #box: BettingBox;
  #expectedSum: number;
  /** Steps before this one are certified. */
  #step: number;
  /** Steps before this one are certified at all levels up to `sharedTo`. */
  #sharedStep: number;
  /** Longest block that is worth asking about. */
  #longest: number;
  #patience = 0;
  /** End of the block that is asked about. */
  #end = 0;
  #refuting = false;
  /** Whether proofs of single steps are to hold for all levels up to `epsilonTo`, too. */
  readonly #sharesSingles: boolean;
  /** Whether the last proof holds for all levels up to `epsilonTo`. */
  #isShared = false;

  constructor(ground: WalkGround, box: BettingBox, level: WalkLevel) {
    this.#level = level;
    this.#ground = ground;
    this.#box = box;
    this.#expectedSum = level.expectedSum;
    this.#step = this.#sharedStep = level.start;
    this.#longest = ground.steps.stepCount;
    // For those bets that do not depend on the level this costs nothing.
    this.#sharesSingles = level.epsilonTo === Number.POSITIVE_INFINITY;
    box.moveTo(level.start);
  }

  /** Steps before this one are certified; the first failure, when there is nothing left to ask. */
  get certifiedStep(): number {
    return this.#step;
  }

  /** Steps before this one are certified at all levels up to `sharedTo`, too. */
  get sharedStep(): number {
    return this.#sharedStep;
  }

  /** What came before the start may have been proven for fewer levels than what this walk proves. */
  get sharedTo(): number {
    return Math.min(this.#level.epsilonTo, this.#level.startTo);
  }

  /** What the game is to be asked next; null when all steps are certified. */
  question(): GameQuestion | null {
    const { epsilon, epsilonTo } = this.#level;
    if (this.#refuting) return { epsilon, epsilonTo: epsilon, aim: "refute" };
    this.#passCovered();
    if (this.#step === this.#ground.steps.stepCount) return null;
    this.#end = this.#step + this.#blockSize();
    if (!this.#isSingle) {
      this.#box.open(this.#end);
      return { epsilon, epsilonTo, aim: "certify" };
    }
    this.#box.moveTo(this.#end);
    // A single step near the failure has no certainty to give away to other levels.
    return { epsilon, epsilonTo: this.#sharesSingles ? epsilonTo : epsilon, aim: "certify" };
  }

  /**
   * @param answer to the last question
   * @returns whether there is more to ask
   */
  take(answer: number): boolean {
    if (this.#refuting) return this.#takeRefutation(answer >= 0);
    if (answer >= 0) {
      this.#accept(answer, this.#sharesSingles || !this.#isSingle);
      if (this.#patience > 0) this.#patience--;
      else this.#longest *= 2;
    } else if (this.#isSingle) this.#refuting = true;
    else {
      this.#box.close();
      this.#longest = (this.#end - this.#step) >> 1;
      this.#patience = PATIENCE;
    }
    return true;
  }

  get #isSingle(): boolean {
    return this.#end === this.#step + 1;
  }

  /** A single step was not certified by its own game: it is the failure, unless that game was played too carefully. */
  #takeRefutation(refuted: boolean): boolean {
    const { losses } = this.#box;
    if (refuted || !this.#level.certified(losses)) return false;
    this.#refuting = false;
    this.#accept(losses.length - 1, false);
    return true;
  }

  #accept(reach: number, shared: boolean): void {
    const { sums, steps } = this.#ground;
    this.#box.proven(reach, this.#end);
    this.#isShared = shared;
    this.#goTo(this.#end);
    if (sums[this.#end - 1] >= this.#expectedSum) this.#expectedSum += MORE * this.#level.epsilon * steps.sampleCount;
  }

  /** Steps that the last proof holds for, too. */
  #passCovered(): void {
    let step = this.#step;
    while (step < this.#ground.steps.stepCount && this.#box.coversNext()) this.#box.settle(++step);
    this.#goTo(step);
  }

  #goTo(step: number): void {
    if (this.#isShared && this.#sharedStep === this.#step) this.#sharedStep = step;
    this.#step = step;
  }

  /**
   * How far an envelope that starts here may reach. The bets of its games differ by about the root of the ratio of the first
   * to the last loss sum; the geometric mean of the first and what fails is a reach that is seldom refused.
   */
  #blockSize(): number {
    const { sums, steps } = this.#ground;
    const first = Math.max(this.#step === 0 ? 0 : sums[this.#step - 1], this.#expectedSum * FIRST_SHARE);
    const last = Math.sqrt(first * this.#expectedSum);
    const most = Math.min(this.#longest, steps.stepCount - this.#step);
    let size = 0;
    while (size < most && sums[this.#step + size] <= last) size++;
    return Math.max(1, size);
  }
}
