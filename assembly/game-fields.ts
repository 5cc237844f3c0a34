// Where the numbers of the games stand: two groups of four games, side by side in vectors.

/** Fields of a group: their place in bytes. Float64, in two vectors. */
export const epsilonAt: usize = 0;
export const wealthAt: usize = 32;
export const lowSumAt: usize = 64;
export const highSumAt: usize = 96;
export const lowSquaresAt: usize = 128;
export const highSquaresAt: usize = 160;
/** Wealth that settles a game; NaN once it is settled. */
export const goalAt: usize = 192;
/** Wealth below which a game is given up. */
export const lostAt: usize = 224;
/** Wealth is not allowed to fall further. */
export const floorAt: usize = 256;
/** The place of the bet that reached the goal; int64, left alone where none does. */
export const placeAt: usize = 288;
/** Float32, in one vector: the largest bet. */
export const capAt: usize = 320;
/** The share of a win that is given away, and what the logarithm may be off by; the first negative where a game refutes, the other where not. */
export const betSlackAt: usize = 336;
export const logSlackAt: usize = 352;
export const groupBytes: usize = 368;
export const groupCount: i32 = 2;
export const gameCount: i32 = 4 * groupCount;
export const boxBytes: usize = 2 * gameCount * 8;

export const games = memory.data(<i32>(groupBytes * groupCount), 16);

/** Where the float64 fields of a game begin, of which each group has four side by side. */
export function fieldsOf(game: i32): usize {
  return games + <usize>(game >> 2) * groupBytes + (<usize>(game & 3) << 3);
}

/** Where its float32 fields begin. */
export function narrowFieldsOf(game: i32): usize {
  return games + <usize>(game >> 2) * groupBytes + (<usize>(game & 3) << 2);
}
