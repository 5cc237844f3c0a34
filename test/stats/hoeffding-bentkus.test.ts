import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bernoulliKl } from "../../src/stats/bernoulli-kl.ts";
import { hoeffdingBentkusPValue, hoeffdingBentkusUpperBound } from "../../src/stats/hoeffding-bentkus.ts";
import golden from "../reference/golden.json" with { type: "json" };
import { expectRelative } from "./relative.ts";

describe("Bernoulli divergence", () => {
  test("by hand", () => {
    expectRelative(bernoulliKl(0, 0.05), -Math.log(0.95), 1e-14);
    expectRelative(bernoulliKl(1, 0.25), Math.log(4), 1e-14);
    expectRelative(bernoulliKl(0.5, 0.25), 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 1e-14);
    expect(bernoulliKl(0.3, 0.3)).toBe(0);
    expect(bernoulliKl(0, 1e-20)).toBe(1e-20);
  });

  test("near a = b it keeps the digits of (a − b)²/(2b(1 − b))", () => {
    // mpmath, 50 digits, of the doubles 0.05 and 0.05 + 2^-30
    expectRelative(bernoulliKl(0.05 + 2 ** -30, 0.05), 9.130123504068942e-18, 1e-10);
  });

  test("wrong arguments are refused", () => {
    expect(() => bernoulliKl(-0.1, 0.5)).toThrow(RangeError);
    expect(() => bernoulliKl(0.1, 1)).toThrow(RangeError);
  });
});

describe("Hoeffding–Bentkus", () => {
  test.each(golden.p_hb)("golden p-value of sum $S, n = $n, ε = $eps", ({ S, n, eps, p }) => {
    expectRelative(hoeffdingBentkusPValue(S, n, eps), p, 1e-9);
  });

  test.each(golden.ucb_hb)("golden bound of sum $S, n = $n, δ = $delta", ({ S, n, delta, u }) => {
    expectRelative(hoeffdingBentkusUpperBound(S, n, delta), u, 1e-9);
  });

  test("zero losses give (1 − ε)^n", () => {
    expectRelative(hoeffdingBentkusPValue(0, 50, 0.01), 0.99 ** 50, 1e-13);
  });

  test("a sum that rounding pushed above an integer costs nothing", () => {
    const sum = 100 * 0.07;
    expect(sum).toBeGreaterThan(7);
    expectRelative(hoeffdingBentkusPValue(sum, 100, 0.15), hoeffdingBentkusPValue(7, 100, 0.15), 1e-12);
  });

  test("ends of the range", () => {
    expect(hoeffdingBentkusPValue(5, 10, 1)).toBe(0);
    expect(hoeffdingBentkusPValue(10, 10, 1)).toBe(1);
    expect(hoeffdingBentkusPValue(0, 10, 0)).toBe(1);
    expect(hoeffdingBentkusPValue(-1e-12, 10, 0.1)).toBe(hoeffdingBentkusPValue(0, 10, 0.1));
    expect(hoeffdingBentkusUpperBound(10, 10, 0.1)).toBe(1);
    expect(() => hoeffdingBentkusPValue(Number.NaN, 10, 0.1)).toThrow(RangeError);
    expect(() => hoeffdingBentkusPValue(0, 0, 0.1)).toThrow(RangeError);
    expect(() => hoeffdingBentkusUpperBound(0, 10, 1)).toThrow(RangeError);
  });

  test("the p-value never falls as the sum grows, nor grows with ε", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), share, share, share, share, (n, a, b, c, d) => {
        const [few, many] = [Math.min(a, b) * n, Math.max(a, b) * n];
        const [low, high] = [Math.min(c, d), Math.max(c, d)];
        const p = hoeffdingBentkusPValue(few, n, high);
        expect(p).toBeLessThanOrEqual(hoeffdingBentkusPValue(many, n, high) * (1 + 1e-9));
        expect(p).toBeLessThanOrEqual(hoeffdingBentkusPValue(few, n, low) * (1 + 1e-9));
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});
