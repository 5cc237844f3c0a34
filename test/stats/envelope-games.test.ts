import { describe, expect, test } from "vitest";
import type { GameQuestion, GameRules } from "../../src/stats/envelope-games.ts";
import { PlainEnvelopeGame } from "../../src/stats/plain-envelope-game.ts";
import { type Random, seededRandom } from "../../src/stats/random.ts";
import { starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";
import { type SimdGames, simdGames } from "../support/simd-games.ts";

const simd = simdGames();
const missing = simd ? "" : " (skipped: not built by npm run build, or no SIMD here)";

const certified = {
  star: (x: Float64Array, epsilon: number, delta: number, bound: number) =>
    starLogWealth(x, epsilon, delta, bound) >= -Math.log(delta) - 1e-12,
  wsr: (x: Float64Array, epsilon: number, delta: number, bound: number) =>
    wsrLogWealth(x, epsilon, delta, bound) > -Math.log(delta),
};

interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Losses that sometimes are 0, sometimes anything up to the bound, sometimes negative, and others not far from them. */
function box(random: Random, sampleCount: number, lossBound: number, wide: number): Box {
  const rate = random.uniform() ** 2 * 0.5;
  const lossless = random.integer(2) ? 0 : -0.3;
  const draw = () => (random.uniform() < rate ? random.uniform() * lossBound : lossless);
  const one = Float64Array.from({ length: sampleCount }, draw);
  const other = one.map((x) => (random.uniform() < wide ? draw() : x));
  return { low: one.map((x, i) => Math.min(x, other[i])), high: one.map((x, i) => Math.max(x, other[i])) };
}

type Asked = readonly [Box, GameQuestion];

/** The answer of the plain game. */
function answered(rules: GameRules, [{ low, high }, question]: Asked): number {
  const game = new PlainEnvelopeGame(rules);
  game.low.set(low);
  game.high.set(high);
  return game.answer(question);
}

function rulesOf(bound: "star" | "wsr", run: number, random: Random): GameRules {
  const delta = [0.1, 0.01, 0.5, 1e-12][run % 4];
  return { bound, sampleCount: 20 + random.integer(300), delta, lossBound: run % 5 ? 1 : 2, leastLoss: -0.3 };
}

describe.each(["star", "wsr"] as const)("games of %s", (bound) => {
  test("certify nothing that any loss vector of the box contradicts, at any level of the question", () => {
    let proven = 0;
    let single = 0;
    for (let run = 0; run < 3000; run++) {
      const random = seededRandom(40, run);
      const rules = rulesOf(bound, run, random);
      const { sampleCount, delta, lossBound } = rules;
      const epsilon = [0.05, 0.1, 0.3, 0.6][(run >> 2) % 4];
      const epsilonTo = epsilon + [0, 0.01, 0.1, 0.35][run % 3];
      const given = box(random, sampleCount, lossBound, random.uniform() ** 3);
      const reach = answered(rules, [given, { epsilon, epsilonTo, aim: "certify" }]);
      if (certified[bound](given.high, epsilon, delta, lossBound)) single++;
      if (reach < 0) continue;
      proven++;
      const inside = (pick: (i: number) => number) =>
        // Behind the reach losses do not matter, so there they may be the worst there is.
        Float64Array.from({ length: sampleCount }, (_, i) => (i <= reach ? pick(i) : lossBound));
      const { low, high } = given;
      for (const pick of [
        (i: number) => low[i],
        (i: number) => high[i],
        (i: number) => (random.integer(2) ? low[i] : high[i]),
        (i: number) => low[i] + random.uniform() * (high[i] - low[i]),
      ]) {
        for (const level of [epsilon, epsilonTo, epsilon + random.uniform() * (epsilonTo - epsilon)]) {
          expect(certified[bound](inside(pick), level, delta, lossBound), `run ${run}`).toBe(true);
        }
      }
    }
    expect(proven).toBeGreaterThan(400);
    expect(single).toBeGreaterThan(proven);
  });

  test("are harder to certify for more levels at once, as far as their bets know the level", () => {
    let lost = 0;
    for (let run = 0; run < 600; run++) {
      const random = seededRandom(43, run);
      const rules = rulesOf(bound, run, random);
      const given = box(random, rules.sampleCount, rules.lossBound, 0.1 * random.uniform());
      const reach = (epsilonTo: number) => answered(rules, [given, { epsilon: 0.3, epsilonTo, aim: "certify" }]);
      const [one, many] = [reach(0.3), reach(0.6)];
      if (many >= 0) expect(one, `run ${run}`).toBeGreaterThanOrEqual(0);
      if (one >= 0 && (many < 0 || many > one)) lost++;
    }
    // The range of prior means costs STaR something; the bets of WSR do not depend on the level.
    if (bound === "star") expect(lost).toBeGreaterThan(50);
    else expect(lost).toBe(0);
  });

  test("of a single loss vector say what the test says", () => {
    const found = { certified: 0, refuted: 0 };
    for (let run = 0; run < 1000; run++) {
      const random = seededRandom(41, run);
      const rules = rulesOf(bound, run, random);
      const { low } = box(random, rules.sampleCount, rules.lossBound, 0);
      const epsilon = [0.05, 0.1, 0.3, 0.6][run % 4];
      const ask = (aim: "certify" | "refute") =>
        answered(rules, [
          { low, high: low },
          { epsilon, epsilonTo: epsilon, aim },
        ]) >= 0;
      const truth = certified[bound](low, epsilon, rules.delta, rules.lossBound);
      expect(ask("certify"), `run ${run}`).toBe(truth);
      expect(ask("refute"), `run ${run}`).toBe(!truth);
      found[truth ? "certified" : "refuted"]++;
    }
    expect(found.certified).toBeGreaterThan(100);
    expect(found.refuted).toBeGreaterThan(100);
  });

  test("prove neither side where the numbers do not reach", () => {
    const none = { low: new Float64Array(2000), high: new Float64Array(2000) };
    const common = { bound, sampleCount: 2000 };
    for (const aim of ["certify", "refute"] as const) {
      for (const { delta, lossBound, leastLoss = 0 } of [
        { delta: 1e-300, lossBound: 1 },
        { delta: 0.1, lossBound: 1e20 },
        { delta: 0.1, lossBound: 1e-20 },
        { delta: 1e-9, lossBound: 1, leastLoss: -1e16 },
        { delta: 0.1, lossBound: 1, leastLoss: Number.NEGATIVE_INFINITY },
      ]) {
        const epsilon = 0.9 * lossBound;
        const rules = { ...common, delta, lossBound, leastLoss };
        const asked: Asked = [none, { epsilon, epsilonTo: epsilon, aim }];
        expect(answered(rules, asked)).toBe(-1);
        if (simd) expect(simd.answers(rules, [asked])).toEqual([-1]);
      }
    }
  });

  test("no losses prove nothing; wrong arguments are refused", () => {
    const rules = { bound, sampleCount: 0, delta: 0.1, lossBound: 1, leastLoss: 0 };
    const nothing = { low: new Float64Array(0), high: new Float64Array(0) };
    const question = { epsilon: 0.1, epsilonTo: 0.1, aim: "certify" } as const;
    expect(answered(rules, [nothing, question])).toBe(-1);
    expect(() => answered(rules, [nothing, { ...question, epsilon: 1 }])).toThrow(RangeError);
    expect(() => answered({ ...rules, delta: 0 }, [nothing, question])).toThrow(RangeError);
  });

  test.skipIf(!simd)(`on SIMD give the answers of the plain ones${missing}`, () => {
    const fast = simd as SimdGames;
    const found = { reached: 0, refused: 0 };
    for (let run = 0; run < 600; run++) {
      const random = seededRandom(42, run);
      const rules = rulesOf(bound, run, random);
      const asked = Array.from({ length: 1 + random.integer(fast.count) }, (): Asked => {
        const epsilon = random.uniform() * 0.5;
        const refutes = random.integer(3) === 0;
        const given = box(random, rules.sampleCount, rules.lossBound, refutes ? 0 : random.uniform() ** 3);
        const epsilonTo = refutes ? epsilon : epsilon + random.uniform() * 0.3;
        return [given, { epsilon, epsilonTo, aim: refutes ? "refute" : "certify" }];
      });
      const answers = asked.map((one) => answered(rules, one));
      expect(fast.answers(rules, asked), `run ${run}`).toEqual(answers);
      for (const answer of answers) found[answer < 0 ? "refused" : "reached"]++;
    }
    expect(found.reached).toBeGreaterThan(500);
    expect(found.refused).toBeGreaterThan(500);
  });

  test.skipIf(!simd)(`on SIMD note the first place only at which the goal is reached${missing}`, () => {
    // nothing but wins: the wealth grows until it is infinite
    const rules = { bound, sampleCount: 4000, delta: 0.1, lossBound: 1, leastLoss: 0 };
    const none = new Float64Array(rules.sampleCount);
    const asked = [
      { low: none, high: none },
      { epsilon: 0.9, epsilonTo: 0.9, aim: "certify" },
    ] as const;
    const place = answered(rules, asked);
    expect(place).toBeLessThan(100);
    expect((simd as SimdGames).answers(rules, [asked])).toEqual([place]);
  });
});
