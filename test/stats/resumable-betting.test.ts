import { describe, expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/stats/random.ts";
import { resumableStar, resumableWsr } from "../../src/stats/resumable-betting.ts";
import { starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";

const twins = {
  star: {
    fast: resumableStar,
    plain: (x: Float64Array, epsilon: number, delta: number, bound: number) =>
      starLogWealth(x, epsilon, delta, bound) >= -Math.log(delta) - 1e-12,
  },
  wsr: {
    fast: resumableWsr,
    plain: (x: Float64Array, epsilon: number, delta: number, bound: number) =>
      wsrLogWealth(x, epsilon, delta, bound) > -Math.log(delta),
  },
};

/** Changes some losses and returns the first position that changed (n if none). */
function change(losses: Float64Array, random: Random, draw: () => number): number {
  let first = losses.length;
  for (let count = random.integer(4); count > 0; count--) {
    const position = random.integer(losses.length);
    losses[position] = draw();
    first = Math.min(first, position);
  }
  return first;
}

describe.each(["star", "wsr"] as const)("resumable %s", (name) => {
  const { fast, plain } = twins[name];

  test("decides like its plain twin through thousands of random changes", () => {
    const verdicts = [0, 0];
    let flips = 0;
    for (let run = 0; run < 120; run++) {
      const random = seededRandom(30, run);
      const n = 1 + random.integer(150);
      const epsilon = [0.05, 0.1, 0.3][run % 3];
      const [delta, lossBound] = [run % 2 ? 0.1 : 0.4, run % 5 ? 1 : 2];
      // The loss level itself wanders, so that runs cross the goal, uncross it and cross elsewhere.
      let level = 0;
      const draw = () =>
        random.uniform() < level ? (run % 4 ? lossBound : random.uniform() * lossBound) : -random.integer(2) * 0.25;
      const losses = Float64Array.from({ length: n }, draw);
      const resumed = fast({ losses, epsilon, delta, lossBound });
      let before = resumed.certified(random.integer(n + 1));
      for (let step = 0; step < 60; step++) {
        let first = change(losses, random, draw);
        if (step % 6 === 0) {
          level = random.uniform() * 0.4;
          const from = random.integer(n + 1);
          for (let i = from; i < n; i++) losses[i] = draw();
          first = Math.min(first, from);
        }
        const now = resumed.certified(first);
        expect(now, `run ${run}, step ${step}`).toBe(plain(losses, epsilon, delta, lossBound));
        verdicts[now ? 1 : 0]++;
        if (now !== before) flips++;
        before = now;
      }
    }
    // The comparison would be empty if one verdict dominated.
    expect(Math.min(...verdicts)).toBeGreaterThan(1000);
    expect(flips).toBeGreaterThan(200);
  });

  test("does not resume from states behind an earlier crossing", () => {
    const n = 200;
    const losses = new Float64Array(n).fill(-0.2);
    const [epsilon, delta, lossBound] = [0.05, 0.1, 1];
    const test = fast({ losses, epsilon, delta, lossBound });
    expect(test.certified(0)).toBe(true);
    // Changes behind the crossing cost nothing and leave the states there stale …
    losses.fill(1, 150);
    expect(test.certified(150)).toBe(true);
    // … then the crossing moves behind them, so they must be played with the present losses.
    losses.fill(0.5, 0, 60);
    expect(test.certified(0)).toBe(plain(losses, epsilon, delta, lossBound));
    losses.fill(-0.2, 100);
    expect(test.certified(100)).toBe(plain(losses, epsilon, delta, lossBound));
    losses.fill(-1, 0, 60);
    expect(test.certified(0)).toBe(true);
  });

  test("a position at or beyond the end says that nothing changed", () => {
    const losses = new Float64Array(100);
    const test = fast({ losses, epsilon: 0.05, delta: 0.1, lossBound: 1 });
    expect(test.certified(100)).toBe(true);
    expect(test.certified(100)).toBe(true);
    losses.fill(1, 0, 30);
    expect(test.certified(0)).toBe(false);
    expect(test.certified(1000)).toBe(false);
  });

  test("no losses certify nothing; wrong arguments are refused", () => {
    const losses = new Float64Array(0);
    expect(fast({ losses, epsilon: 0.05, delta: 0.1, lossBound: 1 }).certified(0)).toBe(false);
    expect(() => fast({ losses, epsilon: 1, delta: 0.1, lossBound: 1 })).toThrow(RangeError);
    expect(() => fast({ losses, epsilon: 0.05, delta: 1, lossBound: 1 })).toThrow(RangeError);
  });
});
