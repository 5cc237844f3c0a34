import { describe, expect, test } from "vitest";
import { parseMethod } from "../../src/control/methods.ts";
import { minimumSamples, smallest } from "../../src/control/minimum-samples.ts";
import { plan, powerAt, reachesPower, smallestEpsilon } from "../../src/control/plan.ts";
import type { Method, ResolvedMethod } from "../../src/control/types.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { clopperPearsonCriticalSum, hoeffdingBentkusCriticalSum } from "../../src/stats/critical-sum.ts";
import vectors from "../reference/control/vectors.json" with { type: "json" };

const upTo = (upper: number): LossKind => ({ name: "loss", lower: 0, upper, binary: upper === 1 });
const method = (text: string) => parseMethod(text) as ResolvedMethod;
const methods = (...texts: string[]): Method[] => texts.map(method);

describe("the fewest rows that certify zero losses", () => {
  test.each(vectors.minimumSamples)("ε = $epsilon, δ = $delta, B = $upper", (row) => {
    const level = { epsilon: row.epsilon, delta: row.delta };
    const found = (text: string) => minimumSamples(method(text), level, upTo(row.upper));
    expect(found("crc")).toBe(row.crc);
    expect(found("crc:monotone")).toBe(row.crc);
    if (row.cp !== null) expect(found("ucb:cp")).toBe(row.cp);
    expect(found("ltt:hb")).toBe(row.hb);
    expect(found("ucb:wsr")).toBe(row.wsr);
    expect(found("ucb:star")).toBe(row.star);
    expect(found("naive")).toBe(1);
  });

  test("of cp and hb are those from which on the critical sum is at least 0", () => {
    for (const [epsilon, delta, upper] of [
      [0.05, 0.1, 1],
      [0.013, 0.03, 1],
      [0.2, 0.1, 2],
      [0.4, 0.01, 1],
    ]) {
      const kind = upTo(upper);
      const byCriticalSum = {
        "ucb:cp": smallest((n) => clopperPearsonCriticalSum(n, epsilon, delta) >= 0),
        "ucb:hb": smallest((n) => hoeffdingBentkusCriticalSum(n, epsilon / upper, delta) >= 0),
      };
      for (const [name, count] of Object.entries(byCriticalSum)) {
        if (name === "ucb:cp" && upper !== 1) continue;
        expect(minimumSamples(method(name), { epsilon, delta }, kind), `${name} ${epsilon}`).toBe(count);
      }
    }
  });

  test("the search finds the first of a property that stays, and gives up beyond its limit", () => {
    for (const first of [1, 2, 3, 64, 65, 1000]) expect(smallest((n) => n >= first)).toBe(first);
    expect(smallest(() => false, 100)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("power", () => {
  test.each(vectors.planPowers)("$method, ε = $epsilon, B = $upper, risk $risk, n = $n", (row) => {
    const level = { epsilon: row.epsilon, delta: row.delta };
    expect(powerAt(method(row.method), level, upTo(row.upper), row.risk, row.n)).toBeCloseTo(row.power, 9);
  });

  test("of betting is simulated: Bernoulli .03 against .05 at n = 500 is certified by star in .77 of runs, by wsr in .58", () => {
    const level = { epsilon: 0.05, delta: 0.1 };
    // 200 replicates: standard error .03
    expect(Math.abs(powerAt(method("ucb:star"), level, upTo(1), 0.03, 500) - 0.77)).toBeLessThan(0.1);
    expect(Math.abs(powerAt(method("ucb:wsr"), level, upTo(1), 0.03, 500) - 0.58)).toBeLessThan(0.12);
  });
});

test("whether a power is reached needs fewer games than the power, and says the same", () => {
  const level = { epsilon: 0.1, delta: 0.1 };
  for (const name of ["ucb:star", "ucb:wsr", "ucb:cp", "ucb:hb", "crc"]) {
    for (const n of [20, 60, 150, 400]) {
      const found = powerAt(method(name), level, upTo(1), 0.05, n);
      // The power itself and its neighbours among the shares of 200 games are where a count of one too few would show.
      for (const power of [found, found + 0.005, found - 0.005, 0.5, 0.8, 0, 1]) {
        expect(reachesPower(method(name), level, upTo(1), 0.05, n, power), `${name} ${n} ${power}`).toBe(
          found >= power,
        );
      }
    }
  }
});

describe("a plan", () => {
  const request = { level: { epsilon: 0.05, delta: 0.1 }, kind: upTo(1), observedRisk: null, power: 0.9 };

  test("has one row per method that exists for the loss, in the order asked", () => {
    const asked = methods("ucb", "crc", "ltt:hb", "ucb:cp");
    const rows = plan({ ...request, methods: asked });
    expect(rows.map((row) => [row.method.bound, row.minimumSamples, row.samples])).toEqual([
      ["cp", 45, null],
      [null, 19, null],
      ["hb", 45, null],
      ["cp", 45, null],
    ]);
    const wide = plan({ ...request, kind: upTo(2), methods: asked });
    expect(wide.map((row) => [row.method.bound, row.minimumSamples])).toEqual([
      ["star", 92],
      [null, 39],
      ["hb", 91],
    ]);
  });

  test.each(vectors.planSamples)("for a true risk of $risk and a power of $power", ({ risk, power, between }) => {
    const [row] = plan({ ...request, methods: methods("ucb:cp"), observedRisk: risk, power });
    expect(row.samples).toBeGreaterThanOrEqual(between[0]);
    expect(row.samples).toBeLessThanOrEqual(between[1]);
  });

  test("cannot exist for a risk at or above ε", () => {
    for (const observedRisk of [0.05, 0.2]) {
      expect(plan({ ...request, methods: methods("ucb", "crc"), observedRisk }).map((row) => row.samples)).toEqual([
        null,
        null,
      ]);
    }
  });
});

describe("the smallest ε that n rows can certify, to four decimals", () => {
  const found = (kind: LossKind, n: number, ...texts: string[]) =>
    smallestEpsilon({ methods: methods(...texts), kind, delta: 0.1, observedRisk: null, power: 0.9 }, n).map(
      (row) => row.epsilon,
    );

  test("at zero losses follows the closed forms", () => {
    // cp and hb: 1 − .1^(1/100) = .02276, crc: 1/101 = .0099; with B = 2 twice as much
    expect(found(upTo(1), 100, "ucb:cp", "ltt:hb", "crc")).toEqual([0.0228, 0.0228, 0.01]);
    expect(found(upTo(2), 100, "ltt:hb", "crc")).toEqual([0.0456, 0.0199]);
    expect(found(upTo(1), 1, "ucb:cp", "crc")).toEqual([0.9, 0.5]);
  });

  test("is none where no ε below B can be certified: a single bet cannot win tenfold", () => {
    expect(found(upTo(1), 1, "ucb:star")).toEqual([null]);
  });

  test("at a given risk is where the power reaches what was asked", () => {
    const request = { methods: methods("ucb:cp"), kind: upTo(1), delta: 0.1, observedRisk: 0.02, power: 0.9 };
    const [{ epsilon }] = smallestEpsilon(request, 300);
    // P(Bin(300, .02) ≤ 9) = .918 and ≤ 8 = .849: nine losses must pass, which they do from BetaInv(.9; 10, 291) = .04694
    expect(epsilon).toBe(0.047);
  });
});
