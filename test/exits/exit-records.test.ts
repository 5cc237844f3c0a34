import { describe, expect, test } from "vitest";
import { exitRecords } from "../../src/exits/exit-records.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { lossKinds, randomTable } from "../support/random-tables.ts";

const records = (confidences: readonly number[], sampleCount: number, exitCount: number) => {
  const { values, samples, exits } = exitRecords(Float32Array.from(confidences), sampleCount, exitCount);
  return Array.from(values, (value, j) => [value, samples[j], exits[j]]);
};

describe("exit records", () => {
  test("are the strict records of each sample's running maximum, safest first", () => {
    // Sample 0 can never leave at exit 2 (.25 after .5) nor sample 1 at exit 3 (equal to its exit 2).
    expect(records([0.5, 0.25, 0.75, 9, 0.125, 0.5, 0.5, 9], 2, 4)).toEqual([
      [0.75, 0, 2],
      [0.5, 0, 0],
      [0.5, 1, 1],
      [0.125, 1, 0],
    ]);
  });

  test("do not read the last exit, whatever is there", () => {
    for (const last of [Number.NaN, Number.POSITIVE_INFINITY, 5]) {
      expect(records([0.5, last, 0.25, last], 2, 2)).toEqual([
        [0.5, 0, 0],
        [0.25, 1, 0],
      ]);
    }
  });

  test("take −0 and 0 for the same number", () => {
    const found = records([-0, 0, 0, 0, -0, 0, 0, 0], 2, 4);
    expect(found).toEqual([
      [0, 0, 0],
      [0, 1, 0],
    ]);
    expect(found.every(([value]) => Object.is(value, 0))).toBe(true);
  });

  test("sort negative, tiny and huge numbers, ties by sample", () => {
    const numbers = [-2, 3e38, 1e-40, -1e-40, -3e38, 0, 0.5, -2];
    const found = records(
      numbers.flatMap((value) => [value, 0]),
      numbers.length,
      2,
    );
    expect(found.map(([, sample]) => sample)).toEqual([1, 6, 2, 5, 3, 0, 7, 4]);
  });

  test("keep float64 values that float32 cannot tell apart", () => {
    const found = exitRecords(Float64Array.of(0.1, 0, 0.1 + 1e-12, 0), 2, 2);
    expect([...found.values]).toEqual([0.1 + 1e-12, 0.1]);
    expect([...found.samples]).toEqual([1, 0]);
  });

  test("agree between the fast float32 order and the plain float64 one", () => {
    for (let run = 0; run < 100; run++) {
      const random = seededRandom(200, run);
      const { table, confidence } = randomTable(random, 1 + random.integer(200), lossKinds[0]);
      const single = table.confidences.get(confidence)!;
      const { sampleCount, exitCount } = table;
      expect(exitRecords(single, sampleCount, exitCount)).toEqual(
        exitRecords(Float64Array.from(single), sampleCount, exitCount),
      );
    }
  });
});
