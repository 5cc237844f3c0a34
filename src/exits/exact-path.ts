import type { ExitRecords } from "./exit-records.ts";
import type { RiskPath } from "./risk-path.ts";

/**
 * The path over *all* thresholds: one piece per distinct confidence plus the piece below the smallest, none skipped.
 * Under the strict rule the losses are constant on [v_next, v), so K = distinct values + 1 pieces say everything.
 *
 * @param losses relative losses, row-major `[sampleCount, exitCount]`
 */
export function exactPath(records: ExitRecords, losses: Float64Array): RiskPath {
  const { distinct, groupStart, samples, exits, exitCount, sampleCount } = records;
  const recordCount = samples.length;
  const pieceCount = distinct.length + 1;
  const lambdas = new Float64Array(pieceCount);
  lambdas.set(distinct);
  lambdas[pieceCount - 1] = Number.NEGATIVE_INFINITY;
  // On piece 0, at or above the highest confidence, nobody leaves; each piece after it begins with a group's changes.
  const changeStart = new Uint32Array(pieceCount + 1);
  changeStart.set(groupStart, 1);
  const before = new Float64Array(recordCount);
  const after = new Float64Array(recordCount);
  const current = new Float64Array(sampleCount);
  for (let j = 0; j < recordCount; j++) {
    before[j] = current[samples[j]];
    after[j] = current[samples[j]] = losses[samples[j] * exitCount + exits[j]];
  }
  return { kind: "exact", sampleCount, pieceCount, lambdas, changeStart, samples, before, after, exits };
}
