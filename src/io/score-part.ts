import { EexitError } from "../errors.ts";
import { isBuiltInMeasure, measureNames } from "../exits/confidence.ts";
import { allocateExitTable, type ExitTableColumns, selectRows } from "../exits/exit-table.ts";
import { classRiskNames, isBuiltInRisk, lossKind, riskCatalogue } from "../exits/loss-kinds.ts";
import type { ExitTable } from "../exits/types.ts";
import { defectError } from "../kernels/row-defect.ts";
import { scoreRows } from "../kernels/score-rows.ts";
import { type ConfidenceColumn, columnConfidences } from "./confidence-columns.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import type { LogitView } from "./logit-view.ts";
import { settleValues } from "./settle-values.ts";

/** Values read per block: 1 MB of float32 stays in the processor's cache and off the memory ceiling. */
const BLOCK_VALUES = 1 << 18;
/** Samples per chunk handed on: a table row takes some hundred bytes, so a chunk a few megabytes. */
export const CHUNK_ROWS = 1 << 14;

export interface PartToScore {
  readonly view: LogitView;
  /** Labels of the rows, or null. */
  readonly labels: (count: number) => Int32Array | null;
  readonly columns: readonly ConfidenceColumn[];
}

/** Scores one part block by block into exit tables of at most {@link CHUNK_ROWS} rows: memory does not grow with N. */
export function* scorePart(part: PartToScore, request: InputRequest, facts: InputFacts): Generator<ExitTable> {
  const { view } = part;
  for (let start = 0; start < view.sampleCount; start += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, view.sampleCount - start);
    yield scoreChunk(part, start, count, request, facts);
  }
}

function scoreChunk(
  part: PartToScore,
  start: number,
  count: number,
  request: InputRequest,
  facts: InputFacts,
): ExitTable {
  const { view, columns } = part;
  const given = part.labels(count);
  const kept = given && keptRows(given, request.ignoreLabels);
  const labels = given && checkedLabels(given, kept, view, start);
  const measures = wantedMeasures(request);
  const risks = wantedRisks(request, labels !== null);
  const table = allocateExitTable({
    sampleCount: count,
    exitCount: view.exitCount,
    classCount: view.classCount,
    measures,
    risks: risks.filter(isBuiltInRisk).map((risk) => lossKind(risk, false)),
    labels: labels !== null,
    brier: labels !== null && (request.brier || request.risks === "all" || risks.includes("brier-gap")),
  });
  const blockRows = Math.max(1, Math.floor(BLOCK_VALUES / (view.exitCount * view.classCount)));
  for (let row = 0; row < count; row += blockRows) {
    const rows = Math.min(blockRows, count - row);
    scoreBlock(
      view,
      start + row,
      rows,
      labels?.subarray(row, row + rows) ?? null,
      { measures, risks },
      table,
      row,
      request,
      facts,
    );
  }
  const complete = columnConfidences(table, columns, start, count);
  if (kept === null || kept.length === count) return complete;
  facts.ignoredCount += count - kept.length;
  return selectRows(complete, kept);
}

function scoreBlock(
  view: LogitView,
  firstRow: number,
  rowCount: number,
  labels: Int32Array | null,
  wanted: { measures: readonly string[]; risks: readonly string[] },
  table: ExitTableColumns,
  targetRow: number,
  request: InputRequest,
  facts: InputFacts,
): void {
  const { exitCount, classCount, name } = view;
  const block = { values: view.readRows(firstRow, rowCount), rowCount, exitCount, classCount };
  const values = settleValues(block, firstRow, view, request, facts);
  const defect = scoreRows(
    block,
    labels,
    { values, measures: [...wanted.measures], risks: [...wanted.risks] },
    table,
    targetRow,
  );
  if (defect) throw defectError(defect, name, firstRow);
}

/** The built-in measures to compute. */
export function wantedMeasures({ confidences }: InputRequest): readonly string[] {
  if (confidences === "default") return ["top1"];
  if (confidences === "all") return measureNames;
  return confidences.filter(isBuiltInMeasure);
}

/** @throws risk-unknown, labels-needed */
function wantedRisks({ risks }: InputRequest, labelled: boolean): readonly string[] {
  if (risks === "default") return [labelled ? "prediction-gap" : "prediction-consistency"];
  if (risks === "all") return classRiskNames.filter((risk) => labelled || !riskCatalogue[risk].needsLabels);
  for (const risk of risks) assertComputable(risk, labelled);
  return risks;
}

function assertComputable(risk: string, labelled: boolean): void {
  if (!isBuiltInRisk(risk)) {
    throw new EexitError(
      "risk-unknown",
      `--risk ${risk}: cannot be computed from logits, expected one of ${classRiskNames.join(", ")}`,
      "custom losses come in an exit table with columns loss:<risk>_1 … (eexit help formats)",
    );
  }
  if (riskCatalogue[risk].outputs === "pixels") {
    throw new EexitError(
      "risk-unknown",
      `--risk ${risk}: a risk of dense logits [N, L, C, H, W], expected one of ${classRiskNames.join(", ")}`,
      `its counterpart per sample is ${risk === "miou-gap" ? "prediction-gap" : "prediction-consistency"}`,
    );
  }
  if (riskCatalogue[risk].needsLabels && !labelled) {
    throw new EexitError(
      "labels-needed",
      `--risk ${risk}: needs labels, found none`,
      "give --labels FILE, or use a label-free risk such as prediction-consistency",
    );
  }
}

/** Rows whose label is not ignored. */
export function keptRows(labels: Int32Array, ignored: readonly number[]): Uint32Array {
  const rows: number[] = [];
  labels.forEach((label, row) => {
    if (!ignored.includes(label)) rows.push(row);
  });
  return Uint32Array.from(rows);
}

/** Labels with ignored ones replaced by class 0 (their rows are dropped after scoring). @throws label-invalid */
function checkedLabels(labels: Int32Array, kept: Uint32Array | null, view: LogitView, start: number): Int32Array {
  const checked = new Int32Array(labels.length);
  for (const row of kept ?? []) {
    if (labels[row] < 0 || labels[row] >= view.classCount) {
      throw new EexitError(
        "label-invalid",
        `label ${labels[row]} at row ${start + row} of ${view.name}, expected a class from 0 to ${view.classCount - 1}`,
        `leave such rows out with --ignore-label ${labels[row]}`,
      );
    }
    checked[row] = labels[row];
  }
  return checked;
}
