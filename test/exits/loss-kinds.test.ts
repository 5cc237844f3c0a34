import { describe, expect, it } from "vitest";
import { confidenceCatalogue, isBuiltInMeasure, measureNames } from "../../src/exits/confidence.ts";
import {
  classRiskNames,
  imageRiskNames,
  isBuiltInRisk,
  lossKind,
  riskCatalogue,
  riskNames,
} from "../../src/exits/loss-kinds.ts";

describe("the risks", () => {
  it("declare the proven ranges", () => {
    const ranges = riskNames.map((name) => [name, lossKind(name, false).lower, lossKind(name, false).upper]);
    expect(ranges).toEqual([
      ["prediction-gap", -1, 1],
      ["prediction-consistency", 0, 1],
      ["brier-gap", -2, 2],
      ["brier-consistency", 0, 2],
      ["brier-consistency-top", -2, 2],
      ["hellinger", 0, 1],
      ["miscoverage", 0, 1],
      ["miou-gap", -1, 1],
    ]);
    expect(riskNames.filter((name) => riskCatalogue[name].needsLabels)).toEqual([
      "prediction-gap",
      "brier-gap",
      "miou-gap",
    ]);
  });

  it("are binary only where declared: consistency, and the gap once clipped", () => {
    expect(riskNames.filter((name) => lossKind(name, false).binary)).toEqual(["prediction-consistency"]);
    expect(riskNames.filter((name) => lossKind(name, true).binary)).toEqual([
      "prediction-gap",
      "prediction-consistency",
    ]);
    expect(lossKind("brier-gap", true)).toEqual({ name: "brier-gap", lower: 0, upper: 2, binary: false });
  });

  it("are of one prediction per sample, per pixel, or either", () => {
    expect(classRiskNames.filter((name) => imageRiskNames.includes(name))).toEqual(["brier-gap", "brier-consistency"]);
    expect(imageRiskNames.filter((name) => !classRiskNames.includes(name))).toEqual(["miscoverage", "miou-gap"]);
  });

  it("know their names, and only those", () => {
    for (const name of riskNames) expect(riskCatalogue[name].name).toBe(name);
    expect([isBuiltInRisk("hellinger"), isBuiltInRisk("toString"), isBuiltInRisk("mIoU")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("the confidence measures", () => {
  it("carry the formulas that threshold files show", () => {
    expect(measureNames.map((name) => confidenceCatalogue[name].formula)).toEqual([
      "max p",
      "p(1) − p(2)",
      "1 − H(p)/ln C",
    ]);
    expect([isBuiltInMeasure("top-diff"), isBuiltInMeasure("constructor")]).toEqual([true, false]);
  });
});
