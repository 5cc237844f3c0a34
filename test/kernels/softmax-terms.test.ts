import { describe, expect, it } from "vitest";
import { smallestExponent, softmaxTerms } from "../../src/kernels/softmax-terms.ts";

function termsOf(exponents: Float32Array) {
  const [halves, terms] = [new Float32Array(exponents.length), new Float32Array(exponents.length)];
  softmaxTerms(exponents, halves, terms, exponents.length);
  return { exponents, halves, terms };
}

describe("softmaxTerms", () => {
  it("keeps its relative error over the whole range: 9.5e-8 for e^(d/2), 1.9e-7 for e^d", () => {
    const exponents = Float32Array.from({ length: 200_001 }, (_, i) => (smallestExponent * i) / 200_000);
    const { halves, terms } = termsOf(exponents);
    let [half, term] = [0, 0];
    for (let i = 0; i < exponents.length; i++) {
      half = Math.max(half, Math.abs(halves[i] / Math.exp(exponents[i] / 2) - 1));
      term = Math.max(term, Math.abs(terms[i] / Math.exp(exponents[i]) - 1));
    }
    expect(half).toBeLessThan(9.5e-8);
    expect(term).toBeLessThan(1.9e-7);
  });

  it("is exactly 1 at 0, also at −0, and never above 1", () => {
    const { halves, terms } = termsOf(Float32Array.of(0, -0, -1e-45, -1e-30, -1e-8, -6e-8, -1e-7, -1e-4));
    expect([halves[0], halves[1], terms[0], terms[1]]).toEqual([1, 1, 1, 1]);
    for (const x of [...halves, ...terms]) expect(x).toBeLessThanOrEqual(1);
  });

  it("drops what is too small, before its square is subnormal", () => {
    const { exponents, halves, terms } = termsOf(Float32Array.of(-44, Number.NEGATIVE_INFINITY, smallestExponent));
    expect([...halves.subarray(0, 2), ...terms.subarray(0, 2), ...exponents.subarray(0, 2)]).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
    expect(terms[2] ** 2).toBeGreaterThan(2 ** -126);
  });
});
