import { describe, expect, it } from "vitest";
import { allocateExitTable } from "../../src/exits/exit-table.ts";
import { lossKind } from "../../src/exits/loss-kinds.ts";
import { absoluteLosses, predictionConsistency, predictionGap, relativeLosses } from "../../src/exits/relative-loss.ts";

// three samples, three exits, label 1: right/wrong per exit is r r r, w r w, w w r
const predictions = Int32Array.of(1, 1, 1, 0, 1, 2, 0, 2, 1);
const labels = Int32Array.of(1, 1, 1);

describe("relative losses", () => {
  it("subtract the last exit's, which becomes exactly 0", () => {
    const kind = lossKind("brier-gap", false);
    const losses = relativeLosses(kind, Float64Array.of(1.5, 0.25, 0.5, 0.1, 0.7, 0.1), 3);
    expect(losses).toEqual({ kind, values: Float64Array.of(1, -0.25, 0, 0, 0.7 - 0.1, 0) });
  });

  it("from predictions alone", () => {
    const gap = predictionGap(predictions, labels, 3);
    expect(gap.values).toEqual(Float64Array.of(0, 0, 0, 0, -1, 0, 1, 1, 0));
    expect(gap.kind).toEqual(lossKind("prediction-gap", false));
    const consistency = predictionConsistency(predictions, 3);
    expect(consistency.values).toEqual(Float64Array.of(0, 0, 0, 1, 1, 0, 1, 1, 0));
    expect(consistency.kind.binary).toBe(true);
  });
});

describe("absolute losses", () => {
  const shape = { sampleCount: 3, exitCount: 3, classCount: 3, measures: [], risks: [], labels: true, brier: true };
  const table = allocateExitTable(shape);
  table.predictions.set(predictions);
  table.labels!.set(labels);

  it("are 0/1 errors for the prediction risks and Brier scores for brier-gap", () => {
    expect(absoluteLosses("prediction-gap", table)).toEqual(Float64Array.of(0, 0, 0, 1, 0, 1, 1, 1, 0));
    expect(absoluteLosses("prediction-consistency", table)).toEqual(absoluteLosses("prediction-gap", table));
    expect(absoluteLosses("brier-gap", table)).toBe(table.brier);
  });

  it("are refused where there are none", () => {
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => absoluteLosses("hellinger", table)).toThrow(refused("risk-unknown"));
    expect(() => absoluteLosses("brier-gap", { ...table, labels: null })).toThrow(refused("labels-needed"));
    expect(() => absoluteLosses("brier-gap", { ...table, brier: null })).toThrow(refused("risk-unknown"));
    expect(() => absoluteLosses("prediction-gap", { ...table, predictions: null })).toThrow(refused("risk-unknown"));
  });
});
