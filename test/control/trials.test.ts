import { describe, expect, test } from "vitest";
import type { GridRequest } from "../../src/control/grid-request.ts";
import { parseMethod } from "../../src/control/methods.ts";
import { exitTableSource, lossTableSource } from "../../src/control/source.ts";
import type { Spread, SweepRow } from "../../src/control/sweep.ts";
import { auditBootstrap, sweepSplits, type TrialsRequest } from "../../src/control/trials.ts";
import type { Method } from "../../src/control/types.ts";
import { orderLossTable } from "../../src/exits/loss-table.ts";
import { seededRandom } from "../../src/stats/random.ts";
import {
  type DirectAnswer,
  directChoice,
  exactPieces,
  exitOf,
  gridPieces,
  type PlainRows,
  plainRows,
  tablePieces,
} from "../support/direct.ts";
import { lossKinds, randomLossTable, randomTable } from "../support/random-tables.ts";

const labels = ["naive", "crc:first-failure", "crc:monotone", "crc:last-pass", "ltt:hb", "ucb:wsr", "ucb:star"];
const methods = labels.map((text) => parseMethod(text) as Method);
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** What one trial measured, worked out on the rows themselves. */
interface Trial extends DirectAnswer {
  readonly empirical: number;
  readonly risk: number;
  readonly exit: number;
  readonly cost: number;
}

function expectSpread(found: Spread | null, values: readonly number[]): void {
  if (values.length === 0) {
    expect(found).toBeNull();
    return;
  }
  const m = mean(values);
  expect(Math.abs(found!.mean - m)).toBeLessThan(1e-12 * Math.max(1, Math.abs(m)));
  const squares = values.reduce((sum, x) => sum + (x - m) ** 2, 0);
  if (values.length === 1) expect(found!.std).toBeNull();
  else expect(found!.std).toBeCloseTo(Math.sqrt(squares / (values.length - 1)), 9);
}

function expectRow(row: SweepRow<Spread>, trials: readonly Trial[], fullCost: number, audit: boolean): void {
  const of = (policy: string) => trials.filter((trial) => trial.policy === policy);
  expectSpread(
    row.threshold,
    of("threshold").map(({ threshold }) => threshold),
  );
  const share = (policy: string) => of(policy).length / trials.length;
  expect(row.policy).toEqual({
    threshold: share("threshold"),
    "never-exit": share("never-exit"),
    "first-exit": share("first-exit"),
  });
  expect(row.empiricalRisk).toBeCloseTo(mean(trials.map(({ empirical }) => empirical)), 12);
  const risks = trials.map(({ risk }) => risk);
  expectSpread(audit ? row.trueRisk : row.testRisk, risks);
  expect(audit ? row.testRisk : row.trueRisk).toBeNull();
  expectSpread(
    row.meanExit,
    trials.map(({ exit }) => exit),
  );
  expectSpread(
    row.meanCost,
    trials.map(({ cost }) => cost),
  );
  expectSpread(
    row.saving,
    trials.map(({ cost }) => 1 - cost / fullCost),
  );
  expect(row.violationShare).toBe(risks.filter((risk) => risk > row.epsilon + 1e-12).length / trials.length);
}

const costs = { costs: [1, 3, 4.5, 9, 10, 20], unit: "GFLOPs" };

