import { describe, expect, test } from "vitest";
import { starEnvelope, starTables, wsrEnvelope, wsrTables } from "../../src/stats/betting-envelope.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";

const task = { epsilon: 0.1, delta: 0.1, lossBound: 1 };

const games = {
  star: {
    envelope: (n: number, given: typeof task) => starEnvelope(given, starTables(n)),
    certified: (x: Float64Array, { epsilon, delta, lossBound }: typeof task) =>
      starLogWealth(x, epsilon, delta, lossBound) >= -Math.log(delta) - 1e-12,
  },
  wsr: {
    envelope: (n: number, given: typeof task) => wsrEnvelope(given, wsrTables(n, given.delta)),
    certified: (x: Float64Array, { epsilon, delta, lossBound }: typeof task) =>
      wsrLogWealth(x, epsilon, delta, lossBound) > -Math.log(delta),
  },
};

describe.each(["star", "wsr"] as const)("the envelope of %s", (name) => {
  const { envelope, certified } = games[name];

  test("proves nothing that any game of the box contradicts", () => {
    let proven = 0;
    let tight = 0;
    for (let run = 0; run < 3000; run++) {
      const random = seededRandom(40, run);
      const n = 20 + random.integer(300);
      const given = {
        epsilon: [0.05, 0.1, 0.3, 0.6][run % 4],
        delta: [0.1, 0.01, 0.5][run % 3],
        lossBound: run % 5 ? 1 : 2,
      };
      const [rate, wide] = [random.uniform() ** 2 * 0.5, random.uniform() ** 3];
      const lossless = run % 2 ? 0 : -0.3;
      const draw = () => (random.uniform() < rate ? random.uniform() * given.lossBound : lossless);
      const one = Float64Array.from({ length: n }, draw);
      const other = one.map((x) => (random.uniform() < wide ? draw() : x));
      const low = one.map((x, i) => Math.min(x, other[i]));
      const high = one.map((x, i) => Math.max(x, other[i]));
      const reach = envelope(n, given).certifiedBy(low, high);
      if (certified(high, given)) tight++;
      if (reach < 0) continue;
      proven++;
      const inside = (pick: (i: number) => number) =>
        // Behind the reach losses do not matter, so there they may be the worst there is.
        Float64Array.from({ length: n }, (_, i) => (i <= reach ? pick(i) : given.lossBound));
      for (const pick of [
        (i: number) => low[i],
        (i: number) => high[i],
        (i: number) => (random.integer(2) ? low[i] : high[i]),
        (i: number) => low[i] + random.uniform() * (high[i] - low[i]),
      ]) {
        expect(certified(inside(pick), given), `run ${run}`).toBe(true);
      }
    }
    expect(proven).toBeGreaterThan(500);
    expect(tight).toBeGreaterThan(proven);
  });

  test("of a single point is the game itself, up to the slack", () => {
    let agreed = 0;
    for (let run = 0; run < 500; run++) {
      const random = seededRandom(41, run);
      const x = Float64Array.from({ length: 200 }, () => (random.uniform() < 0.05 ? random.uniform() : 0));
      if (envelope(200, task).certifiedBy(x, x) >= 0 === certified(x, task)) agreed++;
    }
    expect(agreed).toBe(500);
  });

  test("no losses prove nothing; wrong arguments are refused", () => {
    const none = new Float64Array(0);
    expect(envelope(0, task).certifiedBy(none, none)).toBe(-1);
    expect(() => envelope(1, { ...task, epsilon: 1 })).toThrow(RangeError);
    expect(() => envelope(1, { ...task, delta: 0 })).toThrow(RangeError);
  });
});
