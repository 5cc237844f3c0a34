import { describe, expect, test } from "vitest";
import { binomialCdf, binomialUpperTail, clopperPearsonLower, clopperPearsonUpper } from "../../src/stats/binomial.ts";
import lower from "../reference/binomial.json" with { type: "json" };
import upper from "../reference/binomial-tails.json" with { type: "json" };
import golden from "../reference/golden.json" with { type: "json" };
import { expectRelative } from "./relative.ts";

type Row = [number, number, number, string];
const accuracy = 1e-10;

describe("binomial tails against 50-digit references", () => {
  const cases: [string, unknown, (k: number, n: number, p: number) => number][] = [
    ["P(X <= k)", lower.cdf, binomialCdf],
    ["P(X >= k)", upper.upper, binomialUpperTail],
    ["upper bound", lower.q, clopperPearsonUpper],
    ["lower bound", upper.lower, clopperPearsonLower],
  ];
  test.each(cases)("%s", (name, rows, compute) => {
    for (const [k, n, p, value] of rows as Row[]) {
      expectRelative(compute(k, n, p), Number(value), accuracy, `${name} of ${k}, ${n}, ${p}`);
    }
  });

  test("the vectors reach from n = 10 to n = 10^6 and down to 1e-284", () => {
    expect(lower.cdf).toHaveLength(183);
    expect(lower.q).toHaveLength(194);
    expect(upper.upper).toHaveLength(258);
    expect(upper.lower).toHaveLength(154);
  });
});

describe("golden vectors", () => {
  test.each(golden.p_cp)("p-value of $k among $n", ({ k, n, eps, p }) => {
    expectRelative(binomialCdf(k, n, eps), p, 1e-9);
  });
  test.each(golden.ucb_cp)("bound of $k among $n", ({ k, n, delta, u }) => {
    expectRelative(clopperPearsonUpper(k, n, delta), u, 1e-9);
  });
});

describe("by hand", () => {
  test("three coins", () => {
    for (const [k, p] of [1, 4, 7, 8].entries()) expectRelative(binomialCdf(k, 3, 0.5), p / 8, 1e-15);
    for (const [k, p] of [8, 7, 4, 1].entries()) expectRelative(binomialUpperTail(k, 3, 0.5), p / 8, 1e-15);
  });

  test("tails sum to one where they meet, for every k", () => {
    for (const [n, p] of [
      [20, 0.3],
      [57, 0.02],
      [200, 0.97],
    ] as const) {
      for (let k = 0; k <= n; k++) {
        expect(binomialCdf(k, n, p) + binomialUpperTail(k + 1, n, p)).toBeCloseTo(1, 13);
      }
    }
  });

  test("the tail grows with k", () => {
    let previous = 0;
    for (let k = 0; k <= 1000; k++) {
      const now = binomialCdf(k, 1000, 0.05);
      expect(now).toBeGreaterThanOrEqual(previous);
      previous = now;
    }
  });

  test("ends of the range", () => {
    expect(binomialCdf(-1, 5, 0.3)).toBe(0);
    expect(binomialCdf(5, 5, 0.3)).toBe(1);
    expect(binomialCdf(0, 5, 0)).toBe(1);
    expect(binomialCdf(4, 5, 1)).toBe(0);
    expect(binomialUpperTail(0, 5, 0.3)).toBe(1);
    expect(binomialUpperTail(6, 5, 0.3)).toBe(0);
    expect(binomialUpperTail(1, 5, 0)).toBe(0);
    expect(binomialUpperTail(5, 5, 1)).toBe(1);
    expectRelative(binomialUpperTail(5, 5, 0.3), 0.3 ** 5, 1e-14);
    expect(clopperPearsonUpper(5, 5, 0.1)).toBe(1);
    expect(clopperPearsonLower(0, 5, 0.1)).toBe(0);
    expectRelative(clopperPearsonLower(5, 5, 0.1), 0.1 ** 0.2, 1e-14);
  });

  test("the upper bound for δ above one half lies below the observed share", () => {
    expect(clopperPearsonUpper(50, 100, 0.9)).toBeLessThan(0.5);
    expectRelative(binomialCdf(50, 100, clopperPearsonUpper(50, 100, 0.9)), 0.9, 1e-12);
  });

  test("wrong arguments are refused", () => {
    expect(() => binomialCdf(0.5, 5, 0.1)).toThrow(RangeError);
    expect(() => binomialCdf(0, 0, 0.1)).toThrow(RangeError);
    expect(() => binomialCdf(0, 5, 1.1)).toThrow(RangeError);
    expect(() => binomialCdf(0, 5, Number.NaN)).toThrow(RangeError);
    expect(() => clopperPearsonUpper(6, 5, 0.1)).toThrow(RangeError);
    expect(() => clopperPearsonUpper(-1, 5, 0.1)).toThrow(RangeError);
    expect(() => clopperPearsonLower(1, 5, 0)).toThrow(RangeError);
  });
});
