import { expect, test } from "vitest";
import { exactPath } from "../../src/exits/exact-path.ts";
import { exitRecords } from "../../src/exits/exit-records.ts";
import { lossesAt, lossSums } from "../../src/exits/risk-path.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { exactPieces, plainRows } from "../support/direct.ts";
import {
  goldenConfidences,
  goldenCount,
  goldenExitCount,
  goldenLosses,
  goldenSweep,
  thresholdOf,
} from "../support/golden-sweep.ts";
import { lossKinds, randomTable } from "../support/random-tables.ts";

test("golden pieces: every lower end and every loss sum", () => {
  const path = exactPath(exitRecords(goldenConfidences, goldenCount, goldenExitCount), goldenLosses);
  const sums = lossSums(path);
  expect(path.kind).toBe("exact");
  expect(Array.from(path.lambdas, (lambda, k) => [lambda, sums[k]])).toEqual(
    goldenSweep.pieces.map(([lambda, sum]) => [thresholdOf(lambda), sum]),
  );
});

test("piece k is what deploying its lower end gives: nothing at the largest confidence, everything at −∞", () => {
  const path = exactPath(
    exitRecords(Float32Array.of(0.5, 0.75, 9, 0.75, 0.25, 9), 2, 3),
    Float64Array.of(1, 2, 0, 4, 8, 0),
  );
  expect([...path.lambdas]).toEqual([0.75, 0.5, Number.NEGATIVE_INFINITY]);
  expect([-1, 0, 1, 2].map((k) => [...lossesAt(path, k)])).toEqual([
    [0, 0],
    [0, 0],
    [2, 4],
    [1, 4],
  ]);
});

test("equal confidences of all samples make two pieces", () => {
  const path = exactPath(exitRecords(new Float32Array(30).fill(0.3), 10, 3), new Float64Array(30).fill(1));
  expect([...path.lambdas]).toEqual([Math.fround(0.3), Number.NEGATIVE_INFINITY]);
  expect([...lossSums(path)]).toEqual([0, 10]);
});

test("random tables: the pieces of the plain evaluation, no more and no fewer", () => {
  for (let run = 0; run < 150; run++) {
    const random = seededRandom(201, run);
    const { table, confidence, risk } = randomTable(random, 1 + random.integer(120), lossKinds[run % 4]);
    const confidences = table.confidences.get(confidence)!;
    const losses = table.losses.get(risk)!.values;
    const path = exactPath(exitRecords(confidences, table.sampleCount, table.exitCount), losses);
    const pieces = exactPieces(plainRows(confidences, losses, table.exitCount));
    expect(Array.from(path.lambdas, (lambda, k) => ({ lambda, losses: [...lossesAt(path, k)] }))).toEqual(pieces);
  }
});
