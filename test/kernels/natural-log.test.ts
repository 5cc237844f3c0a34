import { describe, expect, it } from "vitest";
import { naturalLog } from "../../src/kernels/natural-log.ts";

describe("naturalLog", () => {
  it("is within 4e-16 (relative) of 30-digit values rounded to doubles", () => {
    // mpmath 1.3: mp.dps = 30; float(log(mpf(x)))
    const values: [number, number][] = [
      [3, 1.0986122886681098],
      [1.5, 0.4054651081081644],
      [7, 1.9459101490553132],
      [1000, 6.907755278982137],
      [100000, 11.512925464970229],
      [0.3, -1.2039728043259361],
      [2 ** -1074, -744.4400719213812],
      [Number.MAX_VALUE, 709.782712893384],
      [1 + 2 ** -52, 2.220446049250313e-16],
      [1 - 2 ** -53, -1.1102230246251565e-16],
    ];
    for (const [x, expected] of values) expect(Math.abs(naturalLog(x) / expected - 1), `${x}`).toBeLessThan(4e-16);
    expect(naturalLog(1)).toBe(0);
  });

  it("agrees with Math.log to 4e-16 over [1e-8, 1e5]", () => {
    for (let x = 1e-8; x < 1e5; x *= 1.007) {
      const expected = Math.log(x);
      expect(Math.abs(naturalLog(x) - expected)).toBeLessThan(4e-16 * Math.max(1, Math.abs(expected)));
    }
  });

  it("has the limits of a logarithm", () => {
    expect(naturalLog(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(naturalLog(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(naturalLog(-1)).toBeNaN();
    expect(naturalLog(Number.NaN)).toBeNaN();
  });
});
