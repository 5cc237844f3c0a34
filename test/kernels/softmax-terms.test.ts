import { describe, expect, it } from "vitest";
import { setShift, splitRow } from "../../src/kernels/shifted-row.ts";
import { smallestExponent, softmaxTerms } from "../../src/kernels/softmax-terms.ts";

function termsOf(logits: Float32Array | Float64Array, largest = 0) {
  const arrays = () => new Float32Array(logits.length);
  const [values, rests, terms] = [arrays(), arrays(), { exponents: arrays(), halves: arrays(), terms: arrays() }];
  const shift = { largest: 0, largestRest: 0, high: 0, low: 0, floor: 0 };
  setShift(shift, largest, smallestExponent);
  splitRow(logits, 0, 0, logits.length, values, rests);
  softmaxTerms(values, rests, shift, logits.length, terms);
  return terms;
}

describe("softmaxTerms", () => {
  // Beside other maxima x − m has no float32 value: its rounding, up to 2e-6, must not reach the terms.
  it.each([0, 0.1, 7.123456, -13.77, 100.30001])(
    "keeps its relative error below a maximum of %d: 9e-8 for e^(d/2), 1.5e-7 for e^d",
    (maximum) => {
      const largest = Math.fround(maximum);
      const logits = Float32Array.from({ length: 100_001 }, (_, i) => largest + (43.4 * -i) / 100_000);
      const { halves, terms } = termsOf(logits, largest);
      let [half, term] = [0, 0];
      for (let i = 0; i < logits.length; i++) {
        half = Math.max(half, Math.abs(halves[i] / Math.exp((logits[i] - largest) / 2) - 1));
        term = Math.max(term, Math.abs(terms[i] / Math.exp(logits[i] - largest) - 1));
      }
      expect(half).toBeLessThan(9e-8);
      expect(term).toBeLessThan(1.5e-7);
    },
  );

  it("is exactly 1 at the maximum, also at −0, and never above 1", () => {
    const { halves, terms } = termsOf(Float32Array.of(0, -0, -1e-45, -1e-30, -1e-8, -6e-8, -1e-7, -1e-4));
    expect([halves[0], halves[1], terms[0], terms[1]]).toEqual([1, 1, 1, 1]);
    for (const x of [...halves, ...terms]) expect(x).toBeLessThanOrEqual(1);
    const odd = Math.fround(13.700001);
    expect(termsOf(Float32Array.of(odd, odd), odd).terms).toEqual(Float32Array.of(1, 1));
    expect(termsOf(Float64Array.of(0.1 + 2 ** -40), 0.1 + 2 ** -40).terms).toEqual(Float32Array.of(1));
  });

  it("takes what is too small for the smallest, whose square is no subnormal number", () => {
    const { exponents, halves, terms } = termsOf(Float32Array.of(-44, Number.NEGATIVE_INFINITY, smallestExponent));
    expect([...exponents]).toEqual([smallestExponent, smallestExponent, smallestExponent]);
    expect(new Set([...terms]).size + new Set([...halves]).size).toBe(2);
    expect(Math.abs(terms[2] / Math.exp(smallestExponent) - 1)).toBeLessThan(1.5e-7);
    expect(terms[2] ** 2).toBeGreaterThan(2 ** -126);
  });
});
