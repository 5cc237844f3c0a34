import type { LossKind } from "./types.ts";

/** A built-in risk: what its relative loss g_l compares at exit l with exit L, and what is proven about it. */
export interface BuiltInRisk extends LossKind {
  readonly name: RiskName;
  /** The paper's symbol, or where the form comes from. */
  readonly symbol: string;
  readonly needsLabels: boolean;
  /** What it is computed from: one prediction per sample, one per pixel (then averaged over the image), or either. */
  readonly outputs: "class" | "pixels" | "either";
  /** Needs the whole distribution of every exit; false when predictions (and labels) are enough. */
  readonly needsProbabilities: boolean;
  /** One line for people. */
  readonly description: string;
}

/** The built-in risks, by the names of the command line. */
export type RiskName =
  | "prediction-gap"
  | "prediction-consistency"
  | "brier-gap"
  | "brier-consistency"
  | "brier-consistency-top"
  | "hellinger"
  | "miscoverage"
  | "miou-gap";

/**
 * The risks that need nothing but logits (and labels). Ranges are proven, never estimated:
 * a difference of two 0/1 errors, a Brier score in [0, 2] or a difference of two, a Hellinger distance in [0, 1], a share of
 * pixels, a difference of two mean IoUs in [0, 1]. A mean over pixels keeps the range of its summands, but not 0/1.
 * @see Jazbec, Timans et al., Fast yet Safe: Early-Exiting with Risk Control, NeurIPS 2024, Eq. 6–8
 */
export const riskCatalogue: Readonly<Record<RiskName, BuiltInRisk>> = {
  "prediction-gap": {
    name: "prediction-gap",
    symbol: "R^G(ŷ)",
    lower: -1,
    upper: 1,
    binary: false,
    outputs: "class",
    needsLabels: true,
    needsProbabilities: false,
    description: "share of samples that the exit gets wrong minus the share that the full network gets wrong",
  },
  "prediction-consistency": {
    name: "prediction-consistency",
    symbol: "R^C(ŷ)",
    lower: 0,
    upper: 1,
    binary: true,
    outputs: "class",
    needsLabels: false,
    needsProbabilities: false,
    description:
      "share of samples whose prediction differs from the full network's; bounds the accuracy drop without labels",
  },
  "brier-gap": {
    name: "brier-gap",
    symbol: "R^G(p̂)",
    lower: -2,
    upper: 2,
    binary: false,
    outputs: "either",
    needsLabels: true,
    needsProbabilities: true,
    description: "Brier score of the exit minus that of the full network, both against the label",
  },
  "brier-consistency": {
    name: "brier-consistency",
    symbol: "R^C(p̂)",
    lower: 0,
    upper: 2,
    binary: false,
    outputs: "either",
    needsLabels: false,
    needsProbabilities: true,
    description:
      "squared distance of the exit's probabilities from the full network's (the exact form of the sampled label)",
  },
  "brier-consistency-top": {
    name: "brier-consistency-top",
    symbol: "R^C(p̂) with the full network's prediction as label",
    lower: -2,
    upper: 2,
    binary: false,
    outputs: "class",
    needsLabels: false,
    needsProbabilities: true,
    description: "Brier score of the exit minus that of the full network, both against the full network's prediction",
  },
  hellinger: {
    name: "hellinger",
    symbol: "‖√p − √p_L‖₂ / √2",
    lower: 0,
    upper: 1,
    binary: false,
    outputs: "class",
    needsLabels: false,
    needsProbabilities: true,
    description: "Hellinger distance of the exit's probabilities from the full network's",
  },
  miscoverage: {
    name: "miscoverage",
    symbol: "R^C of segmentation",
    lower: 0,
    upper: 1,
    binary: false,
    outputs: "pixels",
    needsLabels: false,
    needsProbabilities: false,
    description: "share of an image's pixels whose class differs from the full network's",
  },
  "miou-gap": {
    name: "miou-gap",
    symbol: "R^G of segmentation",
    lower: -1,
    upper: 1,
    binary: false,
    outputs: "pixels",
    needsLabels: true,
    needsProbabilities: false,
    description: "mean IoU of the full network on an image minus that of the exit",
  },
};

/** The built-in names, in the order of the catalogue. */
export const riskNames = Object.keys(riskCatalogue) as readonly RiskName[];
/** Those of one prediction per sample. */
export const classRiskNames = riskNames.filter((name) => riskCatalogue[name].outputs !== "pixels");
/** Those of one prediction per pixel; the sample is the image. */
export const imageRiskNames = riskNames.filter((name) => riskCatalogue[name].outputs !== "class");

/** @returns whether `name` is one of the built-in risks */
export function isBuiltInRisk(name: string): name is RiskName {
  return Object.hasOwn(riskCatalogue, name);
}

/**
 * What is declared about a built-in risk before any loss is seen.
 *
 * @param clip g becomes max(0, g): the lower bound is 0, and a prediction gap takes the values 0 and 1 only
 * @example lossKind("prediction-gap", true) // { name: "prediction-gap", lower: 0, upper: 1, binary: true }
 */
export function lossKind(name: RiskName, clip: boolean): LossKind {
  const { lower, upper, binary } = riskCatalogue[name];
  return clip
    ? { name, lower: Math.max(0, lower), upper, binary: binary || name === "prediction-gap" }
    : { name, lower, upper, binary };
}
