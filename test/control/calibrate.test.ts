import { describe, expect, test } from "vitest";
import { calibrate, referenceName } from "../../src/control/calibrate.ts";
import { parseMethod } from "../../src/control/methods.ts";
import { exitTableProblem, lossTableProblem } from "../../src/control/problem.ts";
import type { CalibrationResult, Method } from "../../src/control/types.ts";
import { exitsAsCosts } from "../../src/exits/efficiency.ts";
import { orderLossTable, type RawLossTable } from "../../src/exits/loss-table.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { seededRandom } from "../../src/stats/random.ts";
import golden from "../reference/golden.json" with { type: "json" };
import { lossKinds, plainTable, randomTable } from "../support/random-tables.ts";

const asGiven = { seed: 0, shuffle: false };
const binary: LossKind = { name: "prediction-consistency", lower: 0, upper: 1, binary: true };

/** 1000 samples, one early exit at confidences falling from 1: `early` losses of 1 above .5, then only losses. */
function network(early: number, kind: LossKind = binary, exitedWell = 600) {
  const rows = Array.from({ length: 1000 }, (_, i) =>
    i < early ? [0.9, 1] : i < early + exitedWell ? [0.7, 0] : [0.5, 1],
  );
  return plainTable(
    Float32Array.from(rows.flatMap(([confidence]) => [confidence, Number.NaN])),
    Float64Array.from(rows.flatMap(([, loss]) => [loss, 0])),
    kind,
    2,
  );
}

function calibrated(
  table: ReturnType<typeof network>,
  text: string,
  epsilon = 0.05,
  costs = exitsAsCosts(2),
): CalibrationResult {
  const [risk] = table.losses.keys();
  const problem = exitTableProblem(table, "top1", risk, false, asGiven);
  return calibrate(problem, {
    method: parseMethod(text) as Method,
    level: { epsilon, delta: 0.1 },
    grid: { kind: "auto" },
    costs,
  });
}

describe("a calibration by hand", () => {
  test("exact binomial: 40 losses of 1000 certify .05, and the result says everything about it", () => {
    const costs = { costs: [2, 8], unit: "GFLOPs" };
    const result = calibrated(network(40), "ucb", 0.05, costs);
    expect(result).toMatchObject({
      policy: "threshold",
      threshold: 0.5,
      method: { name: "ucb", bound: "cp", crc: null },
      guarantee: "high-probability",
      empiricalRisk: 0.04,
      tableRow: null,
      gridText: "exact",
      cautions: [],
    });
    expect(result.statement).toMatch(/probability at least 0\.9 .*1000 .*accuracy drop/);
    // 640 leave at exit 1: (640 · 2 + 360 · 8)/1000
    expect(result.efficiency).toEqual({
      meanExit: 1.36,
      exitShare: [0.64, 0.36],
      meanCost: 4.16,
      fullCost: 8,
      costUnit: "GFLOPs",
      saving: 1 - 4.16 / 8,
    });
  });

  test("one loss more and nothing above the smallest confidence is left", () => {
    const result = calibrated(network(41), "ucb");
    expect([result.policy, result.threshold, result.empiricalRisk]).toEqual(["threshold", Math.fround(0.9), 0]);
    expect(result.efficiency?.saving).toBe(0);
  });

  test("upper bounds at λ̂ are those of the bound (reference values)", () => {
    const { u } = golden.ucb_hb.find((row) => row.n === 1000 && row.S === 40)!;
    const hb = calibrated(network(40), "ltt:hb", 0.07);
    expect([hb.threshold, hb.empiricalRisk]).toEqual([0.5, 0.04]);
    expect(hb.riskUpperBound).toBeCloseTo(u, 9);
    // the same with losses of 0 and 2 and everything doubled
    const wide = { name: "wide", lower: 0, upper: 2, binary: false };
    const doubled = network(40, wide);
    const losses = doubled.losses.get("wide")!.values.map((loss) => 2 * loss);
    const twice = calibrated(
      { ...doubled, losses: new Map([["wide", { kind: wide, values: losses }]]) },
      "ltt:hb",
      0.14,
    );
    expect([twice.threshold, twice.empiricalRisk]).toEqual([0.5, 0.08]);
    expect(twice.riskUpperBound).toBeCloseTo(2 * u, 9);
    // scipy: beta.ppf(.9, 41, 960)
    expect(calibrated(network(40), "ucb:cp").riskUpperBound).toBeCloseTo(0.04915681267762499, 12);
  });

  test("an upper bound at λ̂ never exceeds the ε that was certified there", () => {
    for (let run = 0; run < 120; run++) {
      const random = seededRandom(400, run);
      const { table, confidence, risk, kind } = randomTable(random, 30 + random.integer(200), lossKinds[run % 4]);
      const problem = exitTableProblem(table, confidence, risk, false, asGiven);
      for (const text of ["ltt:hb", "ucb:wsr", "ucb:star", ...(kind.binary ? ["ucb:cp"] : [])]) {
        const epsilon = [0.1, 0.2, 0.4][run % 3];
        const method = parseMethod(text) as Method;
        const costs = exitsAsCosts(table.exitCount);
        const found = calibrate(problem, { method, level: { epsilon, delta: 0.1 }, grid: { kind: "exact" }, costs });
        if (found.policy === "never-exit") expect([found.riskUpperBound, found.empiricalRisk]).toEqual([null, 0]);
        else expect(found.riskUpperBound, text).toBeLessThanOrEqual(epsilon + 1e-12);
      }
    }
  });

  test("naive and crc know no bound", () => {
    for (const text of ["naive", "crc", "crc:monotone"])
      expect(calibrated(network(20), text).riskUpperBound).toBeNull();
  });

  test("never-exit is the full network: no loss, no saving, no bound", () => {
    const result = calibrated(network(40), "ucb", 0.001);
    expect(result).toMatchObject({
      policy: "never-exit",
      threshold: Number.POSITIVE_INFINITY,
      empiricalRisk: 0,
      riskUpperBound: null,
    });
    expect(result.efficiency).toMatchObject({ meanExit: 2, exitShare: [0, 1], saving: 0 });
    expect(result.statement).toContain("the full network");
  });

  test("first-exit sends everything to exit 1", () => {
    const result = calibrated(network(0, binary, 1000), "ucb");
    expect(result).toMatchObject({ policy: "first-exit", threshold: Number.NEGATIVE_INFINITY });
    expect(result.efficiency).toMatchObject({ meanExit: 1, exitShare: [1, 0], saving: 0.5 });
  });
});

