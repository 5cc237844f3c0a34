import golden from "../reference/golden.json" with { type: "json" };

/** The 40 samples with four exits whose sweeps `oracle.py` worked out (ε as in the keys, δ = .1, B = 1, no shuffle). */
export const goldenSweep = golden.sweep;
export const goldenCount = goldenSweep.conf.length;
export const goldenExitCount = 4;
export const goldenKind = { name: "signed", lower: -1, upper: 1, binary: false };

/** Row-major `[40, 4]`; the last exit's confidence, which no rule reads, is NaN. */
export const goldenConfidences = Float64Array.from(goldenSweep.conf.flatMap((row) => [...row, Number.NaN]));
export const goldenLosses = Float64Array.from(goldenSweep.gap.flat());

/** Thresholds as the vectors write them: JSON has no infinities. */
export function thresholdOf(value: number | string): number {
  if (value === "never-exit") return Number.POSITIVE_INFINITY;
  return value === "first-exit" ? Number.NEGATIVE_INFINITY : (value as number);
}
