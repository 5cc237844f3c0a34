/**
 * The exponentials of a softmax in float32 by one fixed sequence of float32 operations, so that every engine and every CPU gives
 * the same bits (`Math.exp` differs between engines, and a threshold is itself a confidence of a calibration row).
 *
 * With k the nearest integer to x / ln 2, ties to even, and u = x − k ln 2 in [−½ ln 2, ½ ln 2]: e^x = 2^k e^u, and e^u = 1 + w is a
 * degree 6 polynomial fitted for least relative error (3.7e-9 with its float32 coefficients; degree 5 leaves 1.1e-7, more than the
 * rounding). The term is t = 2^(k − K) (1 + w) with the K of the row's maximum m, which is e^(x − m) times a number that all classes of
 * the row share and that cancels in every probability; t of the maximum is between 0.7 and 1.42.
 *
 * u is not taken from the rounded x − m, whose error of up to 5e-7 dozens of equal logits would share. With ln 2 = high + low (high a
 * multiple of 2^−15), k·high is exact and near x, so u = (x − k·high) − k·low has the rounding of a number below 1. Equal logits get
 * exactly equal terms, the maximum too.
 */

/**
 * A logit farther below the maximum counts as this far below it, −∞ (a mask) too: e^−43 = 2.1e-19 is nothing beside the maximum, and its
 * square is no (slow) subnormal float32.
 */
export const smallestExponent = -43;

const inverseLn2 = Math.fround(1.4426950216293335);
/** ln 2 in two parts, the first a multiple of 2^−15: its products with k are exact. */
const ln2High = 0.693145751953125;
const ln2Low = Math.fround(1.428606765330187e-6);
/** 1.5 · 2^23: adding it to a small float32 rounds that to the nearest integer, ties to even. */
const roundingShift = 12582912;

const c2 = Math.fround(0.4999999403953552);
const c3 = Math.fround(0.1666652113199234);
const c4 = Math.fround(0.04166840389370918);
const c5 = Math.fround(0.008368744514882565);
const c6 = Math.fround(0.0013813698897138238);

/** 2^−j at index j; k − K reaches −63 at x = m − 43. */
const powers = Float32Array.from({ length: 64 }, (_, j) => 2 ** -j);

/** The largest logit m of a row in the parts that `softmaxTerms` needs, all float32. */
export interface RowShift {
  /** m rounded to float32, and what that leaves (0 for float32 logits). */
  largest: number;
  largestRest: number;
  /** K, the nearest integer to m / ln 2. */
  power: number;
  /** m − 43: smaller logits count as this one. */
  floor: number;
}

/** @param largest the row's maximum as a float32 or float64 number, below 128 in size */
export function setShift(shift: RowShift, largest: number): void {
  const f = Math.fround;
  const rounded = f(largest);
  shift.largest = rounded;
  shift.largestRest = f(largest - rounded);
  shift.power = f(f(rounded * inverseLn2) + roundingShift) - roundingShift;
  shift.floor = f(rounded + smallestExponent);
}

/** What a row of `count` classes becomes: arrays of at least that length, written in place. */
export interface SoftmaxTerms {
  /** d = x − m rounded to float32, at least about −43. */
  readonly exponents: Float32Array;
  /** t, e^d but for a factor that the row shares. */
  readonly terms: Float32Array;
}

/**
 * Writes d and t for `count` logits x = `values[i]` + `rests[i]`; those below `shift.floor` count as `floor`.
 *
 * Relative error of t at most 9e-8. Each `Math.fround` is one rounding of a float32 machine; the operations left without one are exact.
 */
export function softmaxTerms(
  values: Float32Array,
  rests: Float32Array,
  shift: RowShift,
  count: number,
  { exponents, terms }: SoftmaxTerms,
): void {
  const f = Math.fround;
  const { largest, largestRest, power, floor } = shift;
  const rounding = roundingShift - power;
  for (let i = 0; i < count; i++) {
    const isBelow = values[i] < floor;
    const x = isBelow ? floor : values[i];
    const rest = isBelow ? 0 : rests[i];
    const restBelow = isBelow ? 0 : f(rest - largestRest);
    const shifted = f(f(x * inverseLn2) + rounding);
    const k = shifted - rounding;
    const u = f(f(x - k * ln2High) - f(f(k * ln2Low) - rest));
    const square = f(u * u);
    const upper = f(f(c6 * square) + f(f(c5 * u) + c4));
    const w = f(f(f(f(upper * square) + f(f(c3 * u) + c2)) * square) + u);
    exponents[i] = f(f(x - largest) + restBelow);
    terms[i] = f(w + 1) * powers[power - k];
  }
}
