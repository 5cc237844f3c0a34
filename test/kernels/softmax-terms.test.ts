import { describe, expect, it } from "vitest";
import { splitRow } from "../../src/kernels/shifted-row.ts";
import { setShift, smallestExponent, softmaxTerms } from "../../src/kernels/softmax-terms.ts";

function termsOf(logits: Float32Array | Float64Array, largest = 0) {
  const arrays = () => new Float32Array(logits.length);
  const [values, rests, terms] = [arrays(), arrays(), { exponents: arrays(), terms: arrays() }];
  const shift = { largest: 0, largestRest: 0, power: 0, floor: 0 };
  setShift(shift, largest);
  splitRow(logits, 0, 0, logits.length, values, rests);
  softmaxTerms(values, rests, shift, logits.length, terms);
  /** What t of the maximum would be without any rounding. */
  return { ...terms, scale: Math.exp(largest - shift.power * Math.LN2) };
}

describe("softmaxTerms", () => {
  // Beside other maxima x − m has no float32 value: its rounding, up to 2e-6, must not reach the terms.
  it.each([0, 0.1, 7.123456, -13.77, 100.30001, 127.9])(
    "keeps its relative error below a maximum of %d: 9e-8",
    (maximum) => {
      const largest = Math.fround(maximum);
      const logits = Float32Array.from({ length: 100_001 }, (_, i) => largest + (42.9 * -i) / 100_000);
      const { terms, scale } = termsOf(logits, largest);
      let worst = 0;
      for (let i = 0; i < logits.length; i++) {
        worst = Math.max(worst, Math.abs(terms[i] / (scale * Math.exp(logits[i] - largest)) - 1));
      }
      expect(worst).toBeLessThan(9e-8);
      expect(scale).toBeGreaterThan(0.7);
      expect(scale).toBeLessThan(1.42);
    },
  );

  it("is exactly 1 at a maximum of 0, also of −0, and never above it", () => {
    const { terms } = termsOf(Float32Array.of(0, -0, -1e-45, -1e-30, -1e-8, -6e-8, -1e-7, -1e-4));
    expect([terms[0], terms[1]]).toEqual([1, 1]);
    for (const x of terms) expect(x).toBeLessThanOrEqual(1);
  });

  it("is the same for equal logits, and for a float64 logit that is a float32 number", () => {
    const odd = Math.fround(13.700001);
    const [first, second] = termsOf(Float32Array.of(odd, odd), odd).terms;
    expect(second).toBe(first);
    expect(termsOf(Float64Array.of(odd), odd).terms[0]).toBe(first);
    const between = 0.1 + 2 ** -40;
    const { terms, scale } = termsOf(Float64Array.of(between), between);
    expect(Math.abs(terms[0] / scale - 1)).toBeLessThan(9e-8);
  });

  it("takes what is too small for the smallest, whose square is no subnormal number", () => {
    for (const largest of [0, 0.34, 0.35]) {
      const { exponents, terms, scale } = termsOf(
        Float32Array.of(largest - 44, Number.NEGATIVE_INFINITY, largest + smallestExponent),
        largest,
      );
      expect(new Set([...exponents]).size + new Set([...terms]).size).toBe(2);
      expect(Math.abs(terms[2] / (scale * Math.exp(exponents[2])) - 1)).toBeLessThan(2e-6);
      expect(terms[2] ** 2).toBeGreaterThan(2 ** -126);
    }
  });
});
