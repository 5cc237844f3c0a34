import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binomialCdf } from "../../src/stats/binomial.ts";
import { clopperPearsonCriticalSum, hoeffdingBentkusCriticalSum } from "../../src/stats/critical-sum.ts";
import { hoeffdingBentkusPValue } from "../../src/stats/hoeffding-bentkus.ts";

describe("check values at ε = 0.05, δ = 0.1", () => {
  test("n = 1000", () => {
    expect(clopperPearsonCriticalSum(1000, 0.05, 0.1)).toBe(40);
    expect(hoeffdingBentkusCriticalSum(1000, 0.05, 0.1)).toBeCloseTo(37, 8);
  });

  test("n = 100", () => {
    expect(clopperPearsonCriticalSum(100, 0.05, 0.1)).toBe(1);
    expect(hoeffdingBentkusCriticalSum(100, 0.05, 0.1)).toBeCloseTo(1.107, 3);
  });

  test("the fewest samples that certify zero losses: 45 for B = 1, 91 for B = 2", () => {
    for (const criticalSum of [clopperPearsonCriticalSum, hoeffdingBentkusCriticalSum]) {
      for (const [epsilon, fewest] of [
        [0.05, 45],
        [0.025, 91],
      ] as const) {
        expect(criticalSum(fewest - 1, epsilon, 0.1)).toBe(Number.NEGATIVE_INFINITY);
        expect(criticalSum(fewest, epsilon, 0.1)).toBeGreaterThanOrEqual(0);
        expect(fewest).toBe(Math.ceil(Math.log(0.1) / Math.log(1 - epsilon)));
      }
    }
  });
});

const task = fc.record({
  n: fc.integer({ min: 1, max: 3000 }),
  epsilon: fc.double({ min: 0.005, max: 0.6, noNaN: true }),
  delta: fc.double({ min: 1e-4, max: 0.5, noNaN: true }),
});

describe("comparing a sum decides like the p-value", () => {
  test("exact binomial, on both sides of the critical sum", () => {
    fc.assert(
      fc.property(task, ({ n, epsilon, delta }) => {
        const critical = clopperPearsonCriticalSum(n, epsilon, delta);
        if (critical >= 0) expect(binomialCdf(critical, n, epsilon)).toBeLessThanOrEqual(delta);
        expect(binomialCdf(Math.max(critical, -1) + 1, n, epsilon)).toBeGreaterThan(delta);
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  test("Hoeffding–Bentkus, at any sum, at integers and just beside them", () => {
    const offset = fc.constantFrom(0, 1e-9, -1e-9, 1e-12, -1e-12, 5e-10, 2e-9, 1e-6);
    fc.assert(
      fc.property(task, fc.double({ min: 0, max: 1.2, noNaN: true }), offset, ({ n, epsilon, delta }, share, near) => {
        const critical = hoeffdingBentkusCriticalSum(n, epsilon, delta);
        const anywhere = Math.min(n, share * n * epsilon);
        for (const sum of [anywhere, Math.round(anywhere) + near, Math.ceil(Math.max(critical, 0)) + near]) {
          if (sum < 0 || Math.abs(sum - critical) < 1e-13 * n) continue;
          expect(sum <= critical, `sum ${sum}, critical ${critical}`).toBe(
            hoeffdingBentkusPValue(sum, n, epsilon) <= delta,
          );
        }
        if (critical >= 0) expect(hoeffdingBentkusPValue(critical, n, epsilon)).toBeLessThanOrEqual(delta);
      }),
      { numRuns: 1500, seed: 3 },
    );
  });

  test("large samples are quick and stay below nε", () => {
    expect(clopperPearsonCriticalSum(1_000_000, 0.05, 0.1)).toBe(49_720);
    expect(hoeffdingBentkusCriticalSum(1_000_000, 0.05, 0.1)).toBeLessThan(49_720);
  });

  test("wrong arguments are refused", () => {
    expect(() => clopperPearsonCriticalSum(0, 0.05, 0.1)).toThrow(RangeError);
    expect(() => clopperPearsonCriticalSum(10, 0, 0.1)).toThrow(RangeError);
    expect(() => hoeffdingBentkusCriticalSum(10, 0.05, 1)).toThrow(RangeError);
  });
});
