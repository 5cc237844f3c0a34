import { expect, test } from "vitest";
import {
  formatCount,
  formatList,
  formatNumber,
  formatPercent,
  formatPValue,
  formatRange,
  formatThreshold,
} from "../../src/report/format.ts";

test.each([
  [0.049876, "0.04988"],
  [0.05, "0.05"],
  [0.1 + 0.2, "0.3"],
  [12345.6, "12346"],
  [1234.5678, "1235"],
  [123.456, "123.5"],
  [50000, "50000"],
  [-0, "0"],
  [-0.25, "-0.25"],
  [1.23456e-9, "1.235e-9"],
  [Number.POSITIVE_INFINITY, "∞"],
  [Number.NEGATIVE_INFINITY, "-∞"],
  [Number.NaN, "not a number"],
])("formatNumber %d", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [0.536, "53.6 %"],
  [0, "0.0 %"],
  [1, "100.0 %"],
  [0.0001, "< 0.1 %"],
  [0.9999, "> 99.9 %"],
  [-0.00001, "0.0 %"],
  [-0.123, "-12.3 %"],
  [1.25, "125.0 %"],
  [Number.NaN, "not a number"],
])("formatPercent %d", (value, text) => {
  expect(formatPercent(value)).toBe(text);
});

test.each([
  [Math.fround(0.1), "0.10000000149011612"],
  [0.8371205925941467, "0.8371205925941467"],
  [Number.MAX_VALUE, "never exit"],
  [-Number.MAX_VALUE, "first exit"],
  [Number.NaN, "not a number"],
])("formatThreshold %d keeps every digit", (value, text) => {
  expect(formatThreshold(value)).toBe(text);
});

test("p-values, ranges, counts and lists", () => {
  expect([0.00001, 0.0001, 0.012345, 0.09998, 1].map(formatPValue)).toEqual([
    "< 0.0001",
    "0.0001",
    "0.01235",
    "0.09998",
    "1",
  ]);
  expect(formatRange(-1, 1)).toBe("[-1, 1]");
  expect(formatCount(1, "sample")).toBe("1 sample");
  expect(formatCount(0, "exit")).toBe("0 exits");
  expect(formatCount(2, "policy", "policies")).toBe("2 policies");
  expect(formatList(["a"])).toBe("a");
  expect(formatList(["a", "b", "c"])).toBe("a, b and c");
  expect(formatList(["a", "b"], "or")).toBe("a or b");
  expect(formatList([])).toBe("");
});
