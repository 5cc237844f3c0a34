import type { ExitTableColumns } from "../exits/exit-table.ts";
import type { CellProblem, ExitScorer, RowBlock } from "./exit-scorer.ts";
import { LogitScorer } from "./logit-scorer.ts";
import { ProbabilityScorer } from "./probability-scorer.ts";
import type { RowDefect } from "./row-defect.ts";
import { type ColumnRequest, requestedColumns, type ScoredColumns } from "./scored-columns.ts";

/** What to compute: names of built-in measures and risks. */
export interface ScoreRequest extends ColumnRequest {
  readonly values: "logits" | "probs";
}

/**
 * Scores a block into `target`, whose first row to be written is `targetRow`: predictions always, labels and Brier scores where the
 * target has columns for them, and the requested confidences (float32) and relative losses (float64, unclipped, exactly 0 at exit L).
 *
 * Confidences and losses are within 2e-7 of exact arithmetic for logits, losses within 1e-12 for probabilities; predictions are exact.
 * The same values give the same bits on every machine, whatever block they arrive in and whatever scorer reads them.
 * @param labels `[rowCount]`, each from 0 to classCount − 1, or null
 * @param scorer one for these values and classes to be used again, such as a `SimdScorer`; by default a plain one
 * @returns the first row found that cannot be scored (see `defectError`), rows before it are written; null when all are
 * @throws EexitError as `requestedColumns`
 */
export function scoreRows(
  block: RowBlock,
  labels: Int32Array | null,
  request: ScoreRequest,
  target: ExitTableColumns,
  targetRow: number,
  scorer: ExitScorer = plainScorer(request.values, block.classCount),
): RowDefect | null {
  if (labels !== null) target.labels?.set(labels.subarray(0, block.rowCount), targetRow);
  const columns = requestedColumns(request, target, labels !== null);
  return scoreInto(columns, targetRow * block.exitCount, block, labels, scorer);
}

/** The same into columns that were looked up before, from `firstCell` on; labels themselves are not kept. */
export function scoreInto(
  columns: ScoredColumns,
  firstCell: number,
  block: RowBlock,
  labels: Int32Array | null,
  scorer: ExitScorer,
): RowDefect | null {
  const found = scorer.holds?.(block)
    ? scorer.scoreBlock!(block, labels, columns, firstCell)
    : scoreCells(block, labels, columns, firstCell, scorer);
  return found && rowDefect(found, block.exitCount);
}

/** Cell by cell, of each sample the full network first: every other exit is compared with it. */
function scoreCells(
  { values, rowCount, exitCount, classCount }: RowBlock,
  labels: Int32Array | null,
  columns: ScoredColumns,
  firstCell: number,
  scorer: ExitScorer,
): CellProblem | null {
  const last = exitCount - 1;
  const full: FullNetwork = { prediction: 0, brier: 0, brierTop: 0 };
  for (let row = 0; row < rowCount; row++) {
    const label = labels === null ? -1 : labels[row];
    for (let exitIndex = last; exitIndex >= 0; exitIndex--) {
      const cell = row * exitCount + exitIndex;
      const problem = scorer.read(values, cell * classCount);
      if (problem !== null) return { cell, problem };
      writeConfidences(scorer, columns, firstCell + cell);
      if (exitIndex === last) readFullNetwork(scorer, columns, firstCell + cell, label, full);
      else writeLosses(scorer, columns, firstCell + cell, label, full);
    }
  }
  return null;
}

function rowDefect({ cell, problem }: CellProblem, exitCount: number): RowDefect {
  return { row: Math.floor(cell / exitCount), exitIndex: cell % exitCount, problem };
}

/** The scorer that needs nothing but this language. */
export function plainScorer(values: ScoreRequest["values"], classCount: number): ExitScorer {
  return values === "logits" ? new LogitScorer(classCount) : new ProbabilityScorer(classCount);
}

/** What the other exits of a row are compared with. */
interface FullNetwork {
  prediction: number;
  /** Brier score against the label, and against its own prediction. */
  brier: number;
  brierTop: number;
}

function writeConfidences(scorer: ExitScorer, columns: ScoredColumns, cell: number): void {
  columns.predictions[cell] = scorer.prediction;
  if (columns.top1 !== null) columns.top1[cell] = scorer.top1();
  if (columns.topDiff !== null) columns.topDiff[cell] = scorer.topDiff();
  if (columns.entropy !== null) columns.entropy[cell] = scorer.entropy();
}

/** Notes the full network's row; its relative losses stay the 0 that they are by definition. */
function readFullNetwork(
  scorer: ExitScorer,
  columns: ScoredColumns,
  cell: number,
  label: number,
  full: FullNetwork,
): void {
  full.prediction = scorer.prediction;
  if (columns.brier !== null || columns.brierGap !== null) full.brier = scorer.brier(label);
  if (columns.brier !== null) columns.brier[cell] = full.brier;
  if (columns.brierConsistencyTop !== null) full.brierTop = scorer.brier(scorer.prediction);
  if (columns.brierConsistency !== null || columns.hellinger !== null) scorer.keepReference();
  for (const losses of columns.losses) losses[cell] = 0;
}

function writeLosses(scorer: ExitScorer, columns: ScoredColumns, cell: number, label: number, full: FullNetwork): void {
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
