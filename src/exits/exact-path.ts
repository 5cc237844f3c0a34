import type { ExitRecords } from "./exit-records.ts";
import type { RiskPath } from "./risk-path.ts";

/**
 * The path over *all* thresholds: one piece per distinct confidence plus the piece below the smallest, none skipped.
 * Under the strict rule the losses are constant on [v_next, v), so K = distinct values + 1 pieces say everything.
 *
 * @param losses relative losses, row-major `[sampleCount, exitCount]`
 */
export function exactPath(records: ExitRecords, losses: Float64Array): RiskPath {
  const { lambdas, changeStart, samples, exits, exitCount, sampleCount } = records;
  const recordCount = samples.length;
  const before = new Float64Array(recordCount);
  const after = new Float64Array(recordCount);
  const current = new Float64Array(sampleCount);
  for (let j = 0; j < recordCount; j++) {
    before[j] = current[samples[j]];
    after[j] = current[samples[j]] = losses[samples[j] * exitCount + exits[j]];
  }
  return {
    kind: "exact",
    sampleCount,
    pieceCount: lambdas.length,
    lambdas,
    changeStart,
    samples,
    before,
    after,
    exits,
  };
}
