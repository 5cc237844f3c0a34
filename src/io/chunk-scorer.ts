import { allocateExitTable, type ExitTableColumns } from "../exits/exit-table.ts";
import { isBuiltInRisk, lossKind } from "../exits/loss-kinds.ts";
import type { Floats } from "../exits/types.ts";
import type { ExitScorer } from "../kernels/exit-scorer.ts";
import { defectError } from "../kernels/row-defect.ts";
import { plainScorer, scoreInto } from "../kernels/score-rows.ts";
import { requestedColumns } from "../kernels/scored-columns.ts";
import type { SimdScorer } from "../kernels/simd-scorer.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import type { LogitView } from "./logit-view.ts";
import { BATCH_ROWS } from "./rebatch.ts";
import { simdScorer } from "./row-kernel-file.ts";
import { settleValues } from "./settle-values.ts";

/** Values read per block: 1 MB of float32, so few that what is done per block costs nothing, and so many that they stay in a cache. */
const blockValues = 1 << 18;
/** Of the first block, by which logits are told from probabilities. */
const firstBlockValues = 1 << 17;
/** Values per chunk at most, the unit of work of a thread: some 80 ms of it. */
const chunkValues = 1 << 25;

/**
 * Samples per chunk. It depends on the shape alone, so that nothing that is found on the way depends on the number of threads; as many as a
 * written batch holds, so that a chunk becomes one without being copied.
 */
export function chunkRows({ exitCount, classCount }: LogitView): number {
  return Math.max(1, Math.min(BATCH_ROWS, Math.floor(chunkValues / (exitCount * classCount))));
}

/** Consecutive rows to score and what is wanted of them; plain data that can go to another thread. */
export interface ChunkTask {
  readonly start: number;
  readonly count: number;
  /** `[count]`, each a class, or null. */
  readonly labels: Int32Array | null;
  readonly measures: readonly string[];
  readonly risks: readonly string[];
  /** Whether absolute Brier scores are kept. */
  readonly brier: boolean;
}

/** Scores chunks of one view into exit tables, block by block through one reused buffer: on SIMD where that can be had. */
export class ChunkScorer {
  readonly #view: LogitView;
  readonly #request: Pick<InputRequest, "values">;
  readonly #facts: InputFacts;
  readonly #firstRows: number;
  readonly #blockRows: number;
  readonly #simd: SimdScorer | null;
  readonly #room: Floats;
  #plain: ExitScorer | null = null;

  constructor(view: LogitView, request: Pick<InputRequest, "values">, facts: InputFacts) {
    const { exitCount, classCount, type, sampleCount } = view;
    this.#view = view;
    this.#request = request;
    this.#facts = facts;
    const rowsOf = (values: number) =>
      Math.min(sampleCount, Math.max(1, Math.floor(values / (exitCount * classCount))));
    this.#firstRows = rowsOf(firstBlockValues);
    this.#blockRows = rowsOf(blockValues);
    this.#simd = simdScorer(classCount);
    const length = this.#blockRows * exitCount * classCount;
    this.#room = this.#simd?.rowsFor(length, type) ?? new type(length);
  }

  /** Tells logits from probabilities by the first block of a shareable view, before other threads begin. @throws values-contradict */
  settle(): void {
    this.#block(0, Math.min(this.#firstRows, chunkRows(this.#view)));
  }

  /**
   * @param used a table of an earlier task like this, to be filled instead of a new one
   * @throws EexitError naming the first row that cannot be scored
   */
  async score(task: ChunkTask, used: ExitTableColumns | null = null): Promise<ExitTableColumns> {
    const table = used?.sampleCount === task.count ? used : this.#tableFor(task);
    if (task.labels !== null) table.labels?.set(task.labels);
    const columns = requestedColumns(task, table, task.labels !== null);
    let rowCount = 0;
    for (let row = 0; row < task.count; row += rowCount) {
      const firstRow = task.start + row;
      rowCount = Math.min(firstRow === 0 ? this.#firstRows : this.#blockRows, task.count - row);
      if (this.#view.prepare !== null) await this.#view.prepare(firstRow, rowCount);
      const { block, values } = this.#block(firstRow, rowCount);
      const labels = task.labels?.subarray(row, row + rowCount) ?? null;
      const defect = scoreInto(columns, row * block.exitCount, block, labels, this.#scorer(values));
      if (defect) throw defectError(defect, this.#view.name, firstRow);
    }
    return table;
  }

  #tableFor({ count, measures, risks, labels, brier }: ChunkTask): ExitTableColumns {
    const { exitCount, classCount } = this.#view;
    const kinds = risks.filter(isBuiltInRisk).map((risk) => lossKind(risk, false));
    return allocateExitTable({
      sampleCount: count,
      exitCount,
      classCount,
      measures,
      risks: kinds,
      labels: labels !== null,
      brier,
    });
  }

  #block(firstRow: number, rowCount: number) {
    const { exitCount, classCount } = this.#view;
    const block = { values: this.#view.readRows(firstRow, rowCount, this.#room), rowCount, exitCount, classCount };
    return { block, values: settleValues(() => block, firstRow, this.#view, this.#request, this.#facts) };
  }

  #scorer(values: "logits" | "probs"): ExitScorer {
    if (values === "logits" && this.#simd !== null) return this.#simd;
    this.#plain ??= plainScorer(values, this.#view.classCount);
    return this.#plain;
  }
}
