import { describe, expect, test } from "vitest";
import { exactPath } from "../../src/exits/exact-path.ts";
import { exitRecords } from "../../src/exits/exit-records.ts";
import {
  clippedPath,
  exitCountsAt,
  exitWeightSums,
  lossesAt,
  lossSums,
  monotonePath,
  nonMonotoneShare,
  pieceAt,
  tieCharges,
} from "../../src/exits/risk-path.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { exactPieces, exitOf, plainRows } from "../support/direct.ts";
import { lossKinds, randomTable } from "../support/random-tables.ts";

/** Two samples, three exits: sample 0 leaves at exit 2 below .75 and at exit 1 below .5; sample 1 at exit 1 below .75. */
const path = exactPath(
  exitRecords(Float32Array.of(0.5, 0.75, 9, 0.75, 0.25, 9), 2, 3),
  Float64Array.of(-0.5, 0.5, 0, -1, 8, 0),
);

describe("a walk by hand", () => {
  test("sums, and what first-failure CRC is charged for a group of equal confidences", () => {
    expect([...lossSums(path)]).toEqual([0, -0.5, -1.5]);
    // At .75 one loss rises by .5 and another falls by 1: only the rise is charged, on the sum before it.
    expect([...tieCharges(path, lossSums(path))]).toEqual([0, 0.5, -0.5]);
  });

  test("clipped and monotone losses are taken per sample", () => {
    expect([...lossSums(clippedPath(path))]).toEqual([0, 0.5, 0]);
    expect([...lossSums(monotonePath(path))]).toEqual([0, 0.5, 0.5]);
    expect([...lossesAt(monotonePath(path), 2)]).toEqual([0.5, 0]);
  });

  test("both samples' losses fall somewhere", () => {
    expect(nonMonotoneShare(path)).toBe(1);
    expect(nonMonotoneShare(monotonePath(path))).toBe(0);
  });

  test("exits and costs", () => {
    expect([-1, 0, 1, 2].map((k) => [...exitCountsAt(path, k, 3)])).toEqual([
      [0, 0, 2],
      [0, 0, 2],
      [1, 1, 0],
      [2, 0, 0],
    ]);
    expect([...exitWeightSums(path, [1, 10, 100])]).toEqual([200, 11, 2]);
  });

  test("a threshold belongs to the piece whose lower end it is, and to the one below it where it is lower", () => {
    const found = [9, 0.76, 0.75, 0.7499, 0.5, 0.49, Number.NEGATIVE_INFINITY].map((lambda) => pieceAt(path, lambda));
    expect(found).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });
});

describe("random walks", () => {
  test("agree with the plain evaluation on every piece and between pieces", () => {
    for (let run = 0; run < 120; run++) {
      const random = seededRandom(203, run);
      const { table, confidence, risk } = randomTable(random, 1 + random.integer(80), lossKinds[run % 4]);
      const { sampleCount, exitCount } = table;
      const confidences = table.confidences.get(confidence)!;
      const losses = table.losses.get(risk)!.values;
      const walk = exactPath(exitRecords(confidences, sampleCount, exitCount), losses);
      const rows = plainRows(confidences, losses, exitCount);
      const pieces = exactPieces(rows);
      const sums = lossSums(walk);
      const clipped = lossSums(clippedPath(walk));
      const weights = Array.from({ length: exitCount }, (_, l) => 2 ** l + 0.25);
      const costs = exitWeightSums(walk, weights);
      let worst: readonly number[] = rows.losses.map(() => 0);
      for (const [k, piece] of pieces.entries()) {
        const exits = rows.confidences.map((row) => exitOf(row, piece.lambda));
        expect(sums[k]).toBeCloseTo(
          piece.losses.reduce((sum, x) => sum + x, 0),
          11,
        );
        expect(clipped[k]).toBeCloseTo(
          piece.losses.reduce((sum, x) => sum + Math.max(0, x), 0),
          11,
        );
        expect(costs[k]).toBeCloseTo(
          exits.reduce((sum, exit) => sum + weights[exit], 0),
          9,
        );
        expect([...exitCountsAt(walk, k, exitCount)]).toEqual(
          weights.map((_, l) => exits.filter((e) => e === l).length),
        );
        worst = worst.map((w, i) => Math.max(w, piece.losses[i]));
        expect([...lossesAt(monotonePath(walk), k)].map((x) => x + 0)).toEqual(worst);
        expect(pieceAt(walk, piece.lambda)).toBe(k);
        if (k > 0) {
          const above = pieces[k - 1].lambda;
          const inside = Number.isFinite(piece.lambda) ? (piece.lambda + above) / 2 : above - 1;
          expect(pieceAt(walk, inside)).toBe(k);
        }
      }
      const falls = rows.losses.filter((_, i) =>
        pieces.some((p, k) => p.losses[i] < (k ? pieces[k - 1].losses[i] : 0)),
      );
      expect(nonMonotoneShare(walk)).toBeCloseTo(falls.length / sampleCount, 14);
    }
  });

  test("whole-number losses add exactly, tenths without drift", () => {
    const random = seededRandom(204);
    const n = 4000;
    const confidences = Float32Array.from({ length: 3 * n }, () => random.uniform());
    const tenths = Float64Array.from({ length: 3 * n }, (_, i) => (i % 3 === 2 ? 0 : random.integer(21) / 10 - 1));
    const sums = lossSums(exactPath(exitRecords(confidences, n, 3), tenths));
    const last = Array.from({ length: n }, (_, i) => Math.round(10 * tenths[3 * i])).reduce((a, b) => a + b, 0);
    expect(Math.abs(sums[sums.length - 1] - last / 10)).toBeLessThan(1e-12);
  });
});
