import { expect, test } from "vitest";
import { calibrate } from "../../src/control/calibrate.ts";
import { methodLabel, parseMethod } from "../../src/control/methods.ts";
import { exitTableProblem } from "../../src/control/problem.ts";
import { sweep } from "../../src/control/sweep.ts";
import type { Method } from "../../src/control/types.ts";
import { exitsAsCosts } from "../../src/exits/efficiency.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { lossKinds, randomTable } from "../support/random-tables.ts";

const methods = ["naive", "crc", "ucb", "ltt:hb"].map((text) => parseMethod(text) as Method);
const named = [0, 1].map((k) => {
  const made = randomTable(seededRandom(500, k), 150, lossKinds[k]);
  const problem = exitTableProblem(made.table, made.confidence, made.risk, false, { seed: 0, shuffle: true });
  return { risk: made.risk, confidence: made.confidence, problem };
});
const request = {
  methods,
  epsilons: [0.05, 0.2],
  delta: 0.1,
  grid: { kind: "exact" },
  costs: exitsAsCosts(6),
} as const;

test("risk, then method, then ε, one row each", () => {
  let told = 0;
  const rows = sweep(named, request, () => told++);
  expect(told).toBe(16);
  expect(rows.map((row) => [row.risk, methodLabel(row.method), row.epsilon])).toEqual(
    ["signed", "binary"].flatMap((risk) =>
      ["naive", "crc:first-failure", risk === "binary" ? "ucb:cp" : "ucb:star", "ltt:hb"].flatMap((label) => [
        [risk, label, 0.05],
        [risk, label, 0.2],
      ]),
    ),
  );
});

test("a row is a calibration; δ is null where it is not used, and what needs trials is null", () => {
  const rows = sweep(named, request);
  for (const [index, row] of rows.entries()) {
    const { problem } = named[index < 8 ? 0 : 1];
    const level = { epsilon: row.epsilon, delta: 0.1 };
    const { costs, grid } = request;
    const alone = calibrate(problem, { method: methods[Math.floor(index / 2) % 4], level, grid, costs });
    expect(row).toMatchObject({
      method: alone.method,
      grid: "exact",
      delta: alone.method.bound ? 0.1 : null,
      threshold: alone.threshold,
      policy: alone.policy,
      empiricalRisk: alone.empiricalRisk,
      meanExit: alone.efficiency!.meanExit,
      meanCost: alone.efficiency!.meanCost,
      saving: alone.efficiency!.saving,
      testRisk: null,
      trueRisk: null,
      violationShare: null,
      violationInterval: null,
    });
  }
});
