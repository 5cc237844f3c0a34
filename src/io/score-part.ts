import { setImmediate } from "node:timers/promises";
import { EexitError } from "../errors.ts";
import { isBuiltInMeasure, measureNames } from "../exits/confidence.ts";
import { type ExitTableColumns, selectRows } from "../exits/exit-table.ts";
import { classRiskNames, isBuiltInRisk, riskCatalogue } from "../exits/loss-kinds.ts";
import type { ExitTable } from "../exits/types.ts";
import { ChunkScorer, type ChunkTask, chunkRows } from "./chunk-scorer.ts";
import { type ConfidenceColumn, columnConfidences } from "./confidence-columns.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import type { LogitOrigin } from "./logit-origin.ts";
import type { LogitView } from "./logit-view.ts";
import type { ScoreThreads } from "./score-threads.ts";

export interface PartToScore {
  readonly view: LogitView;
  /** Where other threads find the view; null for one that exists in this thread only. */
  readonly origin: LogitOrigin | null;
  /** Labels of the rows, or null. */
  readonly labels: (count: number) => Int32Array | null;
  readonly columns: readonly ConfidenceColumn[];
}

/** Chunks that wait for an earlier one: beyond that the earlier one is waited for. */
const chunksAhead = 8;

/**
 * Scores one part chunk by chunk into exit tables: memory does not grow with N. With threads, chunks are scored out of order and handed
 * on in order, so that tables and the first error are the same; this thread takes those for which the others have no time.
 */
export async function* scorePart(
  part: PartToScore,
  request: InputRequest,
  facts: InputFacts,
  threads: ScoreThreads | null = null,
): AsyncGenerator<ExitTable> {
  const { view } = part;
  const scorer = new ChunkScorer(view, request, facts);
  const elsewhere = threads?.openPart(part, scorer, request, facts) ?? null;
  const rows = chunkRows(view);
  const waiting: Chunk[] = [];
  for (let start = 0; start < view.sampleCount; start += rows) {
    const count = Math.min(rows, view.sampleCount - start);
    let isHere = false;
    const chunk: Chunk = {
      isDone: false,
      table: scoredChunk(part, start, count, request, facts, (task) => {
        const given = elsewhere?.(task) ?? null;
        isHere = given === null;
        return given ?? scorer.score(task);
      }),
    };
    const done = () => {
      chunk.isDone = true;
    };
    // its turn to be awaited comes later, and that it fails may be known before
    chunk.table.then(done, done);
    waiting.push(chunk);
    if (isHere) await chunk.table.catch(() => {});
    // lets answers of other threads in
    if (elsewhere !== null) await setImmediate();
    while (waiting.length > 0 && (waiting[0].isDone || waiting.length > chunksAhead))
      yield await waiting.shift()!.table;
  }
  for (const { table } of waiting) yield await table;
}

interface Chunk {
  readonly table: Promise<ExitTable>;
  isDone: boolean;
}

async function scoredChunk(
  part: PartToScore,
  start: number,
  count: number,
  request: InputRequest,
  facts: InputFacts,
  score: (task: ChunkTask) => Promise<ExitTableColumns>,
): Promise<ExitTable> {
  const given = part.labels(count);
  const kept = given && keptRows(given, request.ignoreLabels);
  const labels = given && checkedLabels(given, kept, part.view, start);
  const risks = wantedRisks(request, labels !== null);
  const brier = labels !== null && (request.brier || request.risks === "all" || risks.includes("brier-gap"));
  const table = await score({ start, count, labels, measures: wantedMeasures(request), risks, brier });
  const complete = columnConfidences(table, part.columns, start, count);
  if (kept === null || kept.length === count) return complete;
  facts.ignoredCount += count - kept.length;
  return selectRows(complete, kept);
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
