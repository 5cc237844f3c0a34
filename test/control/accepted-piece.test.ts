import { describe, expect, test } from "vitest";
import { acceptedPiece } from "../../src/control/accepted-piece.ts";
import { parseMethod, resolveMethod } from "../../src/control/methods.ts";
import { preparePath } from "../../src/control/prepared-path.ts";
import { rowPositions } from "../../src/control/problem.ts";
import type { Method } from "../../src/control/types.ts";
import { exactPath } from "../../src/exits/exact-path.ts";
import { exitRecords } from "../../src/exits/exit-records.ts";
import { gridPath } from "../../src/exits/grid-path.ts";
import type { RiskPath } from "../../src/exits/risk-path.ts";
import type { LossKind } from "../../src/exits/types.ts";
import {
  goldenConfidences,
  goldenCount,
  goldenExitCount,
  goldenKind,
  goldenLosses,
  goldenSweep,
  thresholdOf,
} from "../support/golden-sweep.ts";

function piece(path: RiskPath, label: string, kind: LossKind, epsilon: number, delta = 0.1): number {
  const method = resolveMethod(parseMethod(label) as Method, kind);
  const prepared = preparePath(path, kind, rowPositions(path.sampleCount, { seed: 0, shuffle: false }));
  return acceptedPiece(method, prepared, { epsilon, delta });
}

function threshold(path: RiskPath, label: string, kind: LossKind, epsilon: number, delta = 0.1): number {
  const k = piece(path, label, kind, epsilon, delta);
  return k < 0 ? Number.POSITIVE_INFINITY : path.lambdas[k];
}

const goldenRecords = exitRecords(goldenConfidences, goldenCount, goldenExitCount);

describe("golden thresholds of the exact sweep", () => {
  const path = exactPath(goldenRecords, goldenLosses);
  const { naive, crc_first, crc_mono, crc_last, star_exact, wsr_exact, hb_exact } = goldenSweep;
  const byMethod: Record<string, Record<string, number | string>> = {
    naive,
    "crc:first-failure": crc_first,
    "crc:monotone": crc_mono,
    "crc:last-pass": crc_last,
    "ucb:star": star_exact,
    "ucb:wsr": wsr_exact,
    "ucb:hb": hb_exact,
  };
  const cases = Object.entries(byMethod).flatMap(([label, row]) =>
    Object.entries(row).map(([epsilon, value]) => ({ label, epsilon: Number(epsilon), expected: thresholdOf(value) })),
  );
  test.each(cases)("$label at ε = $epsilon", ({ label, epsilon, expected }) => {
    expect(threshold(path, label, goldenKind, epsilon)).toBe(expected);
  });
});

describe("golden rows of a fixed grid", () => {
  const path = gridPath(goldenRecords, goldenLosses, Float64Array.from(goldenSweep.grid));
  const { crc_first_grid, crc_mono_grid, crc_last_grid, star_grid, wsr_grid, hb_clip_grid } = goldenSweep;
  const byMethod: Record<string, Record<string, number>> = {
    "crc:first-failure": crc_first_grid,
    "crc:monotone": crc_mono_grid,
    "crc:last-pass": crc_last_grid,
    "ltt:star": star_grid,
    "ltt:wsr": wsr_grid,
    "ltt:hb": hb_clip_grid,
  };
  const cases = Object.entries(byMethod).flatMap(([label, row]) =>
    Object.entries(row).map(([epsilon, expected]) => ({ label, epsilon: Number(epsilon), expected })),
  );
  test.each(cases)("$label at ε = $epsilon is row $expected", ({ label, epsilon, expected }) => {
    expect(piece(path, label, goldenKind, epsilon)).toBe(expected);
  });
});

