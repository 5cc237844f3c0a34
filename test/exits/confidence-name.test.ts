import { describe, expect, it } from "vitest";
import {
  confidenceFormula,
  confidenceName,
  parseConfidenceName,
  parseImageConfidence,
} from "../../src/exits/confidence-name.ts";

const aggregationOf = (text: string) => parseConfidenceName(`entropy@${text}`)?.aggregation ?? null;

describe("a confidence's name", () => {
  it("is a built-in measure, one number per sample", () => {
    for (const measure of ["top1", "top-diff", "entropy"] as const) {
      expect(parseConfidenceName(measure)).toEqual({ measure, aggregation: null });
    }
  });

  it("says how the pixels of a dense output become one number", () => {
    expect(parseConfidenceName("top1@mean")).toEqual({ measure: "top1", aggregation: { kind: "mean" } });
    expect(aggregationOf("quantile:0.1")).toEqual({ kind: "quantile", level: 0.1 });
    expect(aggregationOf("quantile:0")).toEqual({ kind: "quantile", level: 0 });
    expect(aggregationOf("quantile:1")).toEqual({ kind: "quantile", level: 1 });
    expect(aggregationOf("patch:50")).toEqual({ kind: "patch", size: 50, level: null });
    expect(aggregationOf("patch:50:0.05")).toEqual({ kind: "patch", size: 50, level: 0.05 });
  });

  it.each([
    "mean:1",
    "quantile",
    "quantile:1.5",
    "quantile:-0.1",
    "quantile:half",
    "quantile:0.1:0.2",
    "patch",
    "patch:",
    "patch:0",
    "patch:2.5",
    "patch:-3",
    "patch:3:2",
    "patch:3:x",
    "patch:3:0.5:0.5",
    "median",
    "",
    "mean@mean",
  ])("entropy@%s is nothing", (text) => expect(parseConfidenceName(`entropy@${text}`)).toBeNull());

  it.each(["score", "score@mean", "Top1", "toString", "", "@mean"])("%s is a column of the user's own", (name) =>
    expect(parseConfidenceName(name)).toBeNull(),
  );
});

it("images: a bare measure means its mean, and names have one spelling", () => {
  const name = (text: string) => confidenceName(parseImageConfidence(text)!);
  expect(["top1", "entropy@quantile:.25", "top-diff@patch:50:1e-2", "top1@patch:050"].map(name)).toEqual([
    "top1@mean",
    "entropy@quantile:0.25",
    "top-diff@patch:50:0.01",
    "top1@patch:50",
  ]);
  expect([parseImageConfidence("mine"), parseImageConfidence("top1@median")]).toEqual([null, null]);
});

it("formulas for threshold files", () => {
  expect(
    ["top1", "top1@mean", "entropy@quantile:0.25", "top-diff@patch:50", "top1@patch:50:0.01", "mine"].map(
      confidenceFormula,
    ),
  ).toEqual([
    "max p",
    "mean over the pixels of max p",
    "0.25-quantile over the pixels of 1 − H(p)/ln C",
    "least mean over 50 × 50 windows of p(1) − p(2)",
    "0.01-quantile mean over 50 × 50 windows of max p",
    null,
  ]);
});
