import type { Source } from "./source.ts";
import type { Spread, SweepRequest, SweepRow } from "./sweep.ts";
import { type TrialPlan, trialOutcomes } from "./trial-outcomes.ts";
import { TrialRows } from "./trial-rows.ts";

/** The same, `trials` times on rows drawn by `seed`. */
export interface TrialsRequest extends Omit<SweepRequest, "costs"> {
  readonly trials: number;
  /** Rows drawn for calibration in each trial. */
  readonly calibrationSize: number;
  readonly seed: number;
}

/**
 * Repeated calibration/test splits, as the paper's figures: each trial calibrates on `calibrationSize` rows drawn without
 * replacement and measures risk and efficiency on all others. The test risk carries the noise of the test rows.
 */
export function sweepSplits(source: Source, request: TrialsRequest, onTrial?: () => void): SweepRow<Spread>[] {
  return tried(source, request, false, onTrial);
}

/**
 * Self-audit in the bootstrap world: the file *is* the population, so the true risk of any threshold is its mean over the
 * file, without noise. Each trial calibrates on rows drawn with replacement (i.i.d., as the guarantees assume).
 */
export function auditBootstrap(source: Source, request: TrialsRequest, onTrial?: () => void): SweepRow<Spread>[] {
  return tried(source, request, true, onTrial);
}

function tried(source: Source, request: TrialsRequest, audit: boolean, onTrial?: () => void): SweepRow<Spread>[] {
  const { methods, trials, ...rest } = request;
  const plan: TrialPlan = { ...rest, tasks: [{ source, methods }], audit };
  const rows = new TrialRows(plan);
  for (let trial = 0; trial < trials; trial++) {
    rows.add(trialOutcomes(plan, trial));
    onTrial?.();
  }
  return rows.rows();
}
