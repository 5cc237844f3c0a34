import { describe, expect, test } from "vitest";
import { exactGrid } from "../../src/control/grid.ts";
import { exitTableProblem, inRowOrder, lossTableProblem, rowPositions } from "../../src/control/problem.ts";
import { orderLossTable } from "../../src/exits/loss-table.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { lossKinds, plainTable } from "../support/random-tables.ts";

const asGiven = { seed: 0, shuffle: false };
const kind = { name: "gap", lower: -1, upper: 1, binary: false };
const table = plainTable(Float32Array.of(0.5, 0, 0.25, 0), Float64Array.of(-1, 0, 1, 0), kind, 2);

describe("an exit table", () => {
  test("needs the confidence and the risk that are asked for, and says what there is", () => {
    const refused = (code: string, text: string) =>
      expect.objectContaining({ code, message: expect.stringContaining(text) });
    const make =
      (confidence: string, risk: string, from = table) =>
      () =>
        exitTableProblem(from, confidence, risk, false, asGiven);
    expect(make("entropy", "gap")).toThrow(
      refused("confidence-unknown", "--confidence entropy: no such measure or column, found top1"),
    );
    expect(make("top1", "brier-gap")).toThrow(refused("risk-unknown", "--risk brier-gap: no such loss, found gap"));
    expect(make("top1", "gap", { ...table, confidences: new Map() })).toThrow(
      refused("confidence-unknown", "found none"),
    );
    expect(make("top1", "gap", { ...table, losses: new Map() })).toThrow(refused("risk-unknown", "found none"));
  });

  test("clips per sample where asked", () => {
    const clipped = exitTableProblem(table, "top1", "gap", true, asGiven);
    expect(clipped.kind).toEqual({ ...kind, lower: 0 });
    expect([...clipped.prepare(exactGrid).sums()]).toEqual([0, 0, 1]);
    const plain = exitTableProblem(table, "top1", "gap", false, asGiven).prepare(exactGrid);
    expect([...plain.sums()]).toEqual([0, -1, 0]);
    expect([...plain.clippedSums()]).toEqual([0, 0, 1]);
  });

  test("takes steps of [0, 1] for built-in measures only", () => {
    const own = { ...table, confidences: new Map([["mine", table.confidences.get("top1")!]]) };
    const steps = { kind: "steps", count: 10 } as const;
    expect(exitTableProblem(table, "top1", "gap", false, asGiven).gridFor(steps).text).toBe("10");
    expect(() => exitTableProblem(own, "mine", "gap", false, asGiven).gridFor(steps)).toThrow("--grid 10");
  });

  test("keeps the path of a grid once made", () => {
    const problem = exitTableProblem(table, "top1", "gap", false, asGiven);
    const grid = problem.gridFor({ kind: "steps", count: 10 });
    expect(problem.prepare(exactGrid)).toBe(problem.prepare(exactGrid));
    expect(problem.prepare(grid)).toBe(problem.prepare(grid));
    expect(problem.prepare(grid)).not.toBe(problem.prepare(exactGrid));
  });
});

test("a loss table brings its own rows, whatever grid is asked for", () => {
  const raw = {
    name: "t",
    lambdas: Float64Array.of(0, 1),
    values: Float64Array.of(-1, 1, 0, 0),
    scores: false,
    exits: null,
  };
  const lossTable = orderLossTable(raw, { direction: "down", referenceRow: 0, kind: lossKinds[0] });
  const problem = lossTableProblem(lossTable, false, asGiven);
  expect(problem.gridFor({ kind: "steps", count: 10 })).toEqual({ values: null, text: "table" });
  expect([...problem.prepare(exactGrid).sums()]).toEqual([0, 0]);
  const clipped = lossTableProblem(lossTable, true, asGiven);
  expect([clipped.kind.lower, [...clipped.prepare(exactGrid).sums()]]).toEqual([0, [0, 1]]);
});

describe("the order of rows", () => {
  test("is the file's, or one permutation by the seed", () => {
    expect([...rowPositions(4, asGiven)]).toEqual([0, 1, 2, 3]);
    const order = seededRandom(7).permutation(50);
    const positions = rowPositions(50, { seed: 7, shuffle: true });
    expect(Array.from(order, (row) => positions[row])).toEqual(Array.from({ length: 50 }, (_, place) => place));
    const losses = Float64Array.from({ length: 50 }, (_, i) => i / 100);
    expect([...inRowOrder(losses, { seed: 7, shuffle: true })]).toEqual(Array.from(order, (row) => row / 100));
    expect([...inRowOrder(losses, asGiven)]).toEqual([...losses]);
  });
});
