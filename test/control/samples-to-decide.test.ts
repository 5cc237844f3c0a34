import { describe, expect, test } from "vitest";
import { powerAt } from "../../src/control/plan.ts";
import { samplesToDecide } from "../../src/control/samples-to-decide.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { mirrorStarLogWealth, starLogWealth } from "../../src/stats/star.ts";
import vectors from "../reference/control/vectors.json" with { type: "json" };

const binary: LossKind = { name: "binary", lower: 0, upper: 1, binary: true };
const signed: LossKind = { name: "signed", lower: -1, upper: 1, binary: false };
const levels = { epsilon: 0.05, delta: 0.1, alpha: 0.05 };
const atRisk = (risk: number, n: number) =>
  Float64Array.from({ length: n }, (_, i) => (i < Math.round(risk * n) ? 1 : 0));

describe("0/1 losses", () => {
  test.each(vectors.samplesToDecide)("a risk of $risk against .05 is decided towards $toward", ({ risk, between }) => {
    // Power is a saw in n: any count between its first and its last crossing of .8 is right, then two digits upwards.
    const found = samplesToDecide(atRisk(risk, 100), binary, levels) as number;
    const unit = 10 ** (String(found).length - 2);
    expect(found).toBeGreaterThanOrEqual(between[0]);
    expect(found).toBeLessThan(between[1] + unit);
    expect(found % unit).toBe(0);
  });

  test("depend on the observed risk only", () => {
    expect(samplesToDecide(atRisk(0.04, 5000), binary, levels)).toBe(samplesToDecide(atRisk(0.04, 50), binary, levels));
  });

  test.each(vectors.powerOfHolds)(
    "a healthy threshold (true risk .043) holds at n = $n with power $power",
    ({ n, power }) => {
      const cp = { name: "ucb", bound: "cp", crc: null } as const;
      expect(powerAt(cp, { epsilon: 0.05, delta: 0.1 }, binary, 0.043, n)).toBeCloseTo(power, 9);
    },
  );

  test("nothing decides at ε itself, nor within a million rows just beside it", () => {
    expect(samplesToDecide(atRisk(0.05, 100), binary, levels)).toBeNull();
    expect(samplesToDecide(atRisk(0.04999, 100_000), binary, levels)).toBeNull();
    expect(samplesToDecide(atRisk(0.05001, 100_000), binary, levels)).toBeNull();
  });
});

describe("all other losses", () => {
  // 20 % of the samples differ: shares of −1 and 1 that give the wanted mean.
  const mixed = (mean: number) =>
    Float64Array.from({ length: 1000 }, (_, i) => (i < 100 - 500 * mean ? -1 : i < 200 ? 1 : 0));

  test.each([-0.05, 0.02, 0.15])("mean %f: new rows decide with a power of about .8", (mean) => {
    const losses = mixed(mean);
    const n = samplesToDecide(losses, signed, levels) as number;
    let decided = 0;
    for (let run = 0; run < 300; run++) {
      const random = seededRandom(300, run);
      const fresh = Float64Array.from({ length: n }, () => losses[random.integer(1000)]);
      const wealth = mean < 0.05 ? starLogWealth(fresh, 0.05, 0.1, 1) : mirrorStarLogWealth(fresh, 0.05, 0.05, -1);
      if (wealth >= Math.log(mean < 0.05 ? 10 : 20) - 1e-12) decided++;
    }
    // 100 replicates chose n (standard error .04), 300 judge it (.023).
    expect(decided / 300).toBeGreaterThan(0.66);
    expect(decided / 300).toBeLessThan(0.93);
    expect(samplesToDecide(losses, signed, levels)).toBe(n);
  });
});