test("the same problem and request give the same result", () => {
  const once = calibrated(network(30), "ucb:star");
  expect(calibrated(network(30), "ucb:star")).toEqual(once);
});

describe("a loss table", () => {
  const raw: RawLossTable = {
    name: "t",
    lambdas: Float64Array.of(0.1, 0.5, 0.9),
    values: Float64Array.from({ length: 300 }, (_, i) => (i < 100 ? (i < 50 ? 1 : 0) : 0)),
    scores: false,
    exits: Float64Array.of(2, 5, 10),
  };
  const kind = { name: "custom", lower: 0, upper: 1, binary: true };
  const calibratedTable = (
    change: Partial<RawLossTable>,
    epsilon = 0.05,
    direction: "down" | "up" = "down",
    referenceRow = 0,
  ) => {
    const table = orderLossTable({ ...raw, ...change }, { direction, referenceRow, kind });
    const request = {
      method: parseMethod("ucb") as Method,
      level: { epsilon, delta: 0.1 },
      grid: { kind: "auto" },
      costs: null,
    } as const;
    return calibrate(lossTableProblem(table, false, asGiven), request);
  };

  test("deploys its last certified row and saves what that row's exits save", () => {
    expect(calibratedTable({})).toMatchObject({
      policy: "threshold",
      threshold: 0.5,
      tableRow: 1,
      gridText: "table",
      guarantee: "high-probability",
      efficiency: { meanExit: 5, exitShare: null, meanCost: 5, fullCost: 10, costUnit: "exits", saving: 0.5 },
    });
    expect(calibratedTable({ exits: null }).efficiency).toBeNull();
  });

  test("falls back to its reference row, by name, when nothing is certified", () => {
    const none = calibratedTable({}, 0.001, "down", 1);
    expect(none).toMatchObject({ policy: "never-exit", tableRow: -1, efficiency: { meanExit: 5, saving: 0 } });
    expect(none.statement).toContain("deploy the reference row (row 1, λ = 0.5)");
    expect(referenceName(null)).toBe("the full network");
  });

  test("all rows certified is its last row, not first-exit", () => {
    const all = calibratedTable({ values: new Float64Array(300) });
    expect([all.policy, all.threshold, all.tableRow]).toEqual(["threshold", 0.1, 2]);
    const up = calibratedTable({ values: new Float64Array(300) }, 0.05, "up");
    expect([up.policy, up.threshold]).toEqual(["threshold", 0.9]);
  });
});
