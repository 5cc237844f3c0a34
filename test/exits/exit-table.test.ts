import { describe, expect, it } from "vitest";
import {
  allocateExitTable,
  appendTables,
  assertConfidences,
  assertLossRange,
  clipLosses,
  type ExitTableColumns,
  selectRows,
  sliceRows,
} from "../../src/exits/exit-table.ts";
import { lossKind } from "../../src/exits/loss-kinds.ts";
import type { ExitTable } from "../../src/exits/types.ts";

const gap = lossKind("prediction-gap", false);

/** Every cell of sample i, exit l holds 10 i + l (labels i), the first sample being `first`. */
function counted(first: number, sampleCount: number): ExitTableColumns {
  const shape = {
    sampleCount,
    exitCount: 2,
    classCount: 5,
    measures: ["top1"],
    risks: [gap],
    labels: true,
    brier: true,
  };
  const table = allocateExitTable(shape);
  for (let i = 0; i < sampleCount; i++) {
    table.labels![i] = first + i;
    for (let l = 0; l < 2; l++) {
      const columns = [
        table.confidences.get("top1")!,
        table.predictions,
        table.losses.get("prediction-gap")!.values,
        table.brier!,
      ];
      for (const column of columns) column[2 * i + l] = 10 * (first + i) + l;
    }
  }
  return table;
}

const thrown = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) });

describe("rows", () => {
  it("slice to views", () => {
    const table = counted(0, 4);
    expect(sliceRows(table, 1, 3)).toEqual(counted(1, 2));
    expect(sliceRows(table, 1, 3).brier!.buffer).toBe(table.brier!.buffer);
    expect(sliceRows(table, 2, 2).sampleCount).toBe(0);
  });

  it("are selected in any order, with repeats", () => {
    const chosen = selectRows(counted(0, 4), [3, 0, 3]);
    expect(chosen.labels).toEqual(Int32Array.of(3, 0, 3));
    expect(chosen.confidences.get("top1")).toEqual(Float32Array.of(30, 31, 0, 1, 30, 31));
    expect(chosen.losses.get("prediction-gap")!.values).toEqual(Float64Array.of(30, 31, 0, 1, 30, 31));
    expect(selectRows({ ...counted(0, 4), predictions: null, brier: null, labels: null }, [1]).predictions).toBeNull();
  });
});

describe("shards", () => {
  it("are put together in order", () => {
    expect(appendTables([counted(0, 2), counted(2, 0), counted(2, 3)])).toEqual(counted(0, 5));
    const one = counted(0, 2);
    expect(appendTables([one])).toBe(one);
  });

  it("must agree in exits, classes and columns", () => {
    const table = counted(0, 1);
    const others: [Partial<ExitTable>, string][] = [
      [{ exitCount: 3 }, "input 2: exits 3, expected 2 as in input 1"],
      [{ classCount: null }, "classes not known, expected 5"],
      [{ confidences: new Map() }, "confidences none, expected top1"],
      [{ losses: new Map() }, "losses none, expected prediction-gap in [-1, 1]"],
      [{ losses: new Map([["prediction-gap", clipLosses(table.losses.get("prediction-gap")!)]]) }, "[0, 1] binary"],
      [{ predictions: null }, "predictions absent, expected present"],
      [{ labels: null }, "labels absent"],
      [{ brier: null }, "Brier scores absent"],
    ];
    for (const [change, text] of others) {
      expect(() => appendTables([table, { ...table, ...change }])).toThrow(thrown("shape-mismatch", text));
    }
  });
});

describe("clipping", () => {
  it("keeps the name, lowers nothing below 0 and does not hide NaN", () => {
    const clipped = clipLosses({ kind: gap, values: Float64Array.of(-1, 0, 1, Number.NaN) });
    expect(clipped.kind).toEqual({ name: "prediction-gap", lower: 0, upper: 1, binary: true });
    expect(clipped.values).toEqual(Float64Array.of(0, 0, 1, Number.NaN));
    const custom = { name: "rouge", lower: -1, upper: 1, binary: false };
    expect(clipLosses({ kind: custom, values: new Float64Array(0) }).kind).toEqual({ ...custom, lower: 0 });
  });
});

describe("declared ranges", () => {
  const column = (...values: number[]) => ({ kind: gap, values: Float64Array.from(values) });

  it("forgive 1e-9 and nothing more", () => {
    expect(() => assertLossRange(column(1 + 9e-10, -1 - 9e-10, 0), 3, "t.csv")).not.toThrow();
    const above = thrown(
      "loss-out-of-range",
      "t.csv: loss prediction-gap 1.00000001 at row 1, exit 2, expected -1 to 1",
    );
    expect(() => assertLossRange(column(0, 0, 0, 0, 1.00000001, 0), 3, "t.csv")).toThrow(above);
    expect(() => assertLossRange(column(-1.1, 0), 2, "t.csv")).toThrow(thrown("loss-out-of-range", "row 0, exit 1"));
  });

  it("refuse NaN and infinities, and a last exit that is not 0", () => {
    expect(() => assertLossRange(column(Number.NaN, 0), 2, "t")).toThrow(
      thrown("value-not-finite", "NaN at row 0, exit 1"),
    );
    expect(() => assertLossRange(column(0, 0, Number.NEGATIVE_INFINITY, 0), 2, "t")).toThrow(
      thrown("value-not-finite", "row 1, exit 1"),
    );
    expect(() => assertLossRange(column(0.5, 0.5), 2, "t")).toThrow(
      thrown("loss-out-of-range", "expected 0 at the last exit"),
    );
  });
});

describe("confidences", () => {
  it("must be finite before the last exit, which is never read", () => {
    const table = counted(0, 2);
    const top1 = table.confidences.get("top1")!;
    top1[3] = Number.NaN;
    expect(() => assertConfidences(table, "t.csv")).not.toThrow();
    top1[2] = Number.NaN;
    const found = thrown("value-not-finite", "t.csv: confidence top1 NaN at row 1, exit 1");
    expect(() => assertConfidences(table, "t.csv")).toThrow(found);
  });
});
