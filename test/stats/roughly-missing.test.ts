import { expect, test } from "vitest";
import { seededRandom } from "../../src/stats/random.ts";
import { roughlyMissing } from "../../src/stats/roughly-missing.ts";

test("the rough logarithm is off by no more than it says, as its users rely on", () => {
  const random = seededRandom(44);
  const near = Array.from({ length: 20_000 }, () => 1 + (random.uniform() - 0.5) * 10 ** (-8 * random.uniform()));
  const far = Array.from({ length: 20_000 }, () => 10 ** (600 * random.uniform() - 300));
  const edges = [Math.SQRT1_2, Math.SQRT2, 1, 2, 0.5].flatMap((x) => [
    x * (1 - 1e-6),
    x * (1 - 1e-16),
    x,
    x * (1 + 1e-6),
  ]);
  let worst = 0;
  for (const w of [...near, ...far, ...edges]) {
    const truth = Math.log(w);
    worst = Math.max(worst, Math.abs(roughlyMissing(w, 0) + truth) / (1.5e-6 + 3e-7 * Math.abs(truth)));
  }
  expect(worst).toBeLessThanOrEqual(1);
  // It reads the upper half of a number only: if it were much better, what users give away would be too much.
  expect(worst).toBeGreaterThan(0.5);
});
