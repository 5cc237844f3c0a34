/**
 * Envelope games in SIMD WebAssembly (AssemblyScript): two games per vector, four vectors side by side, so that a processor
 * always finds a bet to work on while others wait for a square root. The float64 operations are those of
 * src/stats/plain-envelope-games.ts, in their order.
 *
 * The host (src/stats/simd-envelope-games.ts) lays out the memory:
 *   games   for each vector the fields below, then the constants
 *   tables  for each place stake and share, float64
 *   boxes   for each place the lowest losses of all games, then the highest
 */

/** Fields of a vector of two games: their place in bytes. */
const epsilonAt: usize = 0;
const capAt: usize = 16;
/** Share of a bet that is given away; negative where a game refutes. */
const betSlackAt: usize = 32;
/** What the logarithm may be off by; negative where a game refutes. */
const logSlackAt: usize = 48;
const wealthAt: usize = 64;
const lowSumAt: usize = 80;
const highSumAt: usize = 96;
const lowSquaresAt: usize = 112;
const highSquaresAt: usize = 128;
/** Wealth that settles a game; infinite once it is settled. */
const goalAt: usize = 144;
/** Wealth below which a game is given up. */
const lostAt: usize = 160;
/** Wealth is not allowed to fall further. */
const floorAt: usize = 176;
/** The place of the bet that reached the goal; int64, left alone where none does. */
const placeAt: usize = 192;
/** ln(1/δ). */
const logGoalAt: usize = 208;
const vectorBytes: usize = 224;
const vectorCount: i32 = 4;
const boxBytes: usize = 2 * vectorCount * 16;

/** Constants are kept in memory. Written as literals they would be built anew, by several instructions each, in every turn. */
const constantBytes: usize = 10 * 16;
const oneAt: usize = 0;
const leastFactorAt: usize = 16;
const signAt: usize = 32;
const roundingAt: usize = 48;
const exponentAt: usize = 64;
const biasAt: usize = 80;
const thirdAt: usize = 96;
const fifthAt: usize = 112;
const seventhAt: usize = 128;
const ln2At: usize = 144;

/** Bets between two looks at which games are lost. */
const bout: i32 = 16;

/** Bytes that the games take. */
export function gamesSize(): i32 {
  return <i32>(vectorBytes * vectorCount + constantBytes);
}

/** Plays all games to their ends; `chases` says whether bets grow with the root of what is missing (STaR). */
export function play(games: usize, tables: usize, boxes: usize, sampleCount: i32, chases: bool): void {
  storeConstants(games + vectorBytes * vectorCount);
  for (let i = 0; i < sampleCount; i += bout) {
    const open = giveUp(games);
    if (open == 0) return;
    const end = min(i + bout, sampleCount);
    if (chases) playBout(games, tables, boxes, i, end, open, true);
    else playBout(games, tables, boxes, i, end, open, false);
  }
}

function storeConstants(at: usize): void {
  v128.store(at, f64x2.splat(1), oneAt);
  v128.store(at, f64x2.splat(1e-300), leastFactorAt);
  v128.store(at, i64x2.splat(0x8000000000000000), signAt);
  v128.store(at, i64x2.splat(0x00095f6100000000), roundingAt);
  v128.store(at, i64x2.splat(0x4330000000000000), exponentAt);
  v128.store(at, f64x2.splat(4503599627370496 + 1023), biasAt);
  v128.store(at, f64x2.splat(1.0 / 3), thirdAt);
  v128.store(at, f64x2.splat(1.0 / 5), fifthAt);
  v128.store(at, f64x2.splat(1.0 / 7), seventhAt);
  v128.store(at, f64x2.splat(0.6931471805599453), ln2At);
}

/** Bets `start` … `end − 1` of the vectors in whose bits `open` is set. */
@inline
function playBout(games: usize, tables: usize, boxes: usize, start: i32, end: i32, open: i32, chases: bool): void {
  const constants = games + vectorBytes * vectorCount;
  tables += <usize>start << 4;
  boxes += <usize>start * boxBytes;
  for (let i = start; i < end; i++, tables += 16, boxes += boxBytes) {
    const stake = v128.load64_splat(tables);
    const share = v128.load64_splat(tables, 8);
    let reached = f64x2.splat(0);
    if (open & 1) reached = bet(games, boxes, stake, share, constants, chases);
    if (open & 2) reached = v128.or(reached, bet(games + vectorBytes, boxes + 16, stake, share, constants, chases));
    if (open & 4) reached = v128.or(reached, bet(games + 2 * vectorBytes, boxes + 32, stake, share, constants, chases));
    if (open & 8) reached = v128.or(reached, bet(games + 3 * vectorBytes, boxes + 48, stake, share, constants, chases));
    if (v128.any_true(reached)) settle(games, i);
  }
}