/** Every trial of an exit table, from its rows: calibrate on the drawn ones, measure on the others (or on all). */
function directTrials(
  rows: PlainRows,
  draws: readonly number[][],
  choose: (rows: PlainRows) => DirectAnswer,
  audit: boolean,
): Trial[] {
  const all = rows.losses.map((_, i) => i);
  const pick = (chosen: readonly number[]): PlainRows => ({
    confidences: chosen.map((i) => rows.confidences[i]),
    losses: chosen.map((i) => rows.losses[i]),
  });
  return draws.map((drawn) => {
    const chosen = choose(pick(drawn));
    const measured = audit ? all : all.filter((i) => !drawn.includes(i));
    const exitsOf = (samples: readonly number[]) => samples.map((i) => exitOf(rows.confidences[i], chosen.threshold));
    const riskOf = (samples: readonly number[]) =>
      mean(exitsOf(samples).map((exit, j) => rows.losses[samples[j]][exit]));
    const exits = exitsOf(measured);
    return {
      ...chosen,
      empirical: riskOf(drawn),
      risk: riskOf(measured),
      exit: mean(exits.map((exit) => exit + 1)),
      cost: mean(exits.map((exit) => costs.costs[exit])),
    };
  });
}

const splits = (seed: number, trials: number, size: number, n: number) =>
  Array.from({ length: trials }, (_, trial) => [...seededRandom(seed, trial).permutation(n).subarray(0, size)]);

const bootstraps = (seed: number, trials: number, size: number, n: number) =>
  Array.from({ length: trials }, (_, trial) => {
    const random = seededRandom(seed, trial);
    return Array.from({ length: size }, () => random.integer(n));
  });

describe.each([
  ["exact", { kind: "exact" }],
  ["fixed", { kind: "values", values: Float64Array.of(1.5, 0.9, 0.7, 0.5, 0.3, 0, -1), text: "file:g.csv" }],
] as const satisfies [string, GridRequest][])("an exit table, %s thresholds", (rowKind, grid) => {
  test.each([false, true])("agrees with the rows themselves (audit: %s)", (audit) => {
    for (let run = 0; run < 12; run++) {
      const random = seededRandom(600, run);
      const made = randomTable(random, 40 + random.integer(100), lossKinds[run % 4]);
      const { table, confidence, risk, kind } = made;
      const own = { ...costs, costs: costs.costs.slice(0, table.exitCount) };
      const source = exitTableSource(table, confidence, risk, false, own);
      const request = {
        methods,
        epsilons: [0.05, 0.2],
        delta: 0.1,
        grid,
        trials: 1 + run,
        calibrationSize: 30,
        seed: run,
      };
      const found = (audit ? auditBootstrap : sweepSplits)(source, request);
      expect(found).toHaveLength(2 * methods.length);
      const rows = plainRows(table.confidences.get(confidence)!, table.losses.get(risk)!.values, table.exitCount);
      const draws = (audit ? bootstraps : splits)(run, request.trials, 30, table.sampleCount);
      const piecesOf = (some: PlainRows) => (grid.kind === "exact" ? exactPieces(some) : gridPieces(some, grid.values));
      for (const [index, row] of found.entries()) {
        const method = labels[Math.floor(index / 2)];
        const question = { rows: rowKind, method, kind, epsilon: row.epsilon, delta: 0.1 };
        const trials = directTrials(rows, draws, (some) => directChoice(piecesOf(some), question), audit);
        expectRow(row, trials, own.costs.at(-1)!, audit);
      }
    }
  });
});

