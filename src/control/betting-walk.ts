import type { LossSteps } from "../exits/loss-steps.ts";
import type { BettingQuestion, KnownLevel, WalkGround } from "./walk-engine.ts";
import { walksFor } from "./walk-engines.ts";

/**
 * The first failure of a betting bound on the way down, for many risk levels at once.
 *
 * Every step is tested, but rarely by itself: an envelope proves many steps, and many levels, with one game. The answer is the one of
 * testing step by step; what other levels found says where to begin and where to look.
 */
export class BettingWalk {
  readonly #ground: WalkGround;
  readonly #question: BettingQuestion;
  readonly #known = new Map<number, KnownLevel>();

  /** @param pieceSums loss sum of every piece, `[pieceCount]` */
  constructor(steps: LossSteps, pieceSums: Float64Array, question: BettingQuestion) {
    const sums = new Float64Array(steps.stepCount);
    for (let step = 0; step < steps.stepCount; step++) sums[step] = pieceSums[steps.pieces[step]];
    const leastLoss = steps.losses.reduce((least, loss) => Math.min(least, loss), 0);
    this.#ground = { steps, sums, leastLoss };
    this.#question = question;
  }

  /**
   * The riskiest piece before the first that is not certified at ε; −1 when there is none.
   *
   * @param among levels that will be asked, too: they are found together, which is several times as fast
   */
  acceptedPiece(epsilon: number, among: readonly number[] = []): number {
    const { stepCount, pieces, pieceCount } = this.#ground.steps;
    if (!this.#known.has(epsilon)) this.#find(epsilon, among);
    const { failure } = this.#known.get(epsilon) as KnownLevel;
    return failure === stepCount ? pieceCount - 1 : pieces[failure] - 1;
  }

  #find(epsilon: number, among: readonly number[]): void {
    // whoever asks for a level outside the domain is told of it when its turn comes
    const others = among.filter((level) => level > 0 && level < this.#question.lossBound && !this.#known.has(level));
    const levels = [...new Set([epsilon, ...others])].sort((a, b) => a - b);
    const walks = walksFor(this.#ground.steps);
    for (const level of walks.find(this.#ground, this.#question, levels, [...this.#known.values()])) {
      this.#known.set(level.epsilon, level);
    }
  }
}
