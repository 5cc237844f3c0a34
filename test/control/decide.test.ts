import { describe, expect, test } from "vitest";
import { decide } from "../../src/control/decide.ts";
import type { GridRequest } from "../../src/control/grid-request.ts";
import { parseMethod } from "../../src/control/methods.ts";
import { exitTableProblem, lossTableProblem, type Problem } from "../../src/control/problem.ts";
import type { Method } from "../../src/control/types.ts";
import { selectRows } from "../../src/exits/exit-table.ts";
import { lossKind } from "../../src/exits/loss-kinds.ts";
import { orderLossTable } from "../../src/exits/loss-table.ts";
import type { ExitTable, LossKind } from "../../src/exits/types.ts";
import { type Random, seededRandom } from "../../src/stats/random.ts";
import {
  type DirectAnswer,
  directChoice,
  exactPieces,
  gridPieces,
  type Piece,
  type PlainRows,
  plainRows,
  tablePieces,
} from "../support/direct.ts";
import { lossKinds, plainTable, type RandomTable, randomLossTable, randomTable } from "../support/random-tables.ts";

const asGiven = { seed: 0, shuffle: false };
const labels = ["naive", "crc:first-failure", "crc:monotone", "crc:last-pass", "ucb:hb", "ucb:wsr", "ucb:star"];
const labelsFor = (kind: LossKind) => (kind.binary ? [...labels, "ucb:cp"] : labels);
const method = (label: string) => parseMethod(label) as Method;

/** Mostly small; a sweep's mistakes show at n = 3 as well as at 300. */
const sampleCountOf = (run: number, random: Random) =>
  run % 50 === 49 ? 2000 : 1 + random.integer([3, 12, 40, 120, 300][run % 5]);
const levelOf = (random: Random) => ({
  epsilon: [0.01, 0.05, 0.1, 0.2, 0.29, 0.4][random.integer(6)],
  delta: [0.05, 0.1, 0.3][random.integer(3)],
});

function rowsOf({ table, confidence, risk }: RandomTable): PlainRows {
  return plainRows(table.confidences.get(confidence)!, table.losses.get(risk)!.values, table.exitCount);
}

const problemOf = ({ table, confidence, risk }: RandomTable, order = asGiven) =>
  exitTableProblem(table, confidence, risk, false, order);

/** How often each method ended how, to see that a property was not true for want of cases. */
class Tally {
  readonly policies = new Map<string, Set<string>>();

  add(label: string, { policy }: DirectAnswer): void {
    if (!this.policies.has(label)) this.policies.set(label, new Set());
    this.policies.get(label)!.add(policy);
  }
}

function expectDirect(
  problem: Problem,
  pieces: readonly Piece[],
  grid: GridRequest,
  random: Random,
  run: number,
  tally: Tally,
  order?: ArrayLike<number>,
): void {
  const { kind } = problem;
  const level = levelOf(random);
  for (const label of labelsFor(kind)) {
    const rows = problem.table === null && grid.kind === "exact" ? "exact" : "fixed";
    const expected = directChoice(pieces, { rows, method: label, kind, ...level, ...(order && { order }) });
    const { piece, threshold, policy } = decide(problem, method(label), level, grid);
    const what = `run ${run}: ${label} on ${kind.name} losses, ε ${level.epsilon}, δ ${level.delta}`;
    expect({ piece, threshold, policy }, what).toEqual(expected);
    tally.add(label, expected);
  }
}

