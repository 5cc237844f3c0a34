import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/stats/random.ts";
import { bettingPValue, mirrorStarLogWealth, starLogWealth, starUpperBound } from "../../src/stats/star.ts";
import { wsrLogWealth, wsrUpperBound } from "../../src/stats/wsr.ts";
import golden from "../reference/golden.json" with { type: "json" };
import { expectRelative } from "./relative.ts";

describe.each(golden.betting)("golden betting case: n = $x.length, B = $B, ε = $eps, δ = $delta", (row) => {
  test("wsr wealth and bound", () => {
    expectRelative(wsrLogWealth(row.x, row.eps, row.delta, row.B), row.wsr_log_wealth, 1e-9);
    expectRelative(wsrUpperBound(row.x, row.delta, row.B), row.ucb_wsr, 1e-9);
  });

  test("star wealth", () => {
    expectRelative(starLogWealth(row.x, row.eps, row.delta, row.B), row.star_log_wealth, 1e-9);
  });

  test("the wsr bound and the wsr decision agree", () => {
    const certified = wsrLogWealth(row.x, row.eps, row.delta, row.B) > -Math.log(row.delta);
    expect(wsrUpperBound(row.x, row.delta, row.B) < row.eps).toBe(certified);
  });
});

describe("the fewest zero losses that certify ε = 0.05 at δ = 0.1", () => {
  const goal = -Math.log(0.1);
  const star = (n: number, bound: number) => starLogWealth(new Float64Array(n), 0.05, 0.1, bound) >= goal - 1e-12;
  const wsr = (n: number, bound: number) => wsrLogWealth(new Float64Array(n), 0.05, 0.1, bound) > goal;
  test.each([
    ["star", star, 1, 47],
    ["star", star, 2, 92],
    ["wsr", wsr, 1, 48],
    ["wsr", wsr, 2, 94],
  ] as const)("%s needs with B = %s…", (_, certified, bound, fewest) => {
    expect(certified(fewest - 1, bound)).toBe(false);
    expect(certified(fewest, bound)).toBe(true);
  });
});

describe("one sample, by hand", () => {
  test("wsr bets min(1/B, √(2·ln(1/δ)/(n·¼)))", () => {
    // √(8·ln 10) = 4.29 is capped at 1: ln(1 − (0 − 0.05)) = ln 1.05; a larger cap is honoured.
    expectRelative(wsrLogWealth([0], 0.05, 0.1, 1), Math.log(1.05), 1e-14);
    expectRelative(wsrLogWealth([0], 0.05, 0.1, 2), Math.log(1.025), 1e-14);
    expectRelative(wsrLogWealth([0], 0.05, 0.1, 2, 0.25), Math.log(1.0125), 1e-14);
    expect(wsrLogWealth([], 0.05, 0.1, 1)).toBe(Number.NEGATIVE_INFINITY);
  });

  test("star bets at most .99/(B − ε)", () => {
    expectRelative(starLogWealth([0], 0.05, 0.1, 1), Math.log1p((0.99 / 0.95) * 0.05), 1e-13);
    expect(starLogWealth([1], 0.05, 0.1, 1)).toBe(0);
  });

  test("mirrored star bets at most .99/(ε − a)", () => {
    expectRelative(mirrorStarLogWealth([1], 0.05, 0.1, -1), Math.log1p((0.99 / 1.05) * 0.95), 1e-13);
    expect(mirrorStarLogWealth([0], 0.05, 0.1, 0)).toBe(0);
  });
});

describe("mirror image and display bounds", () => {
  const random = seededRandom(11);
  const losses = Float64Array.from({ length: 300 }, () => Math.round(random.uniform() * 2.2 - 1.1));

  test("testing −x from the other side is the same game", () => {
    expect(
      mirrorStarLogWealth(
        losses.map((x) => -x),
        -0.05,
        0.1,
        -1,
      ),
    ).toBe(starLogWealth(losses, 0.05, 0.1, 1));
  });

  test("star turns at its displayed bound", () => {
    const bound = starUpperBound(losses, 0.1, 1);
    const goal = -Math.log(0.1) - 1e-12;
    expect(starLogWealth(losses, bound, 0.1, 1)).toBeGreaterThanOrEqual(goal);
    expect(starLogWealth(losses, bound * (1 - 1e-9), 0.1, 1)).toBeLessThan(goal);
  });

  test("bounds stay within [0, B]", () => {
    const worst = new Float64Array(50).fill(2);
    const best = new Float64Array(50).fill(-2);
    expect([wsrUpperBound(worst, 0.1, 2), starUpperBound(worst, 0.1, 2)]).toEqual([2, 2]);
    expect([wsrUpperBound(best, 0.1, 2), starUpperBound(best, 0.1, 2)]).toEqual([0, 0]);
  });

  test("p-values", () => {
    expectRelative(bettingPValue(Math.log(10)), 0.1, 1e-15);
    expect(bettingPValue(-3)).toBe(1);
    expect(bettingPValue(Number.NEGATIVE_INFINITY)).toBe(1);
  });

  test("wrong arguments are refused", () => {
    expect(() => wsrLogWealth(losses, 1, 0.1, 1)).toThrow(RangeError);
    expect(() => wsrLogWealth(losses, 0.05, 0, 1)).toThrow(RangeError);
    expect(() => wsrUpperBound(losses, 0.1, 0)).toThrow(RangeError);
    expect(() => starLogWealth(losses, 1, 0.1, 1)).toThrow(RangeError);
    expect(() => mirrorStarLogWealth(losses, -1, 0.1, -1)).toThrow(RangeError);
    expect(() => starUpperBound(losses, 1, 1)).toThrow(RangeError);
  });
});
