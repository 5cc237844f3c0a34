import { describe, expect, test } from "vitest";
import { exitRecords } from "../../src/exits/exit-records.ts";
import { gridPath } from "../../src/exits/grid-path.ts";
import { lossesAt, lossSums } from "../../src/exits/risk-path.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { gridPieces, plainRows } from "../support/direct.ts";
import { goldenConfidences, goldenCount, goldenExitCount, goldenLosses, goldenSweep } from "../support/golden-sweep.ts";
import { lossKinds, randomTable } from "../support/random-tables.ts";

describe("a fixed grid", () => {
  test("golden loss sums, row by row", () => {
    const records = exitRecords(goldenConfidences, goldenCount, goldenExitCount);
    const path = gridPath(records, goldenLosses, Float64Array.from(goldenSweep.grid));
    expect(path.kind).toBe("grid");
    expect([...path.lambdas]).toEqual(goldenSweep.grid);
    expect([...lossSums(path)]).toEqual(goldenSweep.sums_on_grid);
  });

  test("a sample that passes two exits between two rows changes once, to where it stands", () => {
    const records = exitRecords(Float32Array.of(0.25, 0.75, 9), 1, 3);
    const path = gridPath(records, Float64Array.of(1, 5, 0), Float64Array.of(1, 0));
    expect([...path.changeStart]).toEqual([0, 0, 1]);
    expect([path.samples[0], path.before[0], path.after[0], path.exits?.[0]]).toEqual([0, 0, 1, 0]);
  });

  test("a confidence equal to a row is not above it", () => {
    const records = exitRecords(Float32Array.of(0.5, 9), 1, 2);
    const path = gridPath(records, Float64Array.of(1, 0), Float64Array.of(0.75, 0.5, 0.25));
    expect([...lossSums(path)]).toEqual([0, 0, 1]);
  });

  test("random tables and grids: the losses of the plain evaluation on every row", () => {
    for (let run = 0; run < 150; run++) {
      const random = seededRandom(202, run);
      const { table, confidence, risk } = randomTable(random, 1 + random.integer(120), lossKinds[run % 4]);
      const confidences = table.confidences.get(confidence)!;
      const losses = table.losses.get(risk)!.values;
      const step = 1 + random.integer(5);
      const grid = Float64Array.from({ length: 12 }, (_, k) => (12 - step * k) / 10);
      const path = gridPath(exitRecords(confidences, table.sampleCount, table.exitCount), losses, grid);
      const pieces = gridPieces(plainRows(confidences, losses, table.exitCount), grid);
      expect(Array.from(path.lambdas, (lambda, k) => ({ lambda, losses: [...lossesAt(path, k)] }))).toEqual(pieces);
    }
  });
});
