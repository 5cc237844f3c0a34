import { EexitError } from "../errors.ts";
import { isBuiltInMeasure, measureNames } from "../exits/confidence.ts";
import type { ExitTableColumns } from "../exits/exit-table.ts";
import { classRiskNames, isBuiltInRisk } from "../exits/loss-kinds.ts";

/** Names of what is wanted. */
export interface ColumnRequest {
  readonly measures: readonly string[];
  readonly risks: readonly string[];
}

/** The columns of a table to fill, looked up once per block; null is not asked for. */
export interface ScoredColumns {
  readonly predictions: Int32Array;
  readonly top1: Float32Array | null;
  readonly topDiff: Float32Array | null;
  readonly entropy: Float32Array | null;
  readonly brier: Float64Array | null;
  readonly predictionGap: Float64Array | null;
  readonly predictionConsistency: Float64Array | null;
  readonly brierGap: Float64Array | null;
  readonly brierConsistency: Float64Array | null;
  readonly brierConsistencyTop: Float64Array | null;
  readonly hellinger: Float64Array | null;
  /** All requested losses. */
  readonly losses: readonly Float64Array[];
}

/** @throws EexitError `confidence-unknown` or `risk-unknown` when the target lacks a requested column, `labels-needed` */
export function requestedColumns(request: ColumnRequest, target: ExitTableColumns, labelled: boolean): ScoredColumns {
  assertRequest(request, target);
  const measure = (name: string) => (request.measures.includes(name) ? target.confidences.get(name)! : null);
  const risk = (name: string) => (request.risks.includes(name) ? target.losses.get(name)!.values : null);
  const columns = {
    predictions: target.predictions,
    top1: measure("top1"),
    topDiff: measure("top-diff"),
    entropy: measure("entropy"),
    brier: target.brier,
    predictionGap: risk("prediction-gap"),
    predictionConsistency: risk("prediction-consistency"),
    brierGap: risk("brier-gap"),
    brierConsistency: risk("brier-consistency"),
    brierConsistencyTop: risk("brier-consistency-top"),
    hellinger: risk("hellinger"),
    losses: request.risks.map((name) => target.losses.get(name)!.values),
  };
  const needed = columns.predictionGap ?? columns.brierGap ?? columns.brier ?? target.labels;
  if (!labelled && needed !== null) {
    throw new EexitError(
      "labels-needed",
      "prediction-gap, brier-gap and Brier scores need labels, none found",
      "give --labels",
    );
  }
  return columns;
}

function assertRequest(request: ColumnRequest, target: ExitTableColumns): void {
  for (const name of request.measures) {
    if (isBuiltInMeasure(name) && target.confidences.has(name)) continue;
    const message = `confidence ${name}: it is not computed from logits, expected ${measureNames.join(", ")}`;
    throw new EexitError("confidence-unknown", message, "use --confidence name=file:<npy> for one of your own");
  }
  for (const name of request.risks) {
    if (isBuiltInRisk(name) && target.losses.has(name)) continue;
    const message = `risk ${name}: it is not computed from logits, expected ${classRiskNames.join(", ")}`;
    throw new EexitError("risk-unknown", message, "see eexit help risks");
  }
}