/** One bet of two games. Returns all bits where one of them has reached its goal. */
@inline
function bet(game: usize, box: usize, stake: v128, share: v128, constants: usize, chases: bool): v128 {
  const low = v128.load(box);
  const high = v128.load(box, boxBytes / 2);
  const wealth = v128.load(game, wealthAt);
  const lowSquares = v128.load(game, lowSquaresAt);
  const highSquares = v128.load(game, highSquaresAt);
  const zero = f64x2.splat(0);
  const win = f64x2.sub(v128.load(game, epsilonAt), high);
  let square = f64x2.div(stake, v128.bitselect(highSquares, lowSquares, f64x2.gt(win, zero)));
  if (chases) {
    const missing = f64x2.sub(v128.load(game, logGoalAt), logOf(wealth, constants));
    const slack = v128.xor(v128.load(game, logSlackAt), v128.and(win, v128.load(constants, signAt)));
    square = f64x2.mul(square, f64x2.pmax(f64x2.sub(missing, slack), zero));
  }
  const gain = f64x2.mul(win, f64x2.pmin(f64x2.sqrt(square), v128.load(game, capAt)));
  const given = f64x2.mul(f64x2.abs(gain), v128.load(game, betSlackAt));
  const factor = f64x2.add(v128.load(constants, oneAt), f64x2.sub(gain, given));
  const next = f64x2.mul(wealth, f64x2.pmax(factor, v128.load(constants, leastFactorAt)));
  v128.store(game, next, wealthAt);

  const lowSum = v128.load(game, lowSumAt);
  const highSum = v128.load(game, highSumAt);
  const highGap = f64x2.sub(high, f64x2.mul(f64x2.add(lowSum, high), share));
  const lowGap = f64x2.sub(low, f64x2.mul(f64x2.add(highSum, low), share));
  v128.store(game, f64x2.add(lowSum, low), lowSumAt);
  v128.store(game, f64x2.add(highSum, high), highSumAt);
  const most = f64x2.pmax(highGap, f64x2.sub(zero, lowGap));
  const least = f64x2.pmax(f64x2.pmax(lowGap, f64x2.sub(zero, highGap)), zero);
  v128.store(game, f64x2.add(highSquares, f64x2.mul(most, most)), highSquaresAt);
  v128.store(game, f64x2.add(lowSquares, f64x2.mul(least, least)), lowSquaresAt);
  return f64x2.ge(next, v128.load(game, goalAt));
}

/** Notes the games that bet `i` took to their goals. */
function settle(games: usize, i: i32): void {
  for (let v = 0; v < vectorCount; v++, games += vectorBytes) {
    const goal = v128.load(games, goalAt);
    const reached = f64x2.ge(v128.load(games, wealthAt), goal);
    v128.store(games, v128.bitselect(i64x2.splat(i), v128.load(games, placeAt), reached), placeAt);
    v128.store(games, v128.bitselect(f64x2.splat(Infinity), goal, reached), goalAt);
  }
}

/** Gives up the games that are lost and lifts others to their floor; a bit for each vector with a game that is still open. */
function giveUp(games: usize): i32 {
  let open = 0;
  for (let v = 0; v < vectorCount; v++, games += vectorBytes) {
    const infinite = f64x2.splat(Infinity);
    const wealth = v128.load(games, wealthAt);
    const goal = v128.bitselect(infinite, v128.load(games, goalAt), f64x2.lt(wealth, v128.load(games, lostAt)));
    v128.store(games, goal, goalAt);
    v128.store(games, f64x2.pmax(wealth, v128.load(games, floorAt)), wealthAt);
    open |= i32(v128.any_true(f64x2.lt(goal, infinite))) << v;
  }
  return open;
}

/** ln w, good to 5e-8: w = 2^k m with m in about [√½, √2), z = (m − 1)/(m + 1), ln m = 2z (1 + z²/3 + z⁴/5 + z⁶/7 + …). */
@inline
function logOf(w: v128, at: usize): v128 {
  const shifted = i64x2.shr_u(i64x2.add(w, v128.load(at, roundingAt)), 52);
  const one = v128.load(at, oneAt);
  const m = i64x2.add(i64x2.sub(w, i64x2.shl(shifted, 52)), one);
  // 2^52 + k + 1023 as a float64, by its bits
  const k = f64x2.sub(v128.or(shifted, v128.load(at, exponentAt)), v128.load(at, biasAt));
  const z = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const s = f64x2.mul(z, z);
  const tail = f64x2.add(v128.load(at, thirdAt), f64x2.mul(s, f64x2.add(v128.load(at, fifthAt), f64x2.mul(s, v128.load(at, seventhAt)))));
  return f64x2.add(f64x2.mul(k, v128.load(at, ln2At)), f64x2.mul(f64x2.add(z, z), f64x2.add(one, f64x2.mul(s, tail))));
}
