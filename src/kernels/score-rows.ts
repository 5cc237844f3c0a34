import { EexitError } from "../errors.ts";
import { isBuiltInMeasure, measureNames } from "../exits/confidence.ts";
import type { ExitTableColumns } from "../exits/exit-table.ts";
import { classRiskNames, isBuiltInRisk } from "../exits/loss-kinds.ts";
import type { ExitScorer, RowBlock } from "./exit-scorer.ts";
import { LogitScorer } from "./logit-scorer.ts";
import { ProbabilityScorer } from "./probability-scorer.ts";
import type { RowDefect } from "./row-defect.ts";

/** What to compute: names of built-in measures and risks. */
export interface ScoreRequest {
  readonly values: "logits" | "probs";
  readonly measures: readonly string[];
  readonly risks: readonly string[];
}

/**
 * Scores a block into `target`, whose first row to be written is `targetRow`: predictions always, labels and Brier scores where the
 * target has columns for them, and the requested confidences (float32) and relative losses (float64, unclipped, exactly 0 at exit L).
 *
 * Confidences and losses are within 2e-7 of exact arithmetic for logits, losses within 1e-12 for probabilities; predictions are exact.
 * The same values give the same bits on every machine, whatever block they arrive in and whatever scorer reads them.
 * @param labels `[rowCount]`, each from 0 to classCount − 1, or null
 * @param reader a scorer for these values and classes to be used again, such as a `SimdScorer`; by default a plain one
 * @returns the first row found that cannot be scored (see `defectError`), rows before it are written; null when all are
 * @throws EexitError `confidence-unknown` or `risk-unknown` when the target lacks a requested column, `labels-needed`
 */
export function scoreRows(
  block: RowBlock,
  labels: Int32Array | null,
  request: ScoreRequest,
  target: ExitTableColumns,
  targetRow: number,
  reader: ExitScorer = plainScorer(request.values, block.classCount),
): RowDefect | null {
  const { values, rowCount, exitCount, classCount } = block;
  const columns = requestedColumns(request, target, labels !== null);
  const compared = columns.brierConsistency !== null || columns.hellinger !== null;
  const scorer = reader.ahead?.(block, labels, compared) ?? reader;
  const last = exitCount - 1;
  const full: FullNetwork = { prediction: 0, brier: 0, brierTop: 0 };
  for (let row = 0; row < rowCount; row++) {
    const label = labels === null ? -1 : labels[row];
    if (target.labels !== null) target.labels[targetRow + row] = label;
    // the full network first: every other exit is compared with it
    for (let exitIndex = last; exitIndex >= 0; exitIndex--) {
      const problem = scorer.read(values, (row * exitCount + exitIndex) * classCount);
      if (problem !== null) return { row, exitIndex, problem };
      const cell = (targetRow + row) * exitCount + exitIndex;
      writeConfidences(scorer, columns, cell);
      if (exitIndex === last) readFullNetwork(scorer, columns, cell, label, full);
      else writeLosses(scorer, columns, cell, label, full);
    }
  }
  return null;
}

/** The scorer that needs nothing but this language. */
export function plainScorer(values: ScoreRequest["values"], classCount: number): ExitScorer {
  return values === "logits" ? new LogitScorer(classCount) : new ProbabilityScorer(classCount);
}

/** The columns to fill, looked up once per block; null is not asked for. */
interface Columns {
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

function requestedColumns(request: ScoreRequest, target: ExitTableColumns, labelled: boolean): Columns {
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

function assertRequest(request: ScoreRequest, target: ExitTableColumns): void {
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

/** What the other exits of a row are compared with. */
interface FullNetwork {
  prediction: number;
  /** Brier score against the label, and against its own prediction. */
  brier: number;
  brierTop: number;
}

function writeConfidences(scorer: ExitScorer, columns: Columns, cell: number): void {
  columns.predictions[cell] = scorer.prediction;
  if (columns.top1 !== null) columns.top1[cell] = scorer.top1();
  if (columns.topDiff !== null) columns.topDiff[cell] = scorer.topDiff();
  if (columns.entropy !== null) columns.entropy[cell] = scorer.entropy();
}

/** Notes the full network's row; its relative losses stay the 0 that they are by definition. */
function readFullNetwork(scorer: ExitScorer, columns: Columns, cell: number, label: number, full: FullNetwork): void {
  full.prediction = scorer.prediction;
  if (columns.brier !== null || columns.brierGap !== null) full.brier = scorer.brier(label);
  if (columns.brier !== null) columns.brier[cell] = full.brier;
  if (columns.brierConsistencyTop !== null) full.brierTop = scorer.brier(scorer.prediction);
  if (columns.brierConsistency !== null || columns.hellinger !== null) scorer.keepReference();
  for (const losses of columns.losses) losses[cell] = 0;
}

function writeLosses(scorer: ExitScorer, columns: Columns, cell: number, label: number, full: FullNetwork): void {
  const { prediction } = scorer;
  if (columns.predictionConsistency !== null) {
    columns.predictionConsistency[cell] = prediction === full.prediction ? 0 : 1;
  }
  if (columns.predictionGap !== null) {
    columns.predictionGap[cell] = (prediction === label ? 0 : 1) - (full.prediction === label ? 0 : 1);
  }
  if (columns.brier !== null || columns.brierGap !== null) {
    const brier = scorer.brier(label);
    if (columns.brier !== null) columns.brier[cell] = brier;
    if (columns.brierGap !== null) columns.brierGap[cell] = brier - full.brier;
  }
  if (columns.brierConsistencyTop !== null) {
    columns.brierConsistencyTop[cell] = scorer.brier(full.prediction) - full.brierTop;
  }
  if (columns.brierConsistency !== null || columns.hellinger !== null) {
    scorer.compare();
    if (columns.brierConsistency !== null) columns.brierConsistency[cell] = scorer.squaredDistance;
    if (columns.hellinger !== null) columns.hellinger[cell] = scorer.hellinger;
  }
}
