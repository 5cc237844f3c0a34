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

/** How the tables are used. */
export interface TableUse {
  /** A table is good until the next is asked for: its memory is filled anew then. */
  readonly passing: boolean;
}

export const keptTables: TableUse = { passing: false };

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
  { passing }: TableUse = keptTables,
): AsyncGenerator<ExitTable> {
  const { view } = part;
  const scorer = new ChunkScorer(view, request, facts);
  const elsewhere = (await threads?.openPart(part, scorer, request, facts)) ?? null;
  const rows = chunkRows(view);
  const waiting: Chunk[] = [];
  /** Tables that were handed on and are not used any more. */
  const used: ExitTableColumns[] = [];
  async function* handOn(most: number): AsyncGenerator<ExitTable> {
    while (waiting.length > 0 && (waiting[0].isDone || waiting.length > most)) {
      const { table, scored } = await waiting.shift()!.answer;
      yield table;
      if (passing) used.push(scored);
    }
  }
  for (let start = 0; start < view.sampleCount; start += rows) {
    const count = Math.min(rows, view.sampleCount - start);
    let isHere = false;
    const chunk: Chunk = {
      isDone: false,
      answer: scoredChunk(part, start, count, request, facts, (task) => {
        const room = used.pop() ?? null;
        const left = Math.ceil((view.sampleCount - start) / rows);
        const given = elsewhere?.(task, room, left) ?? null;
        isHere = given === null;
        return given ?? scorer.score(task, room);
      }),
    };
    const done = () => {
      chunk.isDone = true;
    };
    // its turn to be awaited comes later, and that it fails may be known before
    chunk.answer.then(done, done);
    waiting.push(chunk);
    if (isHere) await chunk.answer.catch(() => {});
    // lets answers of other threads in
    if (elsewhere !== null) await setImmediate();
    yield* handOn(chunksAhead);
  }
  yield* handOn(0);
}

interface Chunk {
  readonly answer: Promise<ScoredChunk>;
  isDone: boolean;
}

interface ScoredChunk {
  /** The table without ignored rows, with the columns from elsewhere. */
  readonly table: ExitTable;
  /** The table that was filled. */
  readonly scored: ExitTableColumns;
}

async function scoredChunk(
  part: PartToScore,
  start: number,
  count: number,
  request: InputRequest,
  facts: InputFacts,
  score: (task: ChunkTask) => Promise<ExitTableColumns>,
): Promise<ScoredChunk> {
  const given = part.labels(count);
  const kept = given && request.ignoreLabels.length > 0 ? keptRows(given, request.ignoreLabels) : null;
  const labels = given && checkedLabels(given, kept, part.view, start);
  const risks = wantedRisks(request, labels !== null);
  const brier = labels !== null && (request.brier || request.risks === "all" || risks.includes("brier-gap"));
  const scored = await score({ start, count, labels, measures: wantedMeasures(request), risks, brier });
  const complete = columnConfidences(scored, part.columns, start, count);
  if (kept === null || kept.length === count) return { table: complete, scored };
  facts.ignoredCount += count - kept.length;
  return { table: selectRows(complete, kept), scored };
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

/**
 * Labels with those of ignored rows replaced by class 0 (they are dropped after scoring).
 * @param kept rows that are not ignored; null for all
 * @throws label-invalid
 */
function checkedLabels(labels: Int32Array, kept: Uint32Array | null, view: LogitView, start: number): Int32Array {
  const { classCount } = view;
  if (kept === null) {
    const bad = labels.findIndex((label) => label < 0 || label >= classCount);
    if (bad >= 0) throw invalidLabel(labels[bad], start + bad, view);
    return labels;
  }
  const checked = new Int32Array(labels.length);
  for (const row of kept) {
    if (labels[row] < 0 || labels[row] >= classCount) throw invalidLabel(labels[row], start + row, view);
    checked[row] = labels[row];
  }
  return checked;
}

function invalidLabel(label: number, row: number, { name, classCount }: LogitView): EexitError {
  return new EexitError(
    "label-invalid",
    `label ${label} at row ${row} of ${name}, expected a class from 0 to ${classCount - 1}`,
    `leave such rows out with --ignore-label ${label}`,
  );
}