/** Samples of a network with one early exit, as [count, confidence, loss]. */
function single(...groups: readonly (readonly [count: number, confidence: number, loss: number])[]): RiskPath {
  const rows = groups.flatMap(([count, confidence, loss]) => Array.from({ length: count }, () => [confidence, loss]));
  const confidences = Float64Array.from(rows.flatMap(([confidence]) => [confidence, Number.NaN]));
  const losses = Float64Array.from(rows.flatMap(([, loss]) => [loss, 0]));
  return exactPath(exitRecords(confidences, rows.length, 2), losses);
}

const signed: LossKind = { name: "signed", lower: -1, upper: 1, binary: false };
const binary: LossKind = { name: "binary", lower: 0, upper: 1, binary: true };
const unit: LossKind = { name: "unit", lower: 0, upper: 1, binary: false };

describe("the first failure ends the walk", () => {
  // `count` samples lose 1 at exit 2 (left below .9) and nothing at exit 1 (left below .5): the risk rises and falls again.
  function bump(count: number, calm: number): RiskPath {
    const rows = Array.from({ length: count + calm }, (_, i) => (i < count ? [0.5, 0.9, 9] : [0.1, 0, 9]));
    const losses = rows.flatMap((_, i) => (i < count ? [0, 1, 0] : [0, 0, 0]));
    return exactPath(exitRecords(Float64Array.from(rows.flat()), rows.length, 3), Float64Array.from(losses));
  }

  test.each(["ucb:cp", "ucb:hb", "ucb:wsr", "ucb:star", "crc:first-failure", "crc:monotone"])("for %s", (label) => {
    expect(threshold(bump(8, 92), label, binary, 0.05)).toBe(0.9);
  });

  test("but not for naive and crc:last-pass, which promise nothing", () => {
    for (const label of ["naive", "crc:last-pass"]) {
      expect(threshold(bump(8, 92), label, binary, 0.05)).toBe(Number.NEGATIVE_INFINITY);
    }
  });

  test("λ̂ is the confidence of the group that fails, at which no sample of it leaves", () => {
    // cp at n = 100, ε = .05, δ = .1 certifies one loss; the second comes at .6
    const path = single([30, 0.9, 0], [1, 0.8, 1], [1, 0.6, 1], [68, 0.4, 0]);
    expect(threshold(path, "ucb:cp", binary, 0.05)).toBe(0.6);
    expect(piece(path, "ucb:cp", binary, 0.05)).toBe(2);
  });
});

describe("crc with one early exit", () => {
  // n = 39, ε = .05, B = 1: the budget is 40 · .05 − 1 = 1.
  const tied = single([1, 0.9, 1], [1, 0.8, 1], [1, 0.8, -1], [36, 0.1, 0]);

  test("charges a group of ties with its increases; the net sum would not be valid", () => {
    expect(threshold(tied, "crc:first-failure", signed, 0.05)).toBe(0.8);
    expect(threshold(tied, "crc:last-pass", signed, 0.05)).toBe(Number.NEGATIVE_INFINITY);
  });

  test("lets earlier decreases pay, once they are behind", () => {
    const paid = single([1, 0.9, -1], [2, 0.8, 1], [36, 0.1, 0]);
    expect(threshold(paid, "crc:first-failure", signed, 0.05)).toBe(Number.NEGATIVE_INFINITY);
    expect(threshold(paid, "crc:monotone", signed, 0.05)).toBe(0.8);
  });

  test("never exits on too few samples, however good they are; Eq. 10 as printed would", () => {
    const good = single([18, 0.5, -1]);
    expect(piece(good, "crc:first-failure", signed, 0.05)).toBe(-1);
    expect(piece(good, "crc:monotone", signed, 0.05)).toBe(-1);
    expect(threshold(good, "crc:last-pass", signed, 0.05)).toBe(Number.NEGATIVE_INFINITY);
    expect(piece(single([19, 0.5, -1]), "crc:first-failure", signed, 0.05)).toBe(1);
    // nor on a grid whose first row already sums to −18, which alone would pay for the missing sample
    const records = exitRecords(
      Float64Array.from({ length: 36 }, () => 0.5),
      18,
      2,
    );
    const losses = Float64Array.from({ length: 36 }, (_, j) => (j % 2 ? 0 : -1));
    expect(piece(gridPath(records, losses, Float64Array.of(0)), "crc:first-failure", signed, 0.05)).toBe(-1);
  });
});

