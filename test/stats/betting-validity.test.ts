import { expect, test } from "vitest";
import { seededRandom } from "../../src/stats/random.ts";
import { mirrorStarLogWealth, starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";

const delta = 0.1;
const epsilon = 0.05;
const trials = 2000;
/** Four binomial standard errors above δ. */
const most = delta + 4 * Math.sqrt((delta * (1 - delta)) / trials);

/** Share of trials that reject a true hypothesis: losses ±1 or 0 whose mean is exactly ε. */
function falseAlarms(rejects: (losses: Float64Array) => boolean): number {
  let count = 0;
  for (let trial = 0; trial < trials; trial++) {
    const random = seededRandom(20, trial);
    const losses = Float64Array.from({ length: 200 }, () => {
      const u = random.uniform();
      return u < 0.15 ? 1 : u < 0.25 ? -1 : 0;
    });
    if (rejects(losses)) count++;
  }
  return count / trials;
}

test.each([
  ["star", (x: Float64Array) => starLogWealth(x, epsilon, delta, 1) >= -Math.log(delta) - 1e-12],
  ["wsr", (x: Float64Array) => wsrLogWealth(x, epsilon, delta, 1) > -Math.log(delta)],
  ["mirrored star", (x: Float64Array) => mirrorStarLogWealth(x, epsilon, delta, -1) >= -Math.log(delta) - 1e-12],
] as const)("%s rejects a mean of exactly ε in at most a share δ of samples", (_, rejects) => {
  expect(falseAlarms(rejects)).toBeLessThanOrEqual(most);
});
