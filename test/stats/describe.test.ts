import { expect, test } from "vitest";
import { meanAndDeviation, quantile } from "../../src/stats/describe.ts";

test("mean and sample deviation by hand", () => {
  // deviations −1.5, −.5, .5, 1.5: squares sum to 5, divided by 3
  expect(meanAndDeviation([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  expect(meanAndDeviation([7, 7, 7])).toEqual({ mean: 7, deviation: 0 });
});

test("a large offset does not eat the deviation", () => {
  const { mean, deviation } = meanAndDeviation([1e9 + 1, 1e9 + 2, 1e9 + 3]);
  expect(mean).toBe(1e9 + 2);
  expect(deviation).toBe(1);
});

test("one value has no deviation, none has no mean", () => {
  expect(meanAndDeviation([3])).toEqual({ mean: 3, deviation: Number.NaN });
  expect(meanAndDeviation([]).mean).toBeNaN();
});

test("quantiles of type 7", () => {
  // numpy.quantile([1, 2, 3, 4], …)
  expect([0, 0.25, 0.5, 0.9, 1].map((q) => quantile([1, 2, 3, 4], q))).toEqual([1, 1.75, 2.5, 3.7, 4]);
  expect(quantile([5], 0.3)).toBe(5);
  expect(quantile([0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 1)).toBe(Number.POSITIVE_INFINITY);
});

test("quantiles of nothing or beyond [0, 1] are refused", () => {
  expect(() => quantile([], 0.5)).toThrow(RangeError);
  expect(() => quantile([1], 1.1)).toThrow(RangeError);
});
