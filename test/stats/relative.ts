import { expect } from "vitest";

/** Expects `found` within `tolerance` of `expected`, relative to its size: the tolerance is the accuracy claimed. */
export function expectRelative(found: number, expected: number, tolerance: number, what = ""): void {
  const error = expected === 0 ? Math.abs(found) : Math.abs(found / expected - 1);
  expect(error, `${what}: found ${found}, expected ${expected}`).toBeLessThanOrEqual(tolerance);
}
