import { describe, expect, it } from "vitest";
import { halfExp, smallestExponent } from "../../src/kernels/half-exp.ts";

describe("halfExp", () => {
  it("is within 9.5e-8 (relative) of e^(d/2) and a float32 number, over its whole range", () => {
    let largest = 0;
    for (let i = 0; i <= 200_000; i++) {
      const d = Math.fround((smallestExponent * i) / 200_000);
      const h = halfExp(d);
      if (Math.fround(h) !== h) throw new Error(`${h} is no float32`);
      largest = Math.max(largest, Math.abs(h / Math.exp(d / 2) - 1));
    }
    expect(largest).toBeLessThan(9.5e-8);
  });

  it("is exactly 1 at 0, also at −0, and never above 1", () => {
    expect(halfExp(0)).toBe(1);
    expect(halfExp(-0)).toBe(1);
    for (let d = -1; d < -1e-40; d = Math.fround(d * 0.9)) expect(halfExp(d)).toBeLessThanOrEqual(1);
  });

  it("its fourth power is a normal float32 down to the smallest exponent", () => {
    expect(halfExp(smallestExponent) ** 4).toBeGreaterThan(2 ** -126);
  });
});
