/** A confidence measure that is computed from the probabilities p of one exit. Every one lies in [0, 1]; 1 is certain. */
export interface ConfidenceMeasure {
  readonly name: MeasureName;
  /** As written into threshold files; p(1) ≥ p(2) ≥ … are the sorted probabilities, H the entropy, C the classes. */
  readonly formula: string;
  readonly lower: 0;
  readonly upper: 1;
  /** One line for people. */
  readonly description: string;
}

export type MeasureName = "top1" | "top-diff" | "entropy";

/** The built-in measures; any other name is a column that the user supplies, with any real range. */
export const confidenceCatalogue: Readonly<Record<MeasureName, ConfidenceMeasure>> = {
  top1: {
    name: "top1",
    formula: "max p",
    lower: 0,
    upper: 1,
    description: "probability of the most likely class",
  },
  "top-diff": {
    name: "top-diff",
    formula: "p(1) − p(2)",
    lower: 0,
    upper: 1,
    description: "lead of the most likely class over the second",
  },
  entropy: {
    name: "entropy",
    formula: "1 − H(p)/ln C",
    lower: 0,
    upper: 1,
    description: "one minus the entropy as a share of its largest value",
  },
};

/** The built-in names, in the order of the catalogue. */
export const measureNames = Object.keys(confidenceCatalogue) as readonly MeasureName[];

/** @returns whether `name` is one of the three built-in measures */
export function isBuiltInMeasure(name: string): name is MeasureName {
  return Object.hasOwn(confidenceCatalogue, name);
}
