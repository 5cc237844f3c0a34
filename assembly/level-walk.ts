import { boxOf } from "./betting-box";
import { gameCount } from "./game-fields";
import { answerOf, ask, certify, refute } from "./game-questions";
import { sampleCount, stepCount, sumOf } from "./walk-ground";

/** A failure deeper than expected is expected deeper by this share of nε. */
const more: f64 = 0.02;
/** The first block reaches as far as if it started at this share of the loss sum at which failure is expected. */
const firstShare: f64 = 1.0 / 16.0;
/** Blocks that must succeed after a refusal before longer ones are tried again. */
const patienceAfterRefusal: i32 = 4;

/** How a walk goes on. */
export const found: i32 = 0;
export const goesOn: i32 = 1;
/** A step was neither certified nor refuted by its games: the test itself decides. */
export const undecided: i32 = 2;

/** What each game is asked about: the end of its block. */
const ends = memory.data(gameCount * 4, 4);

/**
 * The way down to the first failure at one risk level, question by question: src/control/level-walk.ts with several games, which are
 * asked about a block and its halves at the same time.
 */
@unmanaged
export class LevelWalk {
  epsilon: f64;
  /** Proofs of blocks are to hold for levels up to this one. */
  private epsilonTo: f64;
  /** Steps before the first are certified at all levels from here to this one. */
  private startTo: f64;
  /** The loss sum at which failure is expected. */
  private expectedSum: f64;
  private firstGame: i32;
  private mostGames: i32;
  /** Steps before this one are certified; the first failure, when there is nothing left to ask. */
  step: i32;
  /** Steps before this one are certified at all levels up to `sharedTo`, too. */
  sharedStep: i32;
  /** Longest block that is worth asking about. */
  private longest: i32;
  private patience: i32;
  private gamesAsked: i32;
  /** The game of the last proof. */
  private lead: i32;
  /** Whether that proof holds for all levels up to `epsilonTo`. */
  private leadIsShared: bool;
  /** Whether proofs of single steps are to hold for all levels up to `epsilonTo`, too. */
  private sharesSingles: bool;
  private refuting: bool;

  begin(firstGame: i32, mostGames: i32, epsilon: f64, epsilonTo: f64, start: i32, startTo: f64, expectedSum: f64): void {
    this.epsilon = epsilon;
    this.epsilonTo = epsilonTo;
    this.startTo = startTo;
    this.expectedSum = expectedSum;
    this.firstGame = firstGame;
    this.mostGames = mostGames;
    this.step = start;
    this.sharedStep = start;
    this.longest = stepCount;
    this.patience = 0;
    this.gamesAsked = 0;
    this.lead = firstGame;
    this.leadIsShared = false;
    // For those bets that do not depend on the level this costs nothing.
    this.sharesSingles = epsilonTo == Infinity;
    this.refuting = false;
    for (let k = 0; k < mostGames; k++) boxOf(firstGame + k).moveTo(start);
  }

  /** What came before the start may have been proven for fewer levels than what this walk proves. */
  get sharedTo(): f64 {
    return min(this.epsilonTo, this.startTo);
  }

  /** Asks its games what is to be known next. False when the first failure is found. */
  askGames(): bool {
    if (this.refuting) {
      ask(this.single, this.epsilon, this.epsilon, refute);
      return true;
    }
    this.passCovered();
    this.chooseEnds();
    for (let k = 0; k < this.gamesAsked; k++) {
      const game = this.firstGame + k;
      const end = endOf(game);
      // A single step near the failure has no certainty to give away to other levels.
      let epsilonTo = this.epsilonTo;
      if (end > this.step + 1) boxOf(game).open(end);
      else {
        boxOf(game).moveTo(end);
        if (!this.sharesSingles) epsilonTo = this.epsilon;
      }
      ask(game, this.epsilon, epsilonTo, certify);
    }
    return this.gamesAsked > 0;
  }

