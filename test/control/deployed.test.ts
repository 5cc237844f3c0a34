import { expect, test } from "vitest";
import { deploy, deployRow } from "../../src/control/deployed.ts";
import type { LossTable } from "../../src/exits/types.ts";
import { lossKinds, plainTable } from "../support/random-tables.ts";

test("the strict rule with one threshold: exits, counts and losses", () => {
  const confidences = Float32Array.of(0.5, 0.75, 9, 0.25, 0.5, 9, 0.75, 0.25, 9);
  const losses = Float64Array.of(1, 2, 0, 3, 4, 0, 5, 6, 0);
  const table = plainTable(confidences, losses, lossKinds[2], 3);
  const { taken, exitCounts, losses: found } = deploy(table, "top1", 0.5, losses);
  expect([[...taken!], [...exitCounts!], [...found]]).toEqual([
    [1, 2, 0],
    [1, 1, 1],
    [2, 0, 5],
  ]);
  expect([...deploy(table, "top1", Number.POSITIVE_INFINITY, losses).losses]).toEqual([0, 0, 0]);
  expect([...deploy(table, "top1", Number.NEGATIVE_INFINITY, losses).taken!]).toEqual([0, 0, 0]);
});

test("a certified row of a loss table is found by its λ, exactly", () => {
  const table: LossTable = {
    sampleCount: 2,
    lambdas: Float64Array.of(0.9, 0.5, 0.1),
    direction: "down",
    losses: Float64Array.of(0, 0, 0.25, 0, 0.5, 1),
    kind: { name: "custom", lower: 0, upper: 1, binary: false },
    referenceRow: 0,
    scores: false,
    meanExits: null,
    exits: null,
    costUnit: "exits",
  };
  const { row, deployed } = deployRow(table, 0.1);
  expect([row, [...deployed.losses], deployed.taken, deployed.exitCounts]).toEqual([2, [0.5, 1], null, null]);
  const message = "the table has no row with λ = 0.5000001, nearest is 0.5";
  expect(() => deployRow(table, 0.5000001)).toThrow(expect.objectContaining({ code: "table-invalid", message }));
});
