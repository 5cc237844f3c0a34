/**
 * Walks of betting bounds in SIMD WebAssembly (AssemblyScript), for many risk levels at once: eight games side by side, and the walks
 * that ask them. What the host (src/control/simd-walks.ts) does is to lay the path down, and to make the tests that no game decides.
 */
import { boxOf } from "./betting-box";
import { playGames } from "./envelope-games";
import { gameCount } from "./game-fields";
import { leaveGames } from "./game-questions";
import { beginRuns, nextLevel } from "./level-runs";
import { found, goesOn, undecided, walkOf } from "./level-walk";
import {
  boxes,
  knownCount,
  knownLevel,
  layOut,
  levelCount,
  levelOf,
  newlyKnown,
  sampleCount,
  stepCount,
  sumOf,
  tables,
} from "./walk-ground";

export { setTerms } from "./game-questions";
export { layOut } from "./walk-ground";
// For tests, which look between asking and taking and play single games (test/support/simd-games.ts), like `askRound`, `play` and `take` below.
export { aimOf, answerOf, ask as askGame, epsilonOf, epsilonToOf } from "./game-questions";
export { beginRuns, nextLevel } from "./level-runs";

/** A level that is larger by at least this certifies what a smaller level was proven to share with it, rounding included. */
const levelStep: f64 = 1e-9;
/** Proofs are to hold for so many larger levels, too; for more they would give away too much. */
const ahead: i32 = 2;
/** Games of one level at most: so many are played at once for what one of them costs. */
const mostShared: i32 = 4;

/** Whether a proof holds for every larger level, as those of WSR, whose bets do not depend on it. */
let holdsAbove: bool = false;
let lossBound: f64 = 1;
let seatCount: i32 = 0;
/** Games of a seat. */
let share: i32 = 0;
/** Seats that have had a walk. */
let seated: i32 = 0;
/** How the walk of each seat goes on; `found` for an empty one. */
const states = memory.data(gameCount * 4, 4);

/** Seats the first walks, at the levels that `layOut` was told of. */
export function begin(isWsr: bool, bound: f64): void {
  holdsAbove = isWsr;
  lossBound = bound;
  seatCount = min(gameCount, levelCount);
  share = min(mostShared, gameCount / seatCount);
  for (let game = 0; game < gameCount; game++) boxOf(game).begin(game);
  beginRuns(levelCount, seatCount);
  seated = 0;
  for (let seat = 0; seat < seatCount; seat++) {
    seatNext(seat);
    seated++;
  }
}

/** Goes on until a test has to be made outside: the seat whose `lossesOf` are to be tested, for `decide`; −1 when every level is found. */
export function walk(): i32 {
  let seat = undecidedSeat();
  while (seat < 0 && askRound()) {
    play();
    take();
    seat = undecidedSeat();
  }
  return seat;
}

/** A seat whose step no game decided; −1 without one. */
export function undecidedSeat(): i32 {
  for (let seat = 0; seat < seatCount; seat++) if (stateOf(seat) == undecided) return seat;
  return -1;
}

/** One round: what its games are asked. False when every level is found. */
export function askRound(): bool {
  let open = false;
  leaveGames();
  for (let seat = 0; seat < seatCount; seat++) {
    while (stateOf(seat) == goesOn && !walkOf(seat).askGames()) finish(seat);
    if (stateOf(seat) == goesOn) open = true;
  }
  return open;
}

export function play(): void {
  playGames(tables, boxes, sampleCount);
}

export function take(): void {
  for (let seat = 0; seat < seatCount; seat++) if (stateOf(seat) == goesOn) settle(seat, walkOf(seat).take());
}

/** The verdict of the test on an undecided step. */
export function decide(seat: i32, certified: bool): void {
  settle(seat, walkOf(seat).decide(certified));
}

export function levelOfSeat(seat: i32): f64 {
  return walkOf(seat).epsilon;
}

/** The losses that are to be tested, `[sampleCount]`. */
export function lossesOf(seat: i32): usize {
  return walkOf(seat).losses;
}

/** What the games play against. */
export function boxesAddress(): usize {
  return boxes;
}

/** Levels known to the host, and found since. */
export function levelsKnown(): i32 {
  return knownCount;
}

function settle(seat: i32, state: i32): void {
  setState(seat, state);
  if (state == found) finish(seat);
}

/** Notes the level that a seat has found and gives it the next. */
function finish(seat: i32): void {
  const walk = walkOf(seat);
  const known = newlyKnown();
  known.epsilon = walk.epsilon;
  known.sharedTo = walk.sharedTo;
  known.failure = walk.step;
  known.sharedStep = walk.sharedStep;
  seatNext(seat);
}

function seatNext(seat: i32): void {
  const at = nextLevel(seat);
  setState(seat, at < 0 ? found : goesOn);
  if (at < 0) return;
  const epsilon = levelOf(at);
  const epsilonTo = holdsAbove ? Infinity : max(epsilon, levelOf(min(at + ahead, levelCount - 1)));
  learnStart(epsilon);
  walkOf(seat).begin(seat * share, share, epsilon, epsilonTo, start, startTo, expectedSum(epsilon));
}

let start: i32 = 0;
let startTo: f64 = 0;

/** Where smaller levels, found or still being looked for, allow a level to begin, and up to which level that holds. */
function learnStart(epsilon: f64): void {
  start = 0;
  startTo = Infinity;
  for (let k = 0; k < knownCount; k++) {
    const known = knownLevel(k);
    learn(epsilon, known.epsilon, known.sharedStep, known.sharedTo);
  }
  for (let seat = 0; seat < seated; seat++) {
    const walk = walkOf(seat);
    learn(epsilon, walk.epsilon, walk.sharedStep, walk.sharedTo);
  }
}

function learn(epsilon: f64, from: f64, sharedStep: i32, sharedTo: f64): void {
  if (from >= epsilon - levelStep || epsilon > sharedTo || sharedStep <= start) return;
  start = sharedStep;
  startTo = sharedTo;
}

/** The loss sum at which failure is expected: as far below nε as at the nearest level that is known. */
function expectedSum(epsilon: f64): f64 {
  const n = <f64>sampleCount;
  if (knownCount == 0 || stepCount == 0) return n * epsilon - Math.sqrt(n * epsilon * lossBound);
  let near = knownLevel(0);
  for (let k = 1; k < knownCount; k++) {
    const known = knownLevel(k);
    if (Math.abs(known.epsilon - epsilon) < Math.abs(near.epsilon - epsilon)) near = known;
  }
  return sumOf(min(near.failure, stepCount - 1)) + n * (epsilon - near.epsilon);
}

function stateOf(seat: i32): i32 {
  return load<i32>(states + (<usize>seat << 2));
}

function setState(seat: i32, state: i32): void {
  store<i32>(states + (<usize>seat << 2), state);
}
