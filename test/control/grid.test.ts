import { describe, expect, test } from "vitest";
import { resolveGrid, unitSteps } from "../../src/control/grid.ts";

test("equal steps from 1 to 0 are the doubles nearest to their fractions", () => {
  expect([...unitSteps(4)]).toEqual([1, 0.75, 0.5, 0.25, 0]);
  expect(unitSteps(100)).toHaveLength(101);
  // 1 − 71 · .01 would be .29000000000000004
  expect(unitSteps(100)[71]).toBe(0.29);
  expect([...unitSteps(1)]).toEqual([1, 0]);
});

describe("the grid", () => {
  test.each(["auto", "exact"] as const)("%s tests every threshold, for any confidence", (kind) => {
    for (const unit of [true, false]) expect(resolveGrid({ kind }, unit)).toEqual({ values: null, text: "exact" });
  });

  test("a count gives steps of [0, 1]", () => {
    expect(resolveGrid({ kind: "steps", count: 2 }, true)).toEqual({
      values: Float64Array.of(1, 0.5, 0),
      text: "2",
    });
  });

  test("a count is refused for a confidence that may lie outside", () => {
    const refused = expect.objectContaining({ code: "grid-invalid", message: expect.stringContaining("--grid 100") });
    expect(() => resolveGrid({ kind: "steps", count: 100 }, false)).toThrow(refused);
  });

  test("given values are used as they are, for any confidence", () => {
    const values = Float64Array.of(3, -3);
    expect(resolveGrid({ kind: "values", values, text: "file:g.csv" }, false)).toEqual({
      values,
      text: "file:g.csv",
    });
  });
});
