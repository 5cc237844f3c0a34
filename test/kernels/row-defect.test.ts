import { describe, expect, it } from "vitest";
import { allocateExitTable } from "../../src/exits/exit-table.ts";
import { looksLikeProbabilities } from "../../src/kernels/looks-like-probabilities.ts";
import { defectError } from "../../src/kernels/row-defect.ts";
import { scoreRows } from "../../src/kernels/score-rows.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minus } = Number;

/** Two rows of two exits of three classes; the given values are row 1, exit 1. */
function defectOf(values: "logits" | "probs", bad: number[], type: Float32ArrayConstructor | Float64ArrayConstructor) {
  const fine = [0.25, 0.25, 0.5];
  const block = { values: type.from([...fine, ...fine, ...bad, ...fine]), rowCount: 2, exitCount: 2, classCount: 3 };
  const shape = { sampleCount: 2, exitCount: 2, classCount: 3, labels: false, brier: false };
  const table = allocateExitTable({ ...shape, measures: ["entropy"], risks: [] });
  return scoreRows(block, null, { values, measures: ["entropy"], risks: [] }, table, 0);
}

describe("rows that cannot be scored", () => {
  for (const type of [Float32Array, Float64Array]) {
    it(`${type.name} logits: NaN, +∞ and −∞ everywhere`, () => {
      const at = { row: 1, exitIndex: 0 };
      expect(defectOf("logits", [0, nan, 1], type)).toEqual({ ...at, problem: "nan" });
      expect(defectOf("logits", [nan, 0, 1], type)).toEqual({ ...at, problem: "nan" });
      expect(defectOf("logits", [infinity, infinity, 0], type)).toEqual({ ...at, problem: "infinite" });
      expect(defectOf("logits", [minus, minus, minus], type)).toEqual({ ...at, problem: "all-masked" });
      expect(defectOf("logits", [minus, -1e30, minus], type)).toBeNull();
    });

    it(`${type.name} probabilities: negative, above 1.01, zeros only, NaN`, () => {
      for (const bad of [
        [-0.001, 0.5, 0.501],
        [0, 0, 1.02],
        [0, 0, 0],
        [infinity, 0, 0],
      ]) {
        expect(defectOf("probs", bad, type)?.problem).toBe("not-probabilities");
      }
      expect(defectOf("probs", [nan, 0, 1], type)?.problem).toBe("nan");
      expect(defectOf("probs", [0, 0, 1.005], type)).toBeNull();
    });
  }

  it("errors name file, row and exit, and hint at float16 overflow", () => {
    const error = defectError({ row: 2, exitIndex: 1, problem: "infinite" }, "a.npy", 100);
    expect(error.code).toBe("value-not-finite");
    expect(error.message).toBe("a.npy: row 102, exit 2 holds +∞, expected finite numbers");
    expect(error.hint).toContain("float16");
    expect(defectError({ row: 0, exitIndex: 0, problem: "nan" }, "a.npy", 0).message).toContain("holds NaN");
    expect(defectError({ row: 0, exitIndex: 0, problem: "all-masked" }, "a.npy", 0).message).toContain("−∞ only");
    expect(defectError({ row: 0, exitIndex: 0, problem: "not-probabilities" }, "a.npy", 0).code).toBe(
      "values-contradict",
    );
  });
});

describe("looksLikeProbabilities", () => {
  const look = (...rows: number[][]) => {
    const values = Float64Array.from(rows.flat());
    return looksLikeProbabilities({ values, rowCount: rows.length, exitCount: 1, classCount: 2 });
  };

  it("needs every row non-negative and summing to 1 ± 1e-2", () => {
    expect(look([0.5, 0.5], [0.409, 0.6])).toBe(true);
    expect(look([0.5, 0.5], [0.42, 0.6])).toBe(false);
    expect(look([-0.001, 1.001])).toBe(false);
    expect(look([nan, 1])).toBe(false);
    expect(look([infinity, 0])).toBe(false);
    expect(look()).toBe(false);
  });
});