describe("every procedure chooses what the plain evaluation chooses", () => {
  test("over all thresholds", () => {
    const tally = new Tally();
    for (let run = 0; run < 2000; run++) {
      const random = seededRandom(100, run);
      const made = randomTable(random, sampleCountOf(run, random), lossKinds[run % lossKinds.length]);
      expectDirect(problemOf(made), exactPieces(rowsOf(made)), { kind: "exact" }, random, run, tally);
    }
    for (const [label, policies] of tally.policies) {
      // The full network's own loss is 0, so naive always has something to choose.
      const possible = label === "naive" ? ["first-exit", "threshold"] : ["first-exit", "never-exit", "threshold"];
      expect([...policies].sort(), label).toEqual(possible);
    }
  });

  test("on a fixed grid", () => {
    const tally = new Tally();
    for (let run = 0; run < 500; run++) {
      const random = seededRandom(101, run);
      const made = randomTable(random, sampleCountOf(run, random), lossKinds[run % lossKinds.length]);
      const count = 1 + random.integer(25);
      const grid: GridRequest =
        made.confidence === "top1" && run % 2 === 0
          ? { kind: "steps", count }
          : { kind: "values", values: randomGrid(random), text: "file:grid.csv" };
      const lambdas = grid.kind === "steps" ? Array.from({ length: count + 1 }, (_, k) => (count - k) / count) : null;
      const pieces = gridPieces(rowsOf(made), lambdas ?? (grid as { values: Float64Array }).values);
      expectDirect(problemOf(made), pieces, grid, random, run, tally);
    }
    // A grid certifies its own rows only, so even its last row is a threshold and never "everything".
    for (const policies of tally.policies.values()) expect([...policies].sort()).toEqual(["never-exit", "threshold"]);
  });

  test("on a loss table, in either direction, of losses or scores, against any reference row", () => {
    const tally = new Tally();
    for (let run = 0; run < 500; run++) {
      const random = seededRandom(102, run);
      const scores = run % 5 === 4;
      const kind = scores ? lossKinds[0] : lossKinds[run % lossKinds.length];
      const raw = randomLossTable(random, 1 + random.integer(run % 3 ? 60 : 300), kind, scores);
      const direction = random.integer(2) ? "down" : "up";
      const referenceRow = random.integer(raw.lambdas.length);
      const problem = lossTableProblem(orderLossTable(raw, { direction, referenceRow, kind }), false, asGiven);
      const width = raw.values.length / raw.lambdas.length;
      const values = Array.from(raw.lambdas, (_, k) => Array.from(raw.values.subarray(k * width, (k + 1) * width)));
      const pieces = tablePieces([...raw.lambdas], values, scores, direction, referenceRow);
      expectDirect(problem, pieces, { kind: "auto" }, random, run, tally);
    }
    for (const policies of tally.policies.values()) expect([...policies].sort()).toEqual(["never-exit", "threshold"]);
  });

  test("in a shuffled order, which only betting bounds notice", () => {
    const tally = new Tally();
    let moved = 0;
    for (let run = 0; run < 300; run++) {
      const random = seededRandom(103, run);
      const made = randomTable(random, 30 + random.integer(200), lossKinds[run % lossKinds.length]);
      const seed = random.integer(1000);
      const order = seededRandom(seed).permutation(made.table.sampleCount);
      const exact: GridRequest = { kind: "exact" };
      const shuffled = problemOf(made, { seed, shuffle: true });
      expectDirect(shuffled, exactPieces(rowsOf(made)), exact, random, run, tally, order);
      const permuted = problemOf({ ...made, table: selectRows(made.table, order) });
      const level = levelOf(random);
      for (const label of labelsFor(made.kind)) {
        const there = decide(permuted, method(label), level, exact).threshold;
        expect(decide(shuffled, method(label), level, exact).threshold, label).toBe(there);
        const unshuffled = decide(problemOf(made), method(label), level, exact).threshold;
        if (!/wsr|star/.test(label)) expect(unshuffled, label).toBe(there);
        else if (unshuffled !== there) moved++;
      }
    }
    expect(moved).toBeGreaterThan(10);
  });
});

/** Strictly descending, around [0, 1], on the same coarse numbers as the confidences. */
function randomGrid(random: Random): Float64Array {
  const values = new Set(Array.from({ length: 1 + random.integer(20) }, () => (random.integer(30) - 8) / 10));
  return Float64Array.from([...values].sort((a, b) => b - a));
}

