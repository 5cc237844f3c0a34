import { describe, expect, it } from "vitest";
import { parseConfidenceName } from "../../src/exits/confidence-name.ts";

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
