/**
 * Envelope games in SIMD WebAssembly (AssemblyScript): groups of four games, whose sums are float64 in two vectors and whose bets
 * are float32 in one. A bet waits for a logarithm and a square root, so several groups are played side by side. The operations
 * are those of src/stats/plain-envelope-game.ts, in their order.
 *
 * The walk (level-walk.ts) asks them (game-questions.ts) and lays out what they read:
 *   tables  for each place stake (float32, padded) and share (float64)
 *   boxes   for each place the lowest losses of all games, then the highest
 */
import {
  betSlackAt,
  boxBytes,
  capAt,
  epsilonAt,
  floorAt,
  games,
  goalAt,
  groupBytes,
  groupCount,
  highSquaresAt,
  highSumAt,
  logSlackAt,
  lostAt,
  lowSquaresAt,
  lowSumAt,
  placeAt,
  wealthAt,
} from "./game-fields";
import { chases } from "./game-questions";

/** Constants are kept in memory. Written as literals they would be built anew, by several instructions each, in every turn. */
const oneAt: usize = 0;
const leastFactorAt: usize = 16;
const signAt: usize = 32;
const roundingAt: usize = 48;
const one32At: usize = 64;
const bias32At: usize = 80;
const ln2At: usize = 96;
const c1At: usize = 112;
const c2At: usize = 128;
const c3At: usize = 144;
const c4At: usize = 160;
const c5At: usize = 176;
const c6At: usize = 192;
const c7At: usize = 208;
const constants = memory.data(224, 16);

/** Bets between two looks at which games are lost. */
const bout: i32 = 16;

/** Plays the games that were asked to their ends. */
export function playGames(tables: usize, boxes: usize, sampleCount: i32): void {
  storeConstants();
  for (let i = 0; i < sampleCount; i += bout) {
    const open = giveUp();
    if (open == 0) return;
    const end = min(i + bout, sampleCount);
    if (chases) playBout(tables, boxes, i, end, open, true);
    else playBout(tables, boxes, i, end, open, false);
  }
}

function storeConstants(): void {
  const at = constants;
  v128.store(at, f64x2.splat(1), oneAt);
  v128.store(at, f64x2.splat(1e-300), leastFactorAt);
  v128.store(at, i32x4.splat(0x80000000), signAt);
  v128.store(at, i32x4.splat(0x00095f61), roundingAt);
  v128.store(at, f32x4.splat(1), one32At);
  v128.store(at, i32x4.splat(1023), bias32At);
  v128.store(at, f32x4.splat(0.6931471805599453), ln2At);
  v128.store(at, f32x4.splat(1.0000032186508179), c1At);
  v128.store(at, f32x4.splat(-0.5000196695327759), c2At);
  v128.store(at, f32x4.splat(0.3330329656600952), c3At);
  v128.store(at, f32x4.splat(-0.24881334602832794), c4At);
  v128.store(at, f32x4.splat(0.20604678988456726), c5At);
  v128.store(at, f32x4.splat(-0.18902020156383514), c6At);
  v128.store(at, f32x4.splat(0.11827510595321655), c7At);
}

/** Bets `start` … `end − 1` of the groups in whose bits `open` is set. */
@inline
function playBout(tables: usize, boxes: usize, start: i32, end: i32, open: i32, chases: bool): void {
  tables += <usize>start << 4;
  boxes += <usize>start * boxBytes;
  for (let i = start; i < end; i++, tables += 16, boxes += boxBytes) {
    let reached = f64x2.splat(0);
    if (open & 1) reached = bet(games, boxes, tables, chases);
    if (open & 2) reached = v128.or(reached, bet(games + groupBytes, boxes + 32, tables, chases));
    if (v128.any_true(reached)) settle(i);
  }
}

/** One bet of four games. Returns all bits where one of them has reached its goal. */
@inline
function bet(game: usize, box: usize, table: usize, chases: bool): v128 {
  const zero = f64x2.splat(0);
  const winA = f64x2.sub(v128.load(game, epsilonAt), v128.load(box, boxBytes / 2));
  const winB = f64x2.sub(v128.load(game, epsilonAt + 16), v128.load(box, boxBytes / 2 + 16));
  const squaresA = v128.bitselect(v128.load(game, highSquaresAt), v128.load(game, lowSquaresAt), f64x2.gt(winA, zero));
  const squaresB = v128.bitselect(v128.load(game, highSquaresAt + 16), v128.load(game, lowSquaresAt + 16), f64x2.gt(winB, zero));
  const squares = v128.shuffle<i64>(f32x4.demote_f64x2_zero(squaresA), f32x4.demote_f64x2_zero(squaresB), 0, 2);
  const wins = v128.shuffle<i64>(f32x4.demote_f64x2_zero(winA), f32x4.demote_f64x2_zero(winB), 0, 2);
  let bets = f32x4.sqrt(f32x4.div(v128.load32_splat(table), squares));
  if (chases) {
    const signs = v128.and(wins, v128.load(constants, signAt));
    const slack = v128.xor(v128.load(game, logSlackAt), signs);
    const wealth = v128.shuffle<i32>(v128.load(game, wealthAt), v128.load(game, wealthAt + 16), 1, 3, 5, 7);
    bets = f32x4.mul(bets, f32x4.sqrt(f32x4.pmax(missing(wealth, slack), f32x4.splat(0))));
  }
  const given = f32x4.sub(wins, f32x4.mul(f32x4.abs(wins), v128.load(game, betSlackAt)));
  const gains = f32x4.mul(f32x4.pmin(bets, v128.load(game, capAt)), given);
  return v128.or(
    bank(game, box, table, f64x2.promote_low_f32x4(gains)),
    bank(game + 16, box + 16, table, f64x2.promote_low_f32x4(v128.shuffle<i64>(gains, gains, 1, 1))),
  );
}

