import type { GameRules } from "../stats/envelope-games.ts";
import { PlainEnvelopeGame } from "../stats/plain-envelope-game.ts";
import { BettingBox } from "./betting-box.ts";
import { LevelWalk, type WalkLevel } from "./level-walk.ts";
import { type BettingQuestion, certifies, type KnownLevel, type WalkEngine, type WalkGround } from "./walk-engine.ts";

/** A level that is larger by at least this certifies what a smaller level was proven to share with it, rounding included. */
const levelStep = 1e-9;
/** Proofs are to hold for so many larger levels, too; for more they would give away too much. */
const levelsAhead = 2;

/** The plain twin of the SIMD walks: one level after the other, one game at a time. */
export class PlainWalks implements WalkEngine {
  readonly #newGame: (rules: GameRules) => PlainEnvelopeGame;

  /** @param newGame what walks play */
  constructor(newGame = (rules: GameRules) => new PlainEnvelopeGame(rules)) {
    this.#newGame = newGame;
  }

  find(
    ground: WalkGround,
    question: BettingQuestion,
    levels: readonly number[],
    before: readonly KnownLevel[],
  ): readonly KnownLevel[] {
    const { steps, leastLoss } = ground;
    const game = this.#newGame({ ...question, leastLoss, sampleCount: steps.sampleCount });
    const box = new BettingBox(steps, game);
    const known = [...before];
    return levels.map((epsilon, at) => {
      const walk = new LevelWalk(ground, box, {
        epsilon,
        // The bets of WSR do not depend on the level: what it proves holds for all above.
        epsilonTo:
          question.bound === "wsr"
            ? Number.POSITIVE_INFINITY
            : Math.max(epsilon, levels[Math.min(at + levelsAhead, levels.length - 1)]),
        ...startFor(epsilon, known),
        expectedSum: expectedSum(epsilon, ground, question.lossBound, known),
        certified: (losses) => certifies(question, epsilon, losses),
      });
      for (let asked = walk.question(); asked !== null; asked = walk.question()) {
        if (!walk.take(game.answer(asked))) break;
      }
      const found = { epsilon, failure: walk.certifiedStep, sharedStep: walk.sharedStep, sharedTo: walk.sharedTo };
      known.push(found);
      return found;
    });
  }
}

/** Where smaller levels allow a level to begin, and up to which level that holds. */
function startFor(epsilon: number, known: readonly KnownLevel[]): Pick<WalkLevel, "start" | "startTo"> {
  let best = { start: 0, startTo: Number.POSITIVE_INFINITY };
  for (const { epsilon: from, sharedStep, sharedTo } of known) {
    const holds = from < epsilon - levelStep && epsilon <= sharedTo;
    if (holds && sharedStep > best.start) best = { start: sharedStep, startTo: sharedTo };
  }
  return best;
}

/** The loss sum at which failure is expected: as far below nε as at the nearest level that is known. */
function expectedSum(
  epsilon: number,
  { steps, sums }: WalkGround,
  lossBound: number,
  known: readonly KnownLevel[],
): number {
  const { sampleCount, stepCount } = steps;
  if (known.length === 0) return sampleCount * epsilon - Math.sqrt(sampleCount * epsilon * lossBound);
  const away = (level: KnownLevel) => Math.abs(level.epsilon - epsilon);
  const near = known.reduce((a, b) => (away(b) < away(a) ? b : a));
  return sums[Math.min(near.failure, stepCount - 1)] + sampleCount * (epsilon - near.epsilon);
}
