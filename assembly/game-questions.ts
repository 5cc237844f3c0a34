/**
 * What games are asked and what they answer; the counterpart of `gameTerms` and of `PlainEnvelopeGame.answer` (src/stats), which
 * explain it.
 */
import {
  betSlackAt,
  capAt,
  epsilonAt,
  fieldsOf,
  floorAt,
  gameCount,
  goalAt,
  highSquaresAt,
  highSumAt,
  logSlackAt,
  lostAt,
  lowSquaresAt,
  lowSumAt,
  narrowFieldsOf,
  placeAt,
  wealthAt,
} from "./game-fields";

/** The question of each game: its aim, 8 bytes further its largest level. */
const questions = memory.data(gameCount * 16, 16);

/** No question, the box is to be certified, or its only vector of losses to be refuted. */
const noAim: i32 = 0;
export const certify: i32 = 1;
export const refute: i32 = 2;

/** Whether bets grow with the root of what is missing (STaR). */
export let chases: bool = false;
let lossBound: f64 = 1;
let capShare: f64 = 1;
let priorWeight: f64 = 0;
let priorSum: f64 = 0;
let priorSquares: f64 = 0;
let wealthAtFirst: f64 = 1;
let betSlack: f32 = 0;
let logSlack: f32 = 0;
let certifiedGoal: f64 = NaN;
let hopeless: f64 = 0;
let refutedGoal: f64 = NaN;
let lowest: f64 = 0;

/** The rules of the games to come: the fields of `GameTerms` in src/stats/envelope-games.ts. Nobody is asked yet. */
export function setTerms(
  isStar: bool,
  bound: f64,
  share: f64,
  weight: f64,
  sum: f64,
  squares: f64,
  wealth: f64,
  slackOfBet: f32,
  slackOfLog: f32,
  goalToCertify: f64,
  lostBelow: f64,
  goalToRefute: f64,
  floor: f64,
): void {
  chases = isStar;
  lossBound = bound;
  capShare = share;
  priorWeight = weight;
  priorSum = sum;
  priorSquares = squares;
  wealthAtFirst = wealth;
  betSlack = slackOfBet;
  logSlack = slackOfLog;
  certifiedGoal = goalToCertify;
  hopeless = lostBelow;
  refutedGoal = goalToRefute;
  lowest = floor;
  leaveGames();
}

/** Puts a question to a game: `certify` for all levels from ε to `epsilonTo`, or `refute`. */
export function ask(game: i32, epsilon: f64, epsilonTo: f64, aim: i32): void {
  const refutes = aim == refute;
  const at = fieldsOf(game);
  store<i32>(questionOf(game), aim);
  store<f64>(questionOf(game), epsilonTo, 8);
  store<f64>(at, epsilon, epsilonAt);
  store<f64>(at, wealthAtFirst, wealthAt);
  store<f64>(at, chases ? priorWeight * epsilon : priorSum, lowSumAt);
  store<f64>(at, chases ? priorWeight * epsilonTo : priorSum, highSumAt);
  store<f64>(at, priorSquares, lowSquaresAt);
  store<f64>(at, priorSquares, highSquaresAt);
  const goal = refutes ? refutedGoal : certifiedGoal;
  store<f64>(at, goal, goalAt);
  store<f64>(at, refutes ? 0 : hopeless, lostAt);
  store<f64>(at, refutes ? lowest : 0, floorAt);
  // a game that is not played must not look like one that never reached its goal
  store<i64>(at, refutes && isNaN(goal) ? 0 : -1, placeAt);
  const narrow = narrowFieldsOf(game);
  store<f32>(narrow, <f32>(chases ? capShare / (lossBound - epsilon) : capShare / lossBound), capAt);
  store<f32>(narrow, refutes ? -betSlack : betSlack, betSlackAt);
  store<f32>(narrow, refutes ? logSlack : -logSlack, logSlackAt);
}

/**
 * The answer of the last round: to `certify` a place by which all games of the box have reached their goal, to `refute` any number from 0 on;
 * −1 for "not proven".
 */
export function answerOf(game: i32, sampleCount: i32): i32 {
  const place = <i32>load<i64>(fieldsOf(game), placeAt);
  return aimOf(game) != refute ? place : place < 0 ? sampleCount : -1;
}

/** Nobody is asked: nothing to reach, so nothing to wait for. */
export function leaveGames(): void {
  for (let game = 0; game < gameCount; game++) {
    store<i32>(questionOf(game), noAim);
    store<f64>(fieldsOf(game), NaN, goalAt);
  }
}

/** What a game is asked. */
export function aimOf(game: i32): i32 {
  return load<i32>(questionOf(game));
}

export function epsilonOf(game: i32): f64 {
  return load<f64>(fieldsOf(game), epsilonAt);
}

export function epsilonToOf(game: i32): f64 {
  return load<f64>(questionOf(game), 8);
}

function questionOf(game: i32): usize {
  return questions + (<usize>game << 4);
}
