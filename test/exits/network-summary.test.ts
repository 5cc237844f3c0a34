import { describe, expect, it } from "vitest";
import { lossKind } from "../../src/exits/loss-kinds.ts";
import { lossTableSummary } from "../../src/exits/loss-table-summary.ts";
import { networkSummary } from "../../src/exits/network-summary.ts";
import { predictionConsistency, predictionGap } from "../../src/exits/relative-loss.ts";
import type { ExitTable, LossTable } from "../../src/exits/types.ts";

/** Four samples, three exits; every expected number below is counted by hand. */
const predictions = Int32Array.of(1, 1, 1, 0, 1, 0, 2, 2, 1, 0, 0, 2);
const labels = Int32Array.of(1, 1, 2, 2);
const confidence = Float32Array.of(
  0.5,
  1,
  Number.NaN,
  0.25,
  0.75,
  Number.NaN,
  1,
  0.5,
  Number.NaN,
  0.5,
  0.25,
  Number.NaN,
);

const table: ExitTable = {
  sampleCount: 4,
  exitCount: 3,
  classCount: 3,
  confidences: new Map([["mine", confidence]]),
  predictions,
  labels,
  losses: new Map([
    ["prediction-gap", predictionGap(predictions, labels, 3)],
    ["prediction-consistency", predictionConsistency(predictions, 3)],
  ]),
  brier: null,
};

describe("networkSummary", () => {
  const summary = networkSummary(table, "prediction-gap");
  const column = (key: keyof (typeof summary.exits)[number]) => summary.exits.map((exit) => exit[key]);

  it("counts who is right, who agrees, and who is right here only", () => {
    // right: [1 1 1] [0 1 0] [1 1 0] [0 0 1]
    expect(column("accuracy")).toEqual([0.5, 0.75, 0.5]);
    expect(column("agreement")).toEqual([0.5, 0.25, 1]);
    expect(column("rightHereWrongAtLast")).toEqual([0.25, 0.5, 0]);
    expect(column("brier")).toEqual([null, null, null]);
    expect(summary.exits.map(({ meanLoss }) => meanLoss["prediction-gap"])).toEqual([0, -0.25, 0]);
    expect(summary.exits.map(({ meanLoss }) => meanLoss["prediction-consistency"])).toEqual([0.5, 0.75, 0]);
  });

  it("means of confidences, null where the last exit has none", () => {
    expect(summary.exits.map(({ meanConfidence }) => meanConfidence.mine)).toEqual([0.5625, 0.625, null]);
  });

  it("overthinking: two of four samples, both errors of the last exit", () => {
    expect(summary.overthinking).toEqual({ share: 0.5, shareOfErrors: 1 });
  });

  it("accuracy falls at exit 3; Brier is not known", () => {
    expect(summary.accuracyDrops).toEqual([3]);
    expect(summary.brierRises).toBeNull();
  });

  it("labels by share, ties to the smaller label", () => {
    const half = (label: number) => ({ label, share: 0.5 });
    expect(summary.labels).toEqual({ count: 2, rarest: half(1), commonest: half(1) });
  });

  it("confidences of early exits: range, exactly 1, non-monotone losses", () => {
    // Falling λ: sample 0 right, right; sample 1 loss 0 → −1 (exit 2) → 0 (exit 1): falls at first;
    // sample 2 leaves at exit 1 alone, 0 → −1: falls; sample 3 leaves at exit 1 alone, 0 → 1: does not fall.
    expect(summary.confidences).toEqual([
      { name: "mine", lowest: 0.25, highest: 1, saturatedShare: 0.25, nonMonotoneShare: 0.5 },
    ]);
  });

  it("without labels or predictions the rest remains", () => {
    const { exits, overthinking, accuracyDrops, confidences } = networkSummary(
      { ...table, labels: null, predictions: null },
      null,
    );
    expect(exits[0]).toMatchObject({ accuracy: null, agreement: null, rightHereWrongAtLast: null });
    expect([overthinking, accuracyDrops, confidences[0].nonMonotoneShare]).toEqual([null, null, null]);
  });

  it("a network without errors has no share of errors; accuracy 0 is a value", () => {
    const always = (label: number) => networkSummary({ ...table, labels: new Int32Array(4).fill(label) }, null);
    const perfect = networkSummary({ ...table, labels: Int32Array.of(1, 0, 1, 2) }, null);
    expect(perfect.overthinking).toEqual({ share: 0, shareOfErrors: null });
    expect(always(7).accuracyDrops).toEqual([]);
    expect(always(7).exits[0].accuracy).toBe(0);
  });
});

it("lossTableSummary: means, range, falls", () => {
  const lossTable: LossTable = {
    sampleCount: 2,
    lambdas: Float64Array.of(1, 0.5, 0),
    direction: "down",
    losses: Float64Array.of(0, 0, 0.5, 0, 0.25, 0),
    kind: { ...lossKind("hellinger", false), name: "loss" },
    referenceRow: 0,
    scores: false,
    meanExits: Float64Array.of(3, 2, 1),
    exits: null,
    costUnit: "exits",
  };
  expect(lossTableSummary(lossTable)).toEqual({
    rows: [
      { row: 0, lambda: 1, meanLoss: 0, meanExit: 3 },
      { row: 1, lambda: 0.5, meanLoss: 0.25, meanExit: 2 },
      { row: 2, lambda: 0, meanLoss: 0.125, meanExit: 1 },
    ],
    lowestLoss: 0,
    highestLoss: 0.5,
    meanLossFalls: 1,
    nonMonotoneShare: 0.5,
  });
});
