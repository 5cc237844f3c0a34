import { describe, expect, test } from "vitest";
import { type CheckRequest, check, comparePaired } from "../../src/control/check.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { seededRandom } from "../../src/stats/random.ts";
import vectors from "../reference/control/vectors.json" with { type: "json" };

const asGiven = { seed: 0, shuffle: false };
const binary: LossKind = { name: "binary", lower: 0, upper: 1, binary: true };
const signed: LossKind = { name: "signed", lower: -1, upper: 1, binary: false };
const ones = (count: number, n: number) => Float64Array.from({ length: n }, (_, i) => (i < count ? 1 : 0));
const levels = { delta: 0.1, alpha: 0.05, order: asGiven };
const checked = (losses: ArrayLike<number>, kind: LossKind, change: Partial<CheckRequest> = {}) =>
  check({ losses: Float64Array.from(losses), kind, epsilon: 0.05, ...levels, ...change });

describe("losses declared 0/1: the exact binomial", () => {
  test.each(vectors.exactChecks)("$k of $n at ε = $epsilon", ({ k, n, epsilon, pHolds, pBroken }) => {
    const result = checked(ones(k, n), binary, { epsilon });
    expect(result.pHolds / pHolds).toBeCloseTo(1, 10);
    expect(result.pBroken / pBroken).toBeCloseTo(1, 10);
    expect(result.verdict).toBe(pBroken <= 0.05 ? "broken" : pHolds <= 0.1 ? "holds" : "inconclusive");
    expect([result.sampleCount, result.observedRisk]).toEqual([n, k / n]);
  });

  test("the verdicts around ε = .05 at n = 1000", () => {
    const verdicts = [40, 41, 62, 63, 64].map((k) => checked(ones(k, 1000), binary).verdict);
    expect(verdicts).toEqual(["holds", "inconclusive", "inconclusive", "broken", "broken"]);
  });

  test("do not depend on the order of the rows", () => {
    const there = checked(ones(40, 1000), binary, { order: { seed: 9, shuffle: true } });
    expect(there).toEqual(checked(ones(40, 1000).reverse(), binary));
  });
});

describe("all other losses: betting and its mirror image", () => {
  test.each(vectors.bettingChecks)("losses in [$lower, $upper] at ε = $epsilon", (row) => {
    const kind = { name: "custom", lower: row.lower, upper: row.upper, binary: false };
    const { pHolds, pBroken, verdict } = checked(row.losses, kind, { epsilon: row.epsilon });
    expect(pHolds).toBeCloseTo(Math.min(1, Math.exp(-row.holds)), 9);
    expect(pBroken).toBeCloseTo(Math.min(1, Math.exp(-row.broken)), 9);
    const [holds, broken] = [row.holds >= Math.log(10) - 1e-12, row.broken >= Math.log(20) - 1e-12];
    expect(verdict).toBe(broken ? "broken" : holds ? "holds" : "inconclusive");
  });

  test("the vectors show every verdict", () => {
    const verdicts = vectors.bettingChecks.map(
      ({ losses, lower, upper, epsilon }) =>
        checked(losses, { name: "custom", lower, upper, binary: false }, { epsilon }).verdict,
    );
    expect(new Set(verdicts)).toEqual(new Set(["holds", "broken", "inconclusive"]));
  });

  test("read the rows in the order of the seed", () => {
    const random = seededRandom(3);
    const losses = Float64Array.from({ length: 60 }, () => (random.integer(10) === 0 ? 1 : 0));
    const permuted = Float64Array.from(seededRandom(5).permutation(60), (row) => losses[row]);
    const pValues = (rows: Float64Array, order = asGiven) => {
      const { pHolds, pBroken } = checked(rows, signed, { order });
      return [pHolds, pBroken];
    };
    const shuffled = pValues(losses, { seed: 5, shuffle: true });
    expect(shuffled).toEqual(pValues(permuted));
    expect(shuffled).not.toEqual(pValues(losses));
  });

  test("are used for 0/1 values too when they were not declared 0/1", () => {
    expect(checked(ones(40, 1000), { ...binary, binary: false }).pHolds).not.toBe(
      checked(ones(40, 1000), binary).pHolds,
    );
  });

  test("a wealth that stops exactly at its goal holds", () => {
    // Zeros: the last bet aims exactly at ln 10, so the p-value is .1 up to rounding.
    for (const n of [60, 100, 500, 1000]) expect(checked(new Float64Array(n), signed).verdict).toBe("holds");
  });
});

