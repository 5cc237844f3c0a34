import type { ThresholdFile } from "./threshold-file.ts";

/** A field of a threshold file that a second calibration filled otherwise. */
export interface Difference {
  readonly field: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** What the same data and settings must give again, bit for bit, whatever version of eexit does it. */
const reproducible: readonly string[] = [
  "policy",
  "threshold",
  "thresholds",
  "rule",
  "exits",
  "risk",
  "delta",
  "bound",
  "crc",
  "grid",
  "guarantee",
  "lossRange",
  "binary",
  "source",
  "reference",
  "lambdaDirection",
  "scores",
  "calibration.samples",
  "calibration.empiricalRisk",
];

/** What another version may word or bisect otherwise. */
const ofOneVersion: readonly string[] = ["confidenceFormula", "statement", "calibration.riskUpperBound"];

/**
 * Compares a threshold file with what a second calibration on the same data wrote. Left out are fields that describe the
 * input's format (exit names, classes) and notes; wording is compared only between files of one version.
 *
 * @param file as read
 * @param again made from the file's own settings
 */
export function differences(file: ThresholdFile, again: ThresholdFile): Difference[] {
  const sameVersion = file.tool.version === again.tool.version;
  const fields = [
    ...reproducible,
    ...(file.efficiency && again.efficiency ? Object.keys(again.efficiency).map((key) => `efficiency.${key}`) : []),
    ...(sameVersion ? ofOneVersion : []),
  ];
  const found = fields.flatMap((field) => difference(field, valueAt(file, field), valueAt(again, field)));
  return sameVersion ? [...found, ...difference("cautions", cautionsOf(file), cautionsOf(again))] : found;
}

function difference(field: string, expected: unknown, found: unknown): Difference[] {
  return JSON.stringify(expected) === JSON.stringify(found)
    ? []
    : [{ field, expected: expected ?? null, found: found ?? null }];
}

function valueAt(file: ThresholdFile, field: string): unknown {
  return field.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], file);
}

/** Without the one that files of earlier versions carry where the grid was chosen, not asked for. */
function cautionsOf({ cautions }: ThresholdFile): string[] {
  return cautions.filter(({ code }) => code !== "fixed-steps").map(({ code, message }) => `${code}: ${message}`);
}
