import { describe, expect, test } from "vitest";
import { CompensatedSum, sumOf } from "../../src/stats/sum.ts";

describe("compensated summation", () => {
  test("returns to exactly zero when every addition is taken back", () => {
    const sum = new CompensatedSum();
    for (let i = 1; i <= 10_000; i++) sum.add(0.1 * i);
    for (let i = 1; i <= 10_000; i++) sum.add(-0.1 * i);
    expect(sum.value).toBe(0);
  });

  test("keeps a small term beside large ones that cancel (Neumaier's case, where Kahan's sum is 0)", () => {
    expect(sumOf([1, 1e100, 1, -1e100])).toBe(2);
  });

  test("adds tenths to the nearest double", () => {
    // Plain addition gives 99999.99999… with an error near 1e-8.
    expect(sumOf(new Float64Array(1_000_000).fill(0.1))).toBe(100_000);
  });

  test("is exact for integers and for ranges", () => {
    expect(sumOf([1, 2, 3, 4], 1, 3)).toBe(5);
    expect(sumOf([1, 2, 3], 2)).toBe(3);
    expect(sumOf([])).toBe(0);
  });
});