describe("when both tests reject", () => {
  test("the verdict is broken, with the reason", () => {
    const changing = Float64Array.from({ length: 600 }, (_, i) => (i < 300 ? 0 : 1));
    const result = checked(changing, signed);
    expect(result.pHolds).toBeLessThanOrEqual(0.1);
    expect(result.pBroken).toBeLessThanOrEqual(0.05);
    expect(result.verdict).toBe("broken");
    expect(result.cautions.map(({ code }) => code)).toEqual(["order-dependent"]);
    expect(result.samplesNeeded).toBeNull();
    const shuffled = checked(changing, signed, { order: { seed: 0, shuffle: true } });
    expect(shuffled.cautions).toEqual([]);
  });

  test("in the exact test too, at careless levels", () => {
    const result = checked(ones(50, 100), binary, { epsilon: 0.5, delta: 0.55, alpha: 0.55 });
    expect([result.verdict, result.cautions.length]).toEqual(["broken", 1]);
  });
});

test("only an inconclusive check says how many new rows would decide", () => {
  expect(checked(ones(40, 1000), binary).samplesNeeded).toBeNull();
  expect(checked(ones(45, 1000), binary).samplesNeeded).toBeGreaterThan(1000);
});

describe("paired with a baseline", () => {
  const unit: LossKind = { name: "error", lower: 0, upper: 1, binary: true };
  const compare = (change: ArrayLike<number>, margin: number, kind = unit, order = asGiven) =>
    comparePaired(
      Float64Array.from(change, (d) => Math.max(0, d)),
      Float64Array.from(change, (d) => Math.max(0, -d)),
      kind,
      { margin, delta: 0.1, alpha: 0.05, order },
    );

  test.each(vectors.bettingChecks.filter(({ lower }) => lower === -1))(
    "differences of 0/1 losses are bets in [−1, 1] against the margin $epsilon",
    ({ losses, epsilon, holds, broken }) => {
      const { pHolds, pBroken } = compare(losses, epsilon);
      expect(pHolds).toBeCloseTo(Math.min(1, Math.exp(-holds)), 9);
      expect(pBroken).toBeCloseTo(Math.min(1, Math.exp(-broken)), 9);
    },
  );

  test("the range of a difference is as wide as the loss, both ways", () => {
    // One pair that differs by B − a = 2 would break a bet that took B = 1 for the bound.
    const kind = { name: "gap", lower: -1, upper: 1, binary: false };
    const result = comparePaired(Float64Array.of(1), Float64Array.of(-1), kind, { ...levels, margin: 0 });
    expect(result.observedRisk).toBe(2);
    expect(result.verdict).toBe("inconclusive");
  });

  test("margins may be 0 or negative; equal models are inconclusive at 0 and proven at a margin", () => {
    const same = new Float64Array(500);
    expect(compare(same, 0).verdict).toBe("inconclusive");
    expect(compare(same, 0).samplesNeeded).toBeNull();
    expect(compare(same, 0.05).verdict).toBe("holds");
    expect(compare(same, -0.05).verdict).toBe("broken");
    const worse = Float64Array.from({ length: 500 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    expect(compare(worse, 0).verdict).toBe("broken");
    expect(
      compare(
        worse.map((d) => -d),
        0,
      ).verdict,
    ).toBe("holds");
  });
});
