import type { LossSteps } from "../exits/loss-steps.ts";
import { starConstants, starLogWealth } from "../stats/star.ts";
import { wsrLogWealth } from "../stats/wsr.ts";
import { type BettingTable, bettingTable } from "./betting-table.ts";
import { LevelRuns } from "./level-runs.ts";
import { LevelWalk, type WalkGround, type WalkLevel } from "./level-walk.ts";

/** What a walk is asked: which betting bound, at which δ, for losses of which bound B. */
export interface BettingQuestion {
  readonly bound: "wsr" | "star";
  readonly delta: number;
  readonly lossBound: number;
}

/** What is known about a level: its first failure, and the step before which all levels up to `sharedTo` are certified. */
interface KnownLevel {
  readonly epsilon: number;
  readonly failure: number;
  readonly sharedStep: number;
  readonly sharedTo: number;
}

/** A level that is larger by at least this certifies what a smaller level was proven to share with it, rounding included. */
const LEVEL_STEP = 1e-9;
/** Proofs are to hold for so many larger levels, too; for more they would give away too much. */
const AHEAD = 2;
/** Games of one level at most: so many are played at once for what one of them costs. */
const MOST_SHARED = 4;

/**
 * The first failure of a betting bound on the way down, for many risk levels at once.
 *
 * Every step is tested, but rarely by itself: an envelope proves many steps, and many levels, with one game, and several such
 * games are played side by side. The answer is the one of testing step by step; what other levels found says where to
 * begin and where to look.
 */
export class BettingWalk {
  readonly #ground: WalkGround;
  readonly #question: BettingQuestion;
  readonly #known = new Map<number, KnownLevel>();

  /** @param pieceSums loss sum of every piece, `[pieceCount]` */
  constructor(steps: LossSteps, pieceSums: Float64Array, question: BettingQuestion) {
    const sums = new Float64Array(steps.stepCount);
    for (let step = 0; step < steps.stepCount; step++) sums[step] = pieceSums[steps.pieces[step]];
    this.#ground = { steps, sums };
    this.#question = question;
  }

  /**
   * The riskiest piece before the first that is not certified at ε; −1 when there is none.
   *
   * @param among levels that will be asked, too: they are found together, which is several times as fast
   */
  acceptedPiece(epsilon: number, among: readonly number[] = []): number {
    const { stepCount, pieces, pieceCount } = this.#ground.steps;
    if (!this.#known.has(epsilon)) {
      const levels = [...new Set([epsilon, ...among])].filter((level) => !this.#known.has(level));
      this.#find(levels.sort((a, b) => a - b));
    }
    const { failure } = this.#known.get(epsilon) as KnownLevel;
    return failure === stepCount ? pieceCount - 1 : pieces[failure] - 1;
  }

  /** @param levels ascending */
  #find(levels: readonly number[]): void {
    const { steps } = this.#ground;
    const table = bettingTable(steps, { ...this.#question, sampleCount: steps.sampleCount });
    const { count } = table.games;
    const seatCount = Math.min(count, levels.length);
    const share = Math.min(MOST_SHARED, Math.floor(count / seatCount));
    const runs = new LevelRuns(levels.length, seatCount);
    const walks: LevelWalk[] = [];
    const seated = (seat: number) => {
      const at = runs.next(seat);
      if (at === null) return false;
      const boxes = table.boxes.slice(seat * share, (seat + 1) * share);
      const to = levels[Math.min(at + AHEAD, levels.length - 1)];
      walks[seat] = new LevelWalk(this.#ground, boxes, this.#level(levels[at], to, walks));
      return true;
    };
    let open = Array.from({ length: seatCount }, (_, seat) => seat).filter(seated);
    while (open.length > 0) {
      const counts = open.map((seat) => this.#ask(walks[seat], seat * share, table));
      table.games.play();
      open = open.filter((seat, at) => {
        const answers: number[] = [];
        for (let k = 0; k < counts[at]; k++) answers.push(table.games.answer(seat * share + k));
        if (answers.length > 0 && walks[seat].take(answers)) return true;
        this.#note(walks[seat]);
        return seated(seat);
      });
    }
  }

  #ask(walk: LevelWalk, firstGame: number, { games }: BettingTable): number {
    const questions = walk.questions();
    for (let k = 0; k < questions.length; k++) {
      const question = questions[k];
      if (question !== null) games.ask(firstGame + k, question);
    }
    return questions.length;
  }

  #level(epsilon: number, to: number, walks: readonly LevelWalk[]): WalkLevel {
    return {
      epsilon,
      epsilonTo: this.#question.bound === "wsr" ? Number.POSITIVE_INFINITY : to,
      ...this.#startFor(epsilon, walks),
      expectedSum: this.#expectedSum(epsilon),
      certified: (losses: Float64Array) => this.#certified(losses, epsilon),
    };
  }

  #note({ level: { epsilon }, certifiedStep, sharedStep, sharedTo }: LevelWalk): void {
    this.#known.set(epsilon, { epsilon, failure: certifiedStep, sharedStep, sharedTo });
  }

  #certified(losses: Float64Array, epsilon: number): boolean {
    const { bound, delta, lossBound } = this.#question;
    const goal = -Math.log(delta);
    return bound === "wsr"
      ? wsrLogWealth(losses, epsilon, delta, lossBound) > goal
      : starLogWealth(losses, epsilon, delta, lossBound) >= goal - starConstants.goalSlack;
  }

  /** Where smaller levels, found or still being looked for, allow a level to begin, and up to which level that holds. */
  #startFor(epsilon: number, walks: readonly LevelWalk[]): Pick<WalkLevel, "start" | "startTo"> {
    let best = { start: 0, startTo: Number.POSITIVE_INFINITY };
    const learn = (from: number, { sharedStep, sharedTo }: Pick<KnownLevel, "sharedStep" | "sharedTo">) => {
      const holds = from < epsilon - LEVEL_STEP && epsilon <= sharedTo;
      if (holds && sharedStep > best.start) best = { start: sharedStep, startTo: sharedTo };
    };
    for (const known of this.#known.values()) learn(known.epsilon, known);
    for (const walk of walks) learn(walk.level.epsilon, walk);
    return best;
  }

  /** The loss sum at which failure is expected: as far below nε as at the nearest level that is known. */
  #expectedSum(epsilon: number): number {
    const { steps, sums } = this.#ground;
    const { sampleCount, stepCount } = steps;
    let near: KnownLevel | null = null;
    for (const known of this.#known.values()) {
      if (near === null || Math.abs(known.epsilon - epsilon) < Math.abs(near.epsilon - epsilon)) near = known;
    }
    if (near === null) return sampleCount * epsilon - Math.sqrt(sampleCount * epsilon * this.#question.lossBound);
    return sums[Math.min(near.failure, stepCount - 1)] + sampleCount * (epsilon - near.epsilon);
  }
}
