import type { LossSteps } from "../exits/loss-steps.ts";
import type { GameQuestion } from "../stats/envelope-games.ts";
import type { BettingBox } from "./betting-box.ts";

/** Where a walk takes place. */
export interface WalkGround {
  readonly steps: LossSteps;
  /** Loss sums by step, `[stepCount]`. */
  readonly sums: Float64Array;
}

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
 * refused block is halved, down to a single step, whose own game decides. With several games the halves are asked at the
 * same time as the whole.
 */
export class LevelWalk {
  readonly level: WalkLevel;
  readonly #ground: WalkGround;
  /** One for every game that the walk may use. */
  readonly #boxes: readonly BettingBox[];
  #expectedSum: number;
  /** Steps before this one are certified. */
  #step: number;
  /** Steps before this one are certified at all levels up to `sharedTo`. */
  #sharedStep: number;
  /** Longest block that is worth asking about. */
  #longest: number;
  #patience = 0;
  /** What each box is asked: the end of its block, the longest first. */
  #ends: readonly number[] = [];
  #refuting = false;
  /** Whether proofs of single steps are to hold for all levels up to `epsilonTo`, too. */
  readonly #sharesSingles: boolean;
  /** The box of the last proof, and whether that holds for all levels up to `epsilonTo`. */
  #lead: BettingBox;
  #leadIsShared = false;

  constructor(ground: WalkGround, boxes: readonly BettingBox[], level: WalkLevel) {
    this.level = level;
    this.#ground = ground;
    this.#boxes = boxes;
    this.#expectedSum = level.expectedSum;
    this.#step = this.#sharedStep = level.start;
    this.#longest = ground.steps.stepCount;
    this.#lead = boxes[0];
    // For those bets that do not depend on the level this costs nothing.
    this.#sharesSingles = level.epsilonTo === Number.POSITIVE_INFINITY;
    for (const box of boxes) box.moveTo(level.start);
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
    return Math.min(this.level.epsilonTo, this.level.startTo);
  }

  /**
   * What the game of each box is to be asked next, in the order of the boxes; null lets it sit out. Nothing at all when the
   * first failure is found.
   */
  questions(): (GameQuestion | null)[] {
    const { epsilon, epsilonTo } = this.level;
    if (this.#refuting) {
      return this.#ends.map((end) => (end === this.#step + 1 ? { epsilon, epsilonTo: epsilon, aim: "refute" } : null));
    }
    this.#passCovered();
    this.#ends = this.#chosenEnds();
    return this.#ends.map((end, k) => {
      if (end > this.#step + 1) {
        this.#boxes[k].open(end);
        return { epsilon, epsilonTo, aim: "certify" };
      }
      this.#boxes[k].moveTo(end);
      // A single step near the failure has no certainty to give away to other levels.
      return { epsilon, epsilonTo: this.#sharesSingles ? epsilonTo : epsilon, aim: "certify" };
    });
  }

  /**
   * @param answers to the last questions
   * @returns whether there is more to ask
   */
  take(answers: readonly number[]): boolean {
    if (this.#refuting) return this.#takeRefutation(answers[answers.length - 1] >= 0);
    const best = answers.findIndex((answer) => answer >= 0);
    const refused = best === 0 ? 0 : this.#ends[best < 0 ? answers.length - 1 : best - 1] - this.#step;
    if (best >= 0) this.#accept(best, answers[best], this.#sharesSingles || this.#ends[best] > this.#step + 1);
    else if (refused === 1) {
      this.#refuting = true;
      return true;
    } else for (const box of this.#boxes) box.close();
    if (refused > 0) {
      this.#longest = refused >> 1;
      this.#patience = PATIENCE;
    } else if (this.#patience > 0) this.#patience--;
    else this.#longest *= 2;
    return true;
  }

  /** A single step was not certified by its own game: it is the failure, unless that game was played too carefully. */
  #takeRefutation(refuted: boolean): boolean {
    const single = this.#ends.length - 1;
    const { losses } = this.#boxes[single];
    if (refuted || !this.level.certified(losses)) return false;
    this.#refuting = false;
    this.#accept(single, losses.length - 1, false);
    return true;
  }

  #accept(winner: number, reach: number, shared: boolean): void {
    const { sums, steps } = this.#ground;
    const start = this.#step;
    const end = this.#ends[winner];
    this.#lead = this.#boxes[winner];
    this.#lead.proven(reach, end);
    for (const box of this.#boxes) if (box !== this.#lead) box.moveTo(end);
    this.#leadIsShared = shared;
    if (this.#leadIsShared && this.#sharedStep === start) this.#sharedStep = end;
    this.#step = end;
    if (sums[end - 1] >= this.#expectedSum) this.#expectedSum += MORE * this.level.epsilon * steps.sampleCount;
  }

  /** Steps that the last proof holds for, too. */
  #passCovered(): void {
    const start = this.#step;
    while (this.#step < this.#ground.steps.stepCount && this.#lead.coversNext()) this.#lead.settle(++this.#step);
    if (this.#step === start) return;
    for (const box of this.#boxes) if (box !== this.#lead) box.moveTo(this.#step);
    if (this.#leadIsShared && this.#sharedStep === start) this.#sharedStep = this.#step;
  }

  /** The block to ask about and its halves, as many as there are boxes; none behind the last step. */
  #chosenEnds(): number[] {
    const ends: number[] = [];
    if (this.#step === this.#ground.steps.stepCount) return ends;
    let size = Math.max(1, Math.min(this.#blockEnd() - this.#step, this.#longest));
    for (; size >= 1 && ends.length < this.#boxes.length; size >>= 1) ends.push(this.#step + size);
    return ends;
  }

  /**
   * How far an envelope that starts here may reach. The bets of its games differ by about the root of the ratio of the first
   * to the last loss sum; the geometric mean of the first and what fails is a reach that is seldom refused.
   */
  #blockEnd(): number {
    const { sums, steps } = this.#ground;
    const first = Math.max(this.#step === 0 ? 0 : sums[this.#step - 1], this.#expectedSum * FIRST_SHARE);
    const last = Math.sqrt(first * this.#expectedSum);
    let end = this.#step;
    while (end < steps.stepCount && sums[end] <= last) end++;
    return end;
  }
}
