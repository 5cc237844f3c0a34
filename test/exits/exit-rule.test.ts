import { describe, expect, test } from "vitest";
import { exitsTaken } from "../../src/exits/exit-rule.ts";
import { goldenConfidences, goldenCount, goldenExitCount, goldenSweep } from "../support/golden-sweep.ts";

const taken = (confidences: number[], threshold: number) =>
  exitsTaken(Float32Array.from(confidences), 1, 4, threshold)[0];

describe("the strict exit rule", () => {
  test("leaves at the first exit above the threshold, not at the surest", () => {
    expect(taken([0.2, 0.7, 0.9, 0], 0.6)).toBe(1);
    expect(taken([0.7, 0.2, 0.9, 0], 0.6)).toBe(0);
    expect(taken([0.2, 0.3, 0.4, 1], 0.6)).toBe(3);
  });

  test("does not leave at a confidence equal to the threshold: λ = 1 means never", () => {
    expect(taken([1, 1, 1, 1], 1)).toBe(3);
    expect(taken([0.5, 0.25, 0.75, 0], 0.5)).toBe(2);
    expect(taken([-0, 0, -0, 0], 0)).toBe(3);
    // float32(.1) lies above the double .1
    expect(taken([0.1, 0, 0, 0], 0.1)).toBe(0);
    expect(taken([0.1, 0, 0, 0], Math.fround(0.1))).toBe(3);
  });

  test("never-exit and first-exit are infinite thresholds", () => {
    expect(taken([1e30, 1e30, 1e30, 1e30], Number.POSITIVE_INFINITY)).toBe(3);
    expect(taken([-1e30, 5, 5, 5], Number.NEGATIVE_INFINITY)).toBe(0);
  });

  test("never reads the last exit, and takes NaN for not confident", () => {
    expect(taken([0, 0, 0, Number.NaN], 0.5)).toBe(3);
    expect(taken([Number.NaN, 0.9, 0, 0], 0.5)).toBe(1);
  });

  test.each(goldenSweep.grid.map((lambda, k) => ({ lambda, exits: goldenSweep.exits_on_grid[k] })))(
    "golden exits at λ = $lambda",
    ({ lambda, exits }) => {
      const found = exitsTaken(goldenConfidences, goldenCount, goldenExitCount, lambda);
      expect([...found].map((exit) => exit + 1)).toEqual(exits);
    },
  );
});