describe("the slack of 1e-9", () => {
  test("forgives products that fall just below a whole number", () => {
    // 100 · .29 = 28.999999999999996
    const naive = single([29, 0.9, 1], [71, 0.5, 1]);
    expect(threshold(naive, "naive", binary, 0.29)).toBe(0.5);
    const crc = single([28, 0.9, 1], [71, 0.5, 1]);
    for (const variant of ["first-failure", "monotone", "last-pass"]) {
      expect(threshold(crc, `crc:${variant}`, binary, 0.29), variant).toBe(0.5);
    }
    // and a sample count that is just enough: 100 · .29 = B = 29
    const dear: LossKind = { name: "dear", lower: 0, upper: 29, binary: false };
    for (const variant of ["first-failure", "monotone", "last-pass"]) {
      expect(piece(single([99, 0.9, 0]), `crc:${variant}`, dear, 0.29), variant).toBe(1);
    }
  });

  test("forgives sums that fall just above one", () => {
    // .1 + .2 + .7 times 30 is 30 in tenths, 30.000000000000004 or so in doubles
    const path = single([30, 0.9, 0.1], [30, 0.9, 0.2], [30, 0.9, 0.7], [10, 0.5, 1]);
    expect(threshold(path, "naive", unit, 0.3)).toBe(0.5);
  });

  test("is granted once by hb, as in its p-value", () => {
    // n = 1000, ε = .05, δ = .1: sums up to 37 are certified
    const sumOf37And = (more: number) => single([36, 0.9, 1], [1, 0.9, 0.5], [1, 0.9, 0.5 + more], [962, 0.5, 1]);
    expect(threshold(sumOf37And(0), "ltt:hb", unit, 0.05)).toBe(0.5);
    expect(threshold(sumOf37And(5e-10), "ltt:hb", unit, 0.05)).toBe(0.5);
    expect(threshold(sumOf37And(1.5e-9), "ltt:hb", unit, 0.05)).toBe(0.9);
  });
});

describe("hb", () => {
  test("clips each loss, never the sum", () => {
    // n = 100: clipped sums up to 1.107 are certified; the net sum here is 0
    const path = single([5, 0.9, 1], [5, 0.9, -1], [90, 0.5, 0]);
    expect(threshold(path, "ltt:hb", signed, 0.05)).toBe(0.9);
    expect(threshold(single([1, 0.9, 1], [9, 0.9, -1], [90, 0.5, 0]), "ltt:hb", signed, 0.05)).toBe(
      Number.NEGATIVE_INFINITY,
    );
  });

  test("rescales losses and ε by B, both", () => {
    const wide: LossKind = { name: "wide", lower: 0, upper: 2, binary: false };
    // the same data in units of B = 2: sum 2 · 1 at 2 · ε
    for (const losses of [1, 2]) {
      const path = single([losses, 0.9, 2], [100 - losses, 0.5, 0]);
      const halved = single([losses, 0.9, 1], [100 - losses, 0.5, 0]);
      expect(threshold(path, "ltt:hb", wide, 0.1)).toBe(threshold(halved, "ltt:hb", unit, 0.05));
    }
  });
});

test("whatever does not depend on ε is computed once", () => {
  const path = single([3, 0.5, 1]);
  const prepared = preparePath(path, binary, Uint32Array.of(0, 1, 2));
  expect(prepared.sums()).toBe(prepared.sums());
  expect(prepared.clippedSums()).toBe(prepared.sums());
  expect(preparePath(path, signed, Uint32Array.of(0, 1, 2)).clippedSums()).not.toBe(prepared.sums());
});
