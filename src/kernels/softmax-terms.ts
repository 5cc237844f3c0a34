/**
 * The exponentials of a softmax in float32 by one fixed sequence of float32 operations, so that every engine and every CPU gives
 * the same bits (`Math.exp` differs between engines, and a threshold is itself a confidence of a calibration row).
 *
 * With d = x − m, k the nearest integer to d / (2 ln 2), ties to even, and u = d − 2k ln 2 in [−ln 2, ln 2]:
 * e^(d/2) = 2^k e^(u/2), and e^(u/2) = 1 + w is a degree 6 polynomial fitted for least relative error (3.2e-9 with its float32
 * coefficients; degree 5 leaves 9e-8, more than the rounding). Half the exponent, because e^(d/2) is the square root that the
 * Hellinger distance needs: one polynomial serves it and the term.
 *
 * u is not taken from the rounded d, whose error of up to 5e-7 dozens of equal logits would share. With m = high + low (high a
 * multiple of 2^−15) and 2 ln 2 split likewise, M = high + k (2 ln 2)high is exact and near x, so u = (x − M) − (low + k (2 ln 2)low)
 * has the rounding of a number below 1. At x = m it is exactly 0, so the term is exactly 1 and equal logits get exactly equal
 * probabilities.
 */
import type { RowShift } from "./shifted-row.ts";

/**
 * A smaller d counts as this one, −∞ (a mask) too: e^−43.5 = 1.3e-19 is nothing beside a total of at least 1, and its square 1.6e-38
 * is the last that is no (slow) subnormal float32.
 */
export const smallestExponent = -43.5;

const inverseTwoLn2 = Math.fround(0.7213475108146667);
/** 2 ln 2 in two parts, the first a multiple of 2^−15: its products with k and their sums with `RowShift.high` are exact. */
const twoLn2High = 1.38629150390625;
const twoLn2Low = Math.fround(2.857213530660374e-6);
/** 1.5 · 2^23: adding it to a small float32 rounds that to the nearest integer, ties to even. */
const roundingShift = 12582912;

const c2 = Math.fround(0.1249999850988388);
const c3 = Math.fround(0.020833153277635574);
const c4 = Math.fround(0.0026042682584375143);
const c5 = Math.fround(0.000261516630416736);
const c6 = Math.fround(2.1591089534922503e-5);

/** 2^−j at index j; k reaches −31 at d = −43.5. */
const powers = Float32Array.from({ length: 32 }, (_, j) => 2 ** -j);

/** What a row of `count` classes becomes: arrays of at least that length, written in place. */
export interface SoftmaxTerms {
  /** d = x − m rounded to float32, at least about −43.5. */
  readonly exponents: Float32Array;
  /** h = e^(d/2). */
  readonly halves: Float32Array;
  /** t = e^d. */
  readonly terms: Float32Array;
}

/**
 * Writes d, h and t for `count` logits x = `values[i]` + `rests[i]`; those below `shift.floor` count as `floor`.
 *
 * Relative error at most 9e-8 (h) and 1.5e-7 (t): t is (1 + 2w) + w², which does not double the rounding of h. Each `Math.fround`
 * is one rounding of a float32 machine; the products left without one are exact.
 */
export function softmaxTerms(
  values: Float32Array,
  rests: Float32Array,
  shift: RowShift,
  count: number,
  { exponents, halves, terms }: SoftmaxTerms,
): void {
  const f = Math.fround;
  const { largest, largestRest, high, low, floor } = shift;
  for (let i = 0; i < count; i++) {
    const isBelow = values[i] < floor;
    const x = isBelow ? floor : values[i];
    const rest = isBelow ? 0 : f(rests[i] - largestRest);
    const d = f(f(x - largest) + rest);
    const k = f(f(d * inverseTwoLn2) + roundingShift) - roundingShift;
    const u = f(f(x - f(k * twoLn2High + high)) - f(f(f(k * twoLn2Low) + low) - rest));
    const square = f(u * u);
    const upper = f(f(c6 * square) + f(f(c5 * u) + c4));
    const w = f(f(f(f(upper * square) + f(f(c3 * u) + c2)) * square) + 0.5 * u);
    const scale = powers[-k];
    exponents[i] = d;
    halves[i] = f(w + 1) * scale;
    terms[i] = f(f(1 + 2 * w) + f(w * w)) * scale * scale;
  }
}
