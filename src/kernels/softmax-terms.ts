/**
 * The exponentials of a softmax in float32 by one fixed sequence of float32 operations, so that every engine and every CPU gives
 * the same bits (`Math.exp` differs between engines, and a threshold is itself a confidence of a calibration row).
 *
 * With k the nearest integer to d / (2 ln 2), ties to even, and u = d − 2k ln 2 in [−ln 2, ln 2]:
 * e^(d/2) = 2^k e^(u/2), and e^(u/2) is a degree 6 polynomial fitted for least relative error (3.2e-9 with its float32
 * coefficients; degree 5 leaves 9e-8, more than the rounding). The first two coefficients are exactly 1 and 1/2, so d = 0 gives
 * exactly 1 and equal logits give exactly equal probabilities.
 *
 * Half the exponent, because e^(d/2) is the square root that the Hellinger distance needs: one polynomial serves it and the term.
 */

/** Below this d a term counts as 0: e^−43.5 = 1.3e-19, whose square 1.6e-38 is the last that is no (slow) subnormal float32. */
export const smallestExponent = -43.5;

const inverseTwoLn2 = Math.fround(0.7213475108146667);
/** 2 ln 2 in two parts; the first has 17 bits, so that its product with k (at most 5 bits) is exact. */
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

/**
 * Writes h = e^(d/2) and t = e^d for every exponent d. An exponent below −43.5 (−∞ is a mask) gives h = t = 0 and becomes 0
 * itself, so that 0 · (−∞) never arises.
 *
 * Relative error at most 9.5e-8 (h) and 1.9e-7 (t, 2.4e-7 as h²): with w = e^(u/2) − 1, t is 1 + (2w + w²), which does not double
 * the rounding of h. Each `Math.fround` is one rounding of a float32 machine; the products and differences left without one are exact.
 * @param exponents float32 numbers, none above 0
 */
export function softmaxTerms(exponents: Float32Array, halves: Float32Array, terms: Float32Array, count: number): void {
  const f = Math.fround;
  for (let i = 0; i < count; i++) {
    const d = exponents[i];
    if (d >= smallestExponent) {
      const k = f(f(d * inverseTwoLn2) + roundingShift) - roundingShift;
      const u = f(d - k * twoLn2High - f(k * twoLn2Low));
      let p = f(f(c6 * u) + c5);
      p = f(f(p * u) + c4);
      p = f(f(p * u) + c3);
      p = f(f(p * u) + c2);
      p = f(f(p * u) + 0.5);
      const w = f(p * u);
      const scale = powers[-k];
      halves[i] = f(w + 1) * scale;
      terms[i] = f(f(f(w * w) + 2 * w) + 1) * scale * scale;
    } else {
      halves[i] = 0;
      terms[i] = 0;
      exponents[i] = 0;
    }
  }
}
