import type { LossSteps } from "../exits/loss-steps.ts";
import {
  type Envelope,
  type EnvelopeTables,
  starEnvelope,
  starTables,
  wsrEnvelope,
  wsrTables,
} from "../stats/betting-envelope.ts";
import {
  type GameStates,
  gameStates,
  type ResumableTest,
  resumableStar,
  resumableWsr,
} from "../stats/resumable-betting.ts";
import { BettingBox } from "./betting-box.ts";

/** What a walk is asked: which betting bound, at which δ, for losses of which bound B. */
export interface BettingQuestion {
  readonly bound: "wsr" | "star";
  readonly delta: number;
  readonly lossBound: number;
}

/** Blocks with fewer steps than this are not worth an envelope, which starts from the first bet. */
const SMALLEST_BLOCK = 4;
/** After this many steps replayed one by one, an envelope is tried again. */
const PATIENCE = 6;
/** The failure is then expected deeper by this share of nε. */
const MORE = 0.05;
/** The first envelope reaches as far as if it started at this share of the loss sum at which failure is expected. */
const FIRST_SHARE = 1 / 16;
/** WSR at a level that is larger by at least this certifies what a smaller level certified, rounding included. */
const LEVEL_STEP = 1e-9;

/**
 * The first failure of a betting bound on the way down, for one risk level after the other.
 *
 * Every step is tested, but rarely by itself: an envelope proves many steps with one game, and what it cannot prove is
 * replayed exactly. The answer is the one of testing step by step; what other levels found only says where to look (and,
 * for WSR, whose bets do not depend on ε, where to begin).
 */
export class BettingWalk {
  readonly #steps: LossSteps;
  /** Loss sums by step, `[stepCount]`. */
  readonly #sums: Float64Array;
  readonly #question: BettingQuestion;
  readonly #box: BettingBox;
  readonly #states: GameStates;
  readonly #tables: EnvelopeTables;
  /** First failures found so far, by level. */
  readonly #failures = new Map<number, number>();

  /** @param pieceSums loss sum of every piece, `[pieceCount]` */
  constructor(steps: LossSteps, pieceSums: Float64Array, question: BettingQuestion) {
    this.#steps = steps;
    this.#sums = new Float64Array(steps.stepCount);
    for (let step = 0; step < steps.stepCount; step++) this.#sums[step] = pieceSums[steps.pieces[step]];
    this.#question = question;
    this.#box = new BettingBox(steps);
    this.#states = gameStates(steps.sampleCount);
    const { bound, delta } = question;
    this.#tables = bound === "wsr" ? wsrTables(steps.sampleCount, delta) : starTables(steps.sampleCount);
  }

  /** The riskiest piece before the first that is not certified at ε; −1 when there is none. */
  acceptedPiece(epsilon: number): number {
    const { stepCount, pieces, pieceCount } = this.#steps;
    let failure = this.#failures.get(epsilon);
    if (failure === undefined) {
      failure = this.#firstFailure(epsilon);
      this.#failures.set(epsilon, failure);
    }
    return failure === stepCount ? pieceCount - 1 : pieces[failure] - 1;
  }

  #firstFailure(epsilon: number): number {
    const { stepCount, sampleCount } = this.#steps;
    const box = this.#box;
    const [exact, envelope] = this.#games(epsilon);
    let step = this.#certifiedBefore(epsilon);
    box.restart(step);
    let goal = this.#expectedSum(epsilon);
    let end = this.#blockEnd(step, goal);
    let longest = stepCount;
    let replays = 0;
    while (step < stepCount) {
      if (box.covers(step)) {
        box.settle(step++);
      } else if (end - step >= SMALLEST_BLOCK) {
        const size = end - step;
        if (box.proves(envelope, step, end)) {
          step = end;
          longest = Math.min(stepCount, 2 * Math.max(longest, size));
          end = Math.min(this.#blockEnd(step, goal), step + longest);
        } else {
          longest = size >> 1;
          end = step + longest;
        }
      } else {
        box.settle(step);
        if (!exact.certified(box.firstDirty)) return step;
        box.replayed(exact.crossing);
        step++;
        if (++replays % PATIENCE === 0) {
          // The failure lies deeper than expected.
          goal = Math.max(goal, this.#sums[step - 1] + MORE * epsilon * sampleCount);
          longest = Math.max(longest, 2 * SMALLEST_BLOCK);
          end = Math.min(this.#blockEnd(step, goal), step + longest);
        }
      }
    }
    return stepCount;
  }

  #games(epsilon: number): [ResumableTest, Envelope] {
    const { bound, delta, lossBound } = this.#question;
    const task = { delta, lossBound, epsilon, losses: this.#box.losses };
    return bound === "wsr"
      ? [resumableWsr(task, this.#states), wsrEnvelope(task, this.#tables)]
      : [resumableStar(task, this.#states), starEnvelope(task, this.#tables)];
  }

  /** The first step that another level leaves open: WSR's wealth grows with ε, loss by loss; STaR's bets depend on ε. */
  #certifiedBefore(epsilon: number): number {
    let certified = 0;
    if (this.#question.bound === "star") return certified;
    for (const [level, failure] of this.#failures) {
      if (level < epsilon - LEVEL_STEP && failure > certified) certified = failure;
    }
    return certified;
  }

  /** The loss sum at which failure is expected: as far below nε as at the nearest level that is known. */
  #expectedSum(epsilon: number): number {
    const { sampleCount, stepCount } = this.#steps;
    let near: number | null = null;
    for (const level of this.#failures.keys()) {
      if (near === null || Math.abs(level - epsilon) < Math.abs(near - epsilon)) near = level;
    }
    if (near === null) return sampleCount * epsilon - Math.sqrt(sampleCount * epsilon * this.#question.lossBound);
    const failure = Math.min(this.#failures.get(near) as number, stepCount - 1);
    return this.#sums[failure] + sampleCount * (epsilon - near);
  }

  /**
   * How far an envelope that starts at a step may reach. The bets of its games differ by about the root of the ratio of
   * the first to the last loss sum; the geometric mean of the first and what fails is a reach that is seldom refused.
   */
  #blockEnd(step: number, goal: number): number {
    const first = Math.max(step === 0 ? 0 : this.#sums[step - 1], goal * FIRST_SHARE);
    const last = Math.sqrt(first * goal);
    let end = step;
    while (end < this.#steps.stepCount && this.#sums[end] <= last) end++;
    return end;
  }
}
