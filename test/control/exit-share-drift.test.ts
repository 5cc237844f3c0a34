import { describe, expect, it } from "vitest";
import { exitShareDrift } from "../../src/control/exit-share-drift.ts";
import { seededRandom } from "../../src/stats/random.ts";

describe("exit shares against the calibration's", () => {
  it("are a caution beyond four standard errors, by a calculation by hand", () => {
    // 200 rows each: pooled share p, z = |difference| / sqrt(p (1 − p) · 2/200).
    // 0.5 against 0.69: p = .595, z = .19 / sqrt(.240975 / 100) = 3.8705 → no caution.
    expect(exitShareDrift([138, 62], [0.5, 0.5], 200)).toBe(null);
    // 0.5 against 0.70: p = .6, z = .2 / sqrt(.24 / 100) = 4.0825.
    const caution = exitShareDrift([140, 60], [0.5, 0.5], 200);
    expect(caution).toMatchObject({ code: "exit-shares-moved" });
    // With two exits both moved alike.
    expect(caution!.message).toMatch(/^(70 %.* at exit 1|30 %.* at exit 2), 50 % did in calibration/);
    expect(caution!.message).toContain("eexit check");
  });

  it("name the exit that moved most", () => {
    // Exit 3 loses .2 of 1000 and is the smallest, so that its standard error is the smallest too.
    const caution = exitShareDrift([550, 350, 100], [0.4, 0.3, 0.3], 1000);
    expect(caution!.message).toContain("10 % of the samples leave at exit 3, 30 % did in calibration");
  });

  it("are none where they are equal, or where few rows tell nothing", () => {
    expect(exitShareDrift([50, 30, 20], [0.5, 0.3, 0.2], 1000)).toBe(null);
    expect(exitShareDrift([0, 3], [0.5, 0.5], 1000)).toBe(null);
    expect(exitShareDrift([100, 0], [1, 0], 500)).toBe(null);
  });

  it("are none where the difference is of no consequence, however certain", () => {
    // .019 of 10^7 rows is more than a hundred standard errors.
    expect(exitShareDrift([5_190_000, 4_810_000], [0.5, 0.5], 10_000_000)).toBe(null);
    expect(exitShareDrift([5_210_000, 4_790_000], [0.5, 0.5], 10_000_000)).not.toBe(null);
  });

  it("see an exit that nothing used before, and one that nothing uses now", () => {
    expect(exitShareDrift([80, 20], [1, 0], 500)!.message).toContain("0 % did in calibration");
    expect(exitShareDrift([0, 100], [0.8, 0.2], 500)!.message).toMatch(/^0 % of the samples leave at exit 1/);
  });

  it("seldom raise a false alarm: in 2000 worlds without change at most 3", () => {
    // Beyond 4 standard errors lie 6.3e-5 of a normal law; three dependent looks give 2e-4, 0.4 in 2000 worlds. P(more than 3) < 1e-3.
    const random = seededRandom(11);
    const draw = (rows: number) => {
      const counts = [0, 0, 0];
      for (let row = 0; row < rows; row++) {
        const u = random.uniform();
        counts[u < 0.5 ? 0 : u < 0.8 ? 1 : 2]++;
      }
      return counts;
    };
    let alarms = 0;
    for (let world = 0; world < 2000; world++) {
      const before = draw(300).map((count) => count / 300);
      if (exitShareDrift(draw(200), before, 300) !== null) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(3);
  });
});
