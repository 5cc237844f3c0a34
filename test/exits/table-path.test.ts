import { expect, test } from "vitest";
import { lossesAt, lossSums, nonMonotoneShare } from "../../src/exits/risk-path.ts";
import { tablePath } from "../../src/exits/table-path.ts";
import type { LossTable } from "../../src/exits/types.ts";

const table: LossTable = {
  sampleCount: 3,
  lambdas: Float64Array.of(0.9, 0.5, 0.1),
  direction: "down",
  losses: Float64Array.of(0, 0.5, 0, 0, 0.5, 1, 0, 0, 1),
  kind: { name: "custom", lower: 0, upper: 1, binary: false },
  referenceRow: 0,
  scores: false,
  meanExits: null,
  exits: null,
  costUnit: "exits",
};

test("one piece per row, safest first; the first row need not be free of loss", () => {
  const path = tablePath(table);
  expect(path.kind).toBe("table");
  expect(path.exits).toBeNull();
  expect(path.lambdas).toBe(table.lambdas);
  expect([...lossSums(path)]).toEqual([0.5, 1.5, 1]);
  for (let k = 0; k < 3; k++) expect([...lossesAt(path, k)]).toEqual([...table.losses.subarray(3 * k, 3 * k + 3)]);
});

test("only losses that differ from the row above are changes", () => {
  const path = tablePath(table);
  expect([...path.changeStart]).toEqual([0, 1, 2, 3]);
  expect([...path.samples]).toEqual([1, 2, 1]);
  expect([...path.before]).toEqual([0, 0, 0.5]);
  expect([...path.after]).toEqual([0.5, 1, 0]);
  expect(nonMonotoneShare(path)).toBeCloseTo(1 / 3, 15);
});
