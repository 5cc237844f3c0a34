import { EexitError } from "../errors.ts";
import { exitCounts } from "../exits/efficiency.ts";
import { exitsTaken } from "../exits/exit-rule.ts";
import type { ExitTable, LossTable } from "../exits/types.ts";

/** What a deployed rule did on a set of samples. */
export interface Deployed {
  /** Zero-based exit index per sample; null for a loss table. */
  readonly taken: Uint16Array | null;
  /** Samples per exit; null for a loss table. */
  readonly exitCounts: Float64Array | null;
  /** Loss per sample, unclipped. */
  readonly losses: Float64Array;
}

/**
 * Applies the strict rule with one threshold to an exit table.
 *
 * @param cellLosses losses per sample and exit, `[sampleCount, exitCount]`, relative or absolute
 */
export function deploy(table: ExitTable, confidence: string, threshold: number, cellLosses: Float64Array): Deployed {
  const confidences = table.confidences.get(confidence) as Float32Array;
  const taken = exitsTaken(confidences, table.sampleCount, table.exitCount, threshold);
  const losses = new Float64Array(table.sampleCount);
  for (let i = 0; i < losses.length; i++) losses[i] = cellLosses[i * table.exitCount + taken[i]];
  return { taken, exitCounts: exitCounts(taken, table.exitCount), losses };
}

/**
 * The losses of the row of a loss table that a threshold deploys.
 *
 * @param lambda the certified λ, which must be a row of this table; only listed rows were certified
 * @throws table-invalid when it is not
 */
export function deployRow(table: LossTable, lambda: number): { row: number; deployed: Deployed } {
  const row = table.lambdas.indexOf(lambda);
  if (row < 0) {
    const near = table.lambdas.reduce((best, value) =>
      Math.abs(value - lambda) < Math.abs(best - lambda) ? value : best,
    );
    throw new EexitError(
      "table-invalid",
      `the table has no row with λ = ${lambda}, nearest is ${near}`,
      "only rows that were calibrated are certified: make the fresh table with the same λ",
    );
  }
  const losses = table.losses.slice(row * table.sampleCount, (row + 1) * table.sampleCount);
  return { row, deployed: { taken: null, exitCounts: null, losses } };
}
