import { expect, test } from "vitest";
import { turningPoint } from "../../src/stats/root.ts";

test("brackets a root by two neighbouring doubles", () => {
  const { low, high } = turningPoint((x) => x * x < 2, 0, 2);
  expect(low).toBeLessThan(high);
  expect(low * low).toBeLessThan(2);
  expect(high * high).toBeGreaterThanOrEqual(2);
  expect(high - low).toBe(2 ** -52);
});

test("finds tiny roots with full relative accuracy", () => {
  const { low, high } = turningPoint((x) => x < 1e-200, 0, 1);
  expect(high).toBe(1e-200);
  expect(low).toBeLessThan(high);
});

test("gives back an interval that has nothing inside", () => {
  expect(turningPoint(() => true, 1, 1)).toEqual({ low: 1, high: 1 });
});
