import { allocateExitTable, type ExitTableColumns } from "../exits/exit-table.ts";
import { isBuiltInRisk, lossKind } from "../exits/loss-kinds.ts";
import type { Floats } from "../exits/types.ts";
import type { ExitScorer } from "../kernels/exit-scorer.ts";
import { defectError } from "../kernels/row-defect.ts";
import { plainScorer, scoreRows } from "../kernels/score-rows.ts";
import type { SimdScorer } from "../kernels/simd-scorer.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import type { LogitView } from "./logit-view.ts";
import { BATCH_ROWS } from "./rebatch.ts";
import { simdScorer } from "./row-kernel-file.ts";
import { settleValues } from "./settle-values.ts";

/** Values read per block: 512 kB of float32 stay in the processor's cache and off the memory ceiling. */
const blockValues = 1 << 17;
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
  readonly #blockRows: number;
  readonly #simd: SimdScorer | null;
  readonly #room: Floats;
  #plain: ExitScorer | null = null;

  constructor(view: LogitView, request: Pick<InputRequest, "values">, facts: InputFacts) {
    const { exitCount, classCount, type, sampleCount } = view;
    this.#view = view;
    this.#request = request;
    this.#facts = facts;
    this.#blockRows = Math.min(sampleCount, Math.max(1, Math.floor(blockValues / (exitCount * classCount))));
    this.#simd = simdScorer(classCount);
    const length = this.#blockRows * exitCount * classCount;
    this.#room = this.#simd?.rowsFor(length, type) ?? new type(length);
  }

  /** Tells logits from probabilities by the first block of a shareable view, before other threads begin. @throws values-contradict */
  settle(): void {
    this.#block(0, Math.min(this.#blockRows, chunkRows(this.#view)));
  }

  /** @throws EexitError naming the first row that cannot be scored */
  async score(task: ChunkTask): Promise<ExitTableColumns> {
    const { exitCount, classCount } = this.#view;
    const table = allocateExitTable({
      sampleCount: task.count,
      exitCount,
      classCount,
      measures: task.measures,
      risks: task.risks.filter(isBuiltInRisk).map((risk) => lossKind(risk, false)),
      labels: task.labels !== null,
      brier: task.brier,
    });
    for (let row = 0; row < task.count; row += this.#blockRows) {
      const rowCount = Math.min(this.#blockRows, task.count - row);
      await this.#view.prepare(task.start + row, rowCount);
      this.#scoreBlock(task, row, rowCount, table);
    }
    return table;
  }

  #scoreBlock(task: ChunkTask, row: number, rowCount: number, table: ExitTableColumns): void {
    const firstRow = task.start + row;
    const { block, values } = this.#block(firstRow, rowCount);
    const labels = task.labels?.subarray(row, row + rowCount) ?? null;
    const request = { values, measures: task.measures, risks: task.risks };
    const defect = scoreRows(block, labels, request, table, row, this.#scorer(values));
    if (defect) throw defectError(defect, this.#view.name, firstRow);
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
