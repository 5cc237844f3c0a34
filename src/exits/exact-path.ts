import type { ExitRecords } from "./exit-records.ts";
import type { RiskPath } from "./risk-path.ts";

/**
 * The path over *all* thresholds: one piece per distinct confidence plus the piece below the smallest, none skipped.
 * Under the strict rule the losses are constant on [v_next, v), so K = distinct values + 1 pieces say everything.
 *
 * @param losses relative losses, row-major `[sampleCount, exitCount]`
 */
export function exactPath(records: ExitRecords, losses: Float64Array): RiskPath {
  const { values, samples, exits, exitCount, sampleCount } = records;
  const count = values.length;
  const lambdas: number[] = [];
  const starts: number[] = [0];
  for (let j = 0; j < count; j++) {
    if (j === 0 || values[j] !== values[j - 1]) {
      lambdas.push(values[j]);
      starts.push(j);
    }
  }
  lambdas.push(Number.NEGATIVE_INFINITY);
  starts.push(count);
  const before = new Float64Array(count);
  const after = new Float64Array(count);
  const current = new Float64Array(sampleCount);
  for (let j = 0; j < count; j++) {
    before[j] = current[samples[j]];
    after[j] = current[samples[j]] = losses[samples[j] * exitCount + exits[j]];
  }
  return {
    kind: "exact",
    sampleCount,
    pieceCount: lambdas.length,
    lambdas: Float64Array.from(lambdas),
    changeStart: Uint32Array.from(starts),
    samples,
    before,
    after,
    exits,
  };
}
