import { describe, expect, test } from "vitest";
import { AUTO_STEPS, EXACT_BETTING_LIMIT, resolveGrid, unitSteps } from "../../src/control/grid.ts";
import { parseMethod } from "../../src/control/methods.ts";
import type { ResolvedMethod } from "../../src/control/types.ts";

const method = (text: string) => parseMethod(text) as ResolvedMethod;

test("equal steps from 1 to 0 are the doubles nearest to their fractions", () => {
  expect([...unitSteps(4)]).toEqual([1, 0.75, 0.5, 0.25, 0]);
  expect(unitSteps(100)).toHaveLength(101);
  // 1 − 71 · .01 would be .29000000000000004
  expect(unitSteps(100)[71]).toBe(0.29);
  expect([...unitSteps(1)]).toEqual([1, 0]);
});

describe("auto", () => {
  const chosen = (text: string, n: number, unit = true) => resolveGrid({ kind: "auto" }, method(text), n, unit).text;

  test("is exact, except for betting bounds above the limit, by the number of rows alone", () => {
    for (const text of ["naive", "crc", "crc:monotone", "ltt:hb", "ucb:cp"]) expect(chosen(text, 1e6)).toBe("exact");
    for (const text of ["ucb:wsr", "ltt:star"]) {
      expect(chosen(text, EXACT_BETTING_LIMIT)).toBe("exact");
      expect(chosen(text, EXACT_BETTING_LIMIT + 1)).toBe(String(AUTO_STEPS));
    }
    expect(AUTO_STEPS).toBe(1000);
  });

  test("stays exact for a confidence of unknown range, where no fixed grid makes sense", () => {
    expect(chosen("ucb:star", 1e6, false)).toBe("exact");
  });
});

describe("asked for", () => {
  const star = method("ucb:star");

  test("exact is obeyed at any size", () => {
    expect(resolveGrid({ kind: "exact" }, star, 1e6, true)).toEqual({ values: null, text: "exact" });
  });

  test("a count gives steps of [0, 1]", () => {
    expect(resolveGrid({ kind: "steps", count: 2 }, star, 10, true)).toEqual({
      values: Float64Array.of(1, 0.5, 0),
      text: "2",
    });
  });

  test("a count is refused for a confidence that may lie outside", () => {
    const refused = expect.objectContaining({ code: "grid-invalid", message: expect.stringContaining("--grid 100") });
    expect(() => resolveGrid({ kind: "steps", count: 100 }, star, 10, false)).toThrow(refused);
  });

  test("given values are used as they are, for any confidence", () => {
    const values = Float64Array.of(3, -3);
    expect(resolveGrid({ kind: "values", values, text: "file:g.csv" }, star, 10, false)).toEqual({
      values,
      text: "file:g.csv",
    });
  });
});
