import type { LossSteps } from "../exits/loss-steps.ts";
import { starConstants, starLogWealth } from "../stats/star.ts";
import { wsrLogWealth } from "../stats/wsr.ts";

/** What a walk is asked: which betting bound, at which δ, for losses of which bound B. */
export interface BettingQuestion {
  readonly bound: "wsr" | "star";
  readonly delta: number;
  readonly lossBound: number;
}

/** Where a walk takes place. */
export interface WalkGround {
  readonly steps: LossSteps;
  /** Loss sums by step, `[stepCount]`. */
  readonly sums: Float64Array;
  /** No loss is smaller; at most 0. */
  readonly leastLoss: number;
}

/** What is known about a level: its first failure, and the step before which all levels up to `sharedTo` are certified. */
export interface KnownLevel {
  readonly epsilon: number;
  readonly failure: number;
  readonly sharedStep: number;
  readonly sharedTo: number;
}

/**
 * Finds first failures: the first step whose losses the bound does not certify, or the number of steps where all are certified.
 * The answer is the one of testing step by step.
 */
export interface WalkEngine {
  /**
   * @param levels ascending, none of them known
   * @param known what was found on the same ground by the same question; it says where to begin and where to look
   * @throws RangeError if ε or δ is outside its domain
   */
  find(
    ground: WalkGround,
    question: BettingQuestion,
    levels: readonly number[],
    known: readonly KnownLevel[],
  ): readonly KnownLevel[];
}

/** The test itself, bit for bit: is the mean certified to be below ε for these losses, in the order of bets? */
export function certifies(
  { bound, delta, lossBound }: BettingQuestion,
  epsilon: number,
  losses: Float64Array,
): boolean {
  const goal = -Math.log(delta);
  return bound === "wsr"
    ? wsrLogWealth(losses, epsilon, delta, lossBound) > goal
    : starLogWealth(losses, epsilon, delta, lossBound) >= goal - starConstants.goalSlack;
}