test("a grid that holds every breakpoint chooses as the exact sweep", () => {
  for (let run = 0; run < 200; run++) {
    const random = seededRandom(104, run);
    const made = randomTable(random, 1 + random.integer(100), lossKinds[run % lossKinds.length]);
    const breakpoints = exactPieces(rowsOf(made)).map(({ lambda }) => lambda);
    const values = Float64Array.from([...breakpoints.slice(0, -1), -10]);
    const level = levelOf(random);
    const problem = problemOf(made);
    // First-failure CRC charges ties on the exact path only.
    for (const label of labelsFor(made.kind).filter((name) => name !== "crc:first-failure")) {
      const exact = decide(problem, method(label), level, { kind: "exact" });
      const grid = decide(problem, method(label), level, { kind: "values", values, text: "file:all.csv" });
      expect(grid.piece, label).toBe(exact.piece);
      expect(grid.threshold, label).toBe(exact.policy === "first-exit" ? -10 : exact.threshold);
    }
  }
});

test("confidences equal as numbers are one group: −0 and 0, and float32 ties", () => {
  const table = (...confidences: number[]): ExitTable =>
    plainTable(Float32Array.from(confidences.flatMap((c) => [c, 0])), Float64Array.of(-1, 0, 1, 0), lossKinds[0], 2);
  const chosen = (made: ExitTable) =>
    decide(
      exitTableProblem(made, "top1", "signed", false, asGiven),
      method("naive"),
      { epsilon: 0.4, delta: 0.1 },
      { kind: "exact" },
    );
  expect(chosen(table(0, -0))).toMatchObject({ piece: 1, policy: "first-exit" });
  expect(chosen(table(0.1, 0.1 + 1e-10)).prepared.path.pieceCount).toBe(2);
  // 1e-7 apart is distinct in float32, and the threshold is that float32 number, exactly.
  const apart = table(0.1, 0.1 + 1e-7);
  expect(
    decide(
      exitTableProblem(apart, "top1", "signed", false, asGiven),
      method("crc:first-failure"),
      { epsilon: 0.4, delta: 0.1 },
      { kind: "exact" },
    ),
  ).toMatchObject({
    piece: 0,
    threshold: Math.fround(0.1 + 1e-7),
  });
});

describe("what a level may be", () => {
  const { table } = randomTable(seededRandom(1), 20, lossKinds[2]);
  const at = (epsilon: number, delta: number) => () =>
    decide(
      exitTableProblem(
        { ...table, confidences: new Map([["top1", [...table.confidences.values()][0]]]) },
        "top1",
        "wide",
        false,
        asGiven,
      ),
      method("ucb"),
      { epsilon, delta },
      { kind: "exact" },
    );

  test("ε lies between 0 and the loss bound, whatever the method", () => {
    const code = expect.objectContaining({ code: "epsilon-out-of-range" });
    for (const epsilon of [0, -0.1, 2, 5, Number.NaN]) expect(at(epsilon, 0.1)).toThrow(code);
    expect(at(1.99, 0.1)).not.toThrow();
    const hint = (call: () => unknown) => {
      try {
        call();
      } catch (error) {
        return (error as { hint: string }).hint;
      }
    };
    expect(hint(at(5, 0.1))).toContain("5%");
    expect(hint(at(-0.1, 0.1))).toContain("-e 0.05");
  });

  test("δ lies between 0 and 1", () => {
    const code = expect.objectContaining({ code: "bad-number" });
    for (const delta of [0, 1, -1, Number.NaN]) expect(at(0.05, delta)).toThrow(code);
  });
});

test("the bound that auto means is settled by the declaration, never by the values", () => {
  const zeros = plainTable(
    new Float32Array(200).fill(0.5),
    new Float64Array(200),
    lossKind("prediction-gap", false),
    2,
  );
  const decided = (clip: boolean) =>
    decide(
      exitTableProblem(zeros, "top1", "prediction-gap", clip, asGiven),
      method("ucb"),
      { epsilon: 0.1, delta: 0.1 },
      { kind: "auto" },
    );
  expect(decided(false).method).toEqual({ name: "ucb", bound: "star", crc: null });
  expect(decided(true).method).toEqual({ name: "ucb", bound: "cp", crc: null });
});