test("a loss table agrees with its own rows, splits and audit", () => {
  for (let run = 0; run < 12; run++) {
    const random = seededRandom(601, run);
    const kind = lossKinds[run % 4];
    const n = 60;
    const raw = { ...randomLossTable(random, n, kind, false), exits: null };
    const exits = Float64Array.from(raw.values, () => 1 + random.integer(6));
    const table = orderLossTable({ ...raw, exits }, { direction: "down", referenceRow: 0, kind });
    const matrix = (values: Float64Array) =>
      Array.from(raw.lambdas, (_, k) => Array.from(values.subarray(k * n, (k + 1) * n)));
    for (const audit of [false, true]) {
      const request = {
        methods,
        epsilons: [0.1],
        delta: 0.1,
        grid: { kind: "auto" },
        trials: 9,
        calibrationSize: 40,
        seed: run,
      } as const;
      const found = (audit ? auditBootstrap : sweepSplits)(lossTableSource(table, false), request);
      const pieces = tablePieces([...raw.lambdas], matrix(raw.values), false, "down", 0);
      const exitRows = tablePieces([...raw.lambdas], matrix(exits), false, "down", 0);
      const draws = (audit ? bootstraps : splits)(run, 9, 40, n);
      for (const [index, row] of found.entries()) {
        const trials = draws.map((drawn) => {
          const calibration = pieces.map(({ lambda, losses }) => ({ lambda, losses: drawn.map((i) => losses[i]) }));
          const question = { rows: "fixed", method: labels[index], kind, epsilon: 0.1, delta: 0.1 } as const;
          const chosen = directChoice(calibration, question);
          const deployed = Math.max(0, chosen.piece);
          const measured = pieces[0].losses.map((_, i) => i).filter((i) => audit || !drawn.includes(i));
          const exit = mean(measured.map((i) => exitRows[deployed].losses[i]));
          const risk = mean(measured.map((i) => pieces[deployed].losses[i]));
          return { ...chosen, empirical: mean(calibration[deployed].losses), risk, exit, cost: exit };
        });
        expectRow(
          row,
          trials.map((t) => ({ ...t, cost: t.exit })),
          mean(exitRows[0].losses),
          audit,
        );
      }
    }
  }
});

describe("trials", () => {
  const made = randomTable(seededRandom(602), 120, lossKinds[0]);
  const source = exitTableSource(made.table, made.confidence, made.risk, false);
  const request: TrialsRequest = {
    methods,
    epsilons: [0.05, 0.2],
    delta: 0.1,
    grid: { kind: "exact" },
    trials: 20,
    calibrationSize: 50,
    seed: 4,
  };

  test("are the same for the same seed, and others for another", () => {
    for (const evaluate of [sweepSplits, auditBootstrap]) {
      expect(evaluate(source, request)).toEqual(evaluate(source, request));
      expect(evaluate(source, { ...request, seed: 5 })).not.toEqual(evaluate(source, request));
    }
  });

  test("of one method do not depend on which others are asked for", () => {
    for (const evaluate of [sweepSplits, auditBootstrap]) {
      const together = evaluate(source, request);
      const alone = methods.flatMap((method) => evaluate(source, { ...request, methods: [method] }));
      expect(alone).toEqual(together);
    }
  });

  test("are told one by one", () => {
    let told = 0;
    sweepSplits(source, request, () => told++);
    expect(told).toBe(20);
  });

  test("of an audit carry the exact 95 % interval of the violation share", () => {
    const [row] = auditBootstrap(source, { ...request, methods: [methods[0]], epsilons: [0.9999] });
    // no violation in 20: 1 − .025^(1/20)
    expect(row.violationShare).toBe(0);
    expect(row.violationInterval![0]).toBe(0);
    expect(row.violationInterval![1]).toBeCloseTo(0.16843347098308536, 12);
    expect(sweepSplits(source, request)[0].violationInterval).toBeNull();
  });

  test("a risk of exactly ε is no violation", () => {
    // Ten samples that all lose .3 against ε = .3: ten less nine of them leave .30000000000000027.
    const kind = { name: "third", lower: 0, upper: 1, binary: false };
    const n = 10;
    const confidences = new Map([["top1", new Float32Array(2 * n).fill(0.5)]]);
    const values = Float64Array.from({ length: 2 * n }, (_, j) => (j % 2 ? 0 : 0.3));
    const table = {
      ...made.table,
      sampleCount: n,
      exitCount: 2,
      confidences,
      losses: new Map([["third", { kind, values }]]),
    };
    const same = exitTableSource(table, "top1", "third", false);
    const [row] = sweepSplits(same, { ...request, methods: [methods[0]], epsilons: [0.3], calibrationSize: 9 });
    expect(row.policy).toEqual({ threshold: 0, "never-exit": 0, "first-exit": 1 });
    expect(row.violationShare).toBe(0);
  });
});