  /** Takes the answers to its last questions. */
  take(): i32 {
    if (this.refuting) return answerOf(this.single, sampleCount) >= 0 ? found : undecided;
    let best = 0;
    let answer = -1;
    for (; best < this.gamesAsked; best++) {
      answer = answerOf(this.firstGame + best, sampleCount);
      if (answer >= 0) break;
    }
    const refused = best == 0 ? 0 : endOf(this.firstGame + best - 1) - this.step;
    if (answer >= 0) {
      const winner = this.firstGame + best;
      this.accept(winner, answer, this.sharesSingles || endOf(winner) > this.step + 1);
    } else if (refused == 1) {
      this.refuting = true;
      return goesOn;
    } else for (let k = 0; k < this.mostGames; k++) boxOf(this.firstGame + k).close();
    if (refused > 0) {
      this.longest = refused >> 1;
      this.patience = patienceAfterRefusal;
    } else if (this.patience > 0) this.patience--;
    else this.longest = min(2 * this.longest, stepCount);
    return goesOn;
  }

  /** What the test itself says about a step that its games left undecided. */
  decide(certified: bool): i32 {
    if (!certified) return found;
    this.refuting = false;
    this.accept(this.single, sampleCount - 1, false);
    return goesOn;
  }

  /** The losses of the step that is undecided. */
  get losses(): usize {
    return boxOf(this.single).losses;
  }

  /** The game that was asked about a single step. */
  private get single(): i32 {
    return this.firstGame + this.gamesAsked - 1;
  }

  private accept(winner: i32, reach: i32, shared: bool): void {
    const start = this.step;
    const end = endOf(winner);
    boxOf(winner).proven(reach, end);
    this.lead = winner;
    this.leadIsShared = shared;
    this.step = end;
    this.followLead(start);
    if (sumOf(end - 1) >= this.expectedSum) this.expectedSum += more * this.epsilon * sampleCount;
  }

  /** Steps that the last proof holds for, too. */
  private passCovered(): void {
    const start = this.step;
    const lead = boxOf(this.lead);
    while (this.step < stepCount && lead.coversNext()) lead.settle(++this.step);
    if (this.step > start) this.followLead(start);
  }

  /** The other boxes go where the last proof led. */
  private followLead(start: i32): void {
    for (let k = 0; k < this.mostGames; k++) {
      const game = this.firstGame + k;
      if (game != this.lead) boxOf(game).moveTo(this.step);
    }
    if (this.leadIsShared && this.sharedStep == start) this.sharedStep = this.step;
  }

  /** The block to ask about and its halves, as many as there are games; none behind the last step. */
  private chooseEnds(): void {
    this.gamesAsked = 0;
    if (this.step == stepCount) return;
    for (let size = this.blockSize(); size >= 1 && this.gamesAsked < this.mostGames; size >>= 1) {
      store<i32>(ends + (<usize>(this.firstGame + this.gamesAsked) << 2), this.step + size);
      this.gamesAsked++;
    }
  }

  /**
   * How far an envelope that starts here may reach. The bets of its games differ by about the root of the ratio of the first
   * to the last loss sum; the geometric mean of the first and what fails is a reach that is seldom refused.
   */
  private blockSize(): i32 {
    const first = max(this.step == 0 ? 0 : sumOf(this.step - 1), this.expectedSum * firstShare);
    const last = Math.sqrt(first * this.expectedSum);
    const most = min(this.longest, stepCount - this.step);
    let size = 0;
    while (size < most && sumOf(this.step + size) <= last) size++;
    return max(1, size);
  }
}

function endOf(game: i32): i32 {
  return load<i32>(ends + (<usize>game << 2));
}

/** Room for one. */
const bytesOfWalk: i32 = 80;
const all = memory.data(gameCount * bytesOfWalk, 16);

/** The walk of a seat. */
export function walkOf(seat: i32): LevelWalk {
  return changetype<LevelWalk>(all + <usize>(seat * bytesOfWalk));
}
