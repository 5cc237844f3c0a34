import { describe, expect, test } from "vitest";
import { isRelative, orderLossTable, type RawLossTable, selectTableSamples } from "../../src/exits/loss-table.ts";
import type { LossKind } from "../../src/exits/types.ts";

const kind: LossKind = { name: "rouge", lower: -1, upper: 1, binary: false };
const raw: RawLossTable = {
  name: "calm.npz",
  lambdas: Float64Array.of(0.5, 1, 0),
  values: Float64Array.of(0.5, 0.75, 0.25, 1, 0, 0.5),
  scores: false,
  exits: null,
};
const ordered = (change: Partial<RawLossTable>, direction: "down" | "up" = "down", referenceRow = 0) =>
  orderLossTable({ ...raw, ...change }, { direction, referenceRow, kind });
const refused = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) });

describe("rows", () => {
  test("are sorted safest first: the largest λ, or the smallest where more is riskier", () => {
    const down = ordered({});
    expect([...down.lambdas]).toEqual([1, 0.5, 0]);
    expect([...down.losses]).toEqual([0.25, 1, 0.5, 0.75, 0, 0.5]);
    const up = ordered({}, "up");
    expect([...up.lambdas]).toEqual([0, 0.5, 1]);
    expect([...up.losses]).toEqual([0, 0.5, 0.5, 0.75, 0.25, 1]);
    expect(up.direction).toBe("up");
  });

  test("of scores become losses against the reference row, counted after sorting", () => {
    // λ = 1 scores .25 and 1; λ = .5 scores .5 and .75; λ = 0 scores 0 and .5
    expect([...ordered({ scores: true }).losses]).toEqual([0, 0, -0.25, 0.25, 0.25, 0.5]);
    expect([...ordered({ scores: true }, "down", 1).losses]).toEqual([0.25, -0.25, 0, 0, 0.5, 0.25]);
    expect(ordered({ scores: true }, "up", 2)).toMatchObject({ referenceRow: 2, scores: true });
  });

  test("bring exits per row, or per row and sample, sorted along", () => {
    expect(ordered({ exits: Float64Array.of(5, 8, 1) })).toMatchObject({
      meanExits: Float64Array.of(8, 5, 1),
      exits: null,
    });
    const each = ordered({ exits: Float64Array.of(4, 6, 8, 9, 1, 1) });
    expect(each).toMatchObject({ meanExits: Float64Array.of(8.5, 5, 1), exits: Float64Array.of(8, 9, 4, 6, 1, 1) });
    expect(ordered({}).meanExits).toBeNull();
  });
});

test("the reference row may be named by its λ, which must be there", () => {
  const options = { direction: "down", referenceRow: 0, kind } as const;
  const table = orderLossTable({ ...raw, scores: true }, { ...options, referenceLambda: 0.5 });
  expect([table.referenceRow, ...table.losses.subarray(2, 4)]).toEqual([1, 0, 0]);
  const missing = refused("table-invalid", "no row with the reference λ = 0.7");
  expect(() => orderLossTable(raw, { ...options, referenceLambda: 0.7 })).toThrow(missing);
});

test("losses are clipped before they are held against the declared range", () => {
  const signed = { ...raw, values: Float64Array.of(-5, 0.5, 0, 0, 1, -1) };
  const unit = { name: "rouge", lower: 0, upper: 1, binary: false };
  const options = { direction: "down", referenceRow: 0, kind: unit } as const;
  expect([...orderLossTable(signed, { ...options, clip: true }).losses]).toEqual([0, 0, 0, 0.5, 1, 0]);
  expect(() => orderLossTable(signed, options)).toThrow(refused("loss-out-of-range", "-5"));
});

test("a table is relative when its reference row is free of loss", () => {
  expect(isRelative(ordered({}))).toBe(false);
  expect(isRelative(ordered({ scores: true }, "down", 2))).toBe(true);
  const zeroLast = ordered({ values: Float64Array.of(1, 1, 1, 1, 0, 0) }, "down", 2);
  expect(isRelative(zeroLast)).toBe(true);
});

test("samples can be selected, and their mean exits follow", () => {
  const table = ordered({ exits: Float64Array.of(4, 6, 8, 9, 1, 1) });
  const chosen = selectTableSamples(table, [1, 1, 0]);
  expect(chosen.sampleCount).toBe(3);
  expect([...chosen.losses]).toEqual([1, 1, 0.25, 0.75, 0.75, 0.5, 0.5, 0.5, 0]);
  expect([...chosen.exits!.subarray(0, 3)]).toEqual([9, 9, 8]);
  expect(chosen.meanExits![0]).toBeCloseTo(26 / 3, 14);
  const means = ordered({ exits: Float64Array.of(5, 8, 1) });
  expect(selectTableSamples(means, [0]).meanExits).toBe(means.meanExits);
});

describe("refused are", () => {
  test("shapes that do not fit", () => {
    const wrong = refused("table-invalid", "3 λ values do not fit 4 losses");
    expect(() => ordered({ values: new Float64Array(4) })).toThrow(wrong);
    expect(() => ordered({ values: new Float64Array(0) })).toThrow(refused("table-invalid", "do not fit 0"));
    expect(() => ordered({ lambdas: new Float64Array(0) })).toThrow(refused("table-invalid", "0 λ values"));
    const exits = refused("table-invalid", "exits hold 2 values, expected 3 (per row) or 6");
    expect(() => ordered({ exits: new Float64Array(2) })).toThrow(exits);
  });

  test("λ that repeat or are not finite", () => {
    const twice = refused("table-invalid", "λ = 1 occurs in two rows");
    expect(() => ordered({ lambdas: Float64Array.of(1, 0.5, 1) })).toThrow(twice);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => ordered({ lambdas: Float64Array.of(1, bad, 0) })).toThrow(refused("table-invalid", `is ${bad}`));
    }
  });

  test("a reference row that does not exist", () => {
    expect(() => ordered({}, "down", 3)).toThrow(refused("table-invalid", "reference row 3 of 3 rows"));
  });

  test("losses beyond the declared range, named by λ and sample, scores after subtraction", () => {
    const above = refused("loss-out-of-range", "calm.npz: loss rouge 1.5 at λ = 1, sample 1, expected -1 to 1");
    expect(() => ordered({ values: Float64Array.of(0, 0, 0, 1.5, 0, 0) })).toThrow(above);
    expect(() => ordered({ scores: true, values: Float64Array.of(5, 5, 5, 5, 5, 5) })).not.toThrow();
    const nan = refused("value-not-finite", "NaN at λ = 0.5, sample 0");
    expect(() => ordered({ values: Float64Array.of(Number.NaN, 0, 0, 0, 0, 0) })).toThrow(nan);
  });
});