/** What a bet does to two games. Returns all bits where one of them has reached its goal. */
@inline
function bank(game: usize, box: usize, table: usize, gain: v128): v128 {
  const factor = f64x2.pmax(f64x2.add(v128.load(constants, oneAt), gain), v128.load(constants, leastFactorAt));
  const next = f64x2.mul(v128.load(game, wealthAt), factor);
  v128.store(game, next, wealthAt);

  const low = v128.load(box);
  const high = v128.load(box, boxBytes / 2);
  const share = v128.load64_splat(table, 8);
  const lowSum = v128.load(game, lowSumAt);
  const highSum = v128.load(game, highSumAt);
  const zero = f64x2.splat(0);
  const highGap = f64x2.sub(high, f64x2.mul(f64x2.add(lowSum, high), share));
  const lowGap = f64x2.sub(low, f64x2.mul(f64x2.add(highSum, low), share));
  v128.store(game, f64x2.add(lowSum, low), lowSumAt);
  v128.store(game, f64x2.add(highSum, high), highSumAt);
  const most = f64x2.pmax(highGap, f64x2.sub(zero, lowGap));
  const least = f64x2.pmax(f64x2.pmax(lowGap, f64x2.sub(zero, highGap)), zero);
  v128.store(game, f64x2.add(v128.load(game, highSquaresAt), f64x2.mul(most, most)), highSquaresAt);
  v128.store(game, f64x2.add(v128.load(game, lowSquaresAt), f64x2.mul(least, least)), lowSquaresAt);
  return f64x2.ge(next, v128.load(game, goalAt));
}

/** Notes the games that bet `i` took to their goals. */
function settle(i: i32): void {
  for (let half = 0; half < 2 * groupCount; half++) {
    const game = games + <usize>(half >> 1) * groupBytes + <usize>((half & 1) << 4);
    const goal = v128.load(game, goalAt);
    const reached = f64x2.ge(v128.load(game, wealthAt), goal);
    v128.store(game, v128.bitselect(i64x2.splat(i), v128.load(game, placeAt), reached), placeAt);
    v128.store(game, v128.bitselect(f64x2.splat(NaN), goal, reached), goalAt);
  }
}

/** Gives up the games that are lost and lifts others to their floor; a bit for each group with a game that is still open. */
function giveUp(): i32 {
  let open = 0;
  for (let half = 0; half < 2 * groupCount; half++) {
    const game = games + <usize>(half >> 1) * groupBytes + <usize>((half & 1) << 4);
    const wealth = v128.load(game, wealthAt);
    const goal = v128.bitselect(f64x2.splat(NaN), v128.load(game, goalAt), f64x2.lt(wealth, v128.load(game, lostAt)));
    v128.store(game, goal, goalAt);
    v128.store(game, f64x2.pmax(wealth, v128.load(game, floorAt)), wealthAt);
    open |= i32(v128.any_true(f64x2.eq(goal, goal))) << (half >> 1);
  }
  return open;
}

/**
 * slack − ln w in float32 from the upper halves of four float64 numbers w = 2^k (1 + t) with 1 + t in about [√½, √2), by a
 * polynomial in t whose parts do not wait for each other.
 */
@inline
function missing(upper: v128, slack: v128): v128 {
  const at = constants;
  const shifted = i32x4.shr_u(i32x4.add(upper, v128.load(at, roundingAt)), 20);
  const one = v128.load(at, one32At);
  const k = f32x4.convert_i32x4_s(i32x4.sub(shifted, v128.load(at, bias32At)));
  const t = f32x4.sub(i32x4.add(i32x4.shl(i32x4.sub(upper, i32x4.shl(shifted, 20)), 3), one), one);
  const t2 = f32x4.mul(t, t);
  const c12 = f32x4.mul(t, f32x4.add(v128.load(at, c1At), f32x4.mul(t, v128.load(at, c2At))));
  const t3 = f32x4.mul(t2, t);
  const c34 = f32x4.mul(t3, f32x4.add(v128.load(at, c3At), f32x4.mul(t, v128.load(at, c4At))));
  const c56 = f32x4.add(v128.load(at, c5At), f32x4.mul(t, v128.load(at, c6At)));
  const c567 = f32x4.mul(f32x4.mul(t3, t2), f32x4.add(c56, f32x4.mul(t2, v128.load(at, c7At))));
  const whole = f32x4.sub(slack, f32x4.mul(k, v128.load(at, ln2At)));
  return f32x4.sub(f32x4.sub(whole, c12), f32x4.add(c34, c567));
}
