import type { Floats } from "../exits/types.ts";
import type { CellProblem, ExitScorer, RowBlock } from "./exit-scorer.ts";
import { aligned, firstAddress, type KernelMemory, reserve } from "./kernel-memory.ts";
import { naturalLog } from "./natural-log.ts";
import { brierOf, entropyOf, hellingerOf, squaredDistanceOf, topDiffOf } from "./row-answers.ts";
import type { RowProblem } from "./row-defect.ts";
import { findMaximum, rowProblem } from "./row-maximum.ts";
import type { ScoredColumns } from "./scored-columns.ts";

/** An instance of the SIMD kernel: what assembly/row-kernel.ts exports, with a memory of its own. */
export interface RowKernel {
  readonly memory: KernelMemory;
  workSize(classCount: number): number;
  configure(classCount: number, work: number): void;
  read32(address: number, record: number): number;
  read64(address: number, record: number): number;
  term(index: number): number;
  keepReference(): void;
  compare(record: number): void;
  scoreBlock(
    address: number,
    is64: number,
    samples: number,
    exits: number,
    labels: number,
    columns: number,
    record: number,
  ): number;
}

const recordAddress = firstAddress;
/** The kernel may look this far past a row. */
const slackBytes = 64;

/** Float64 numbers of a record, and what stands where in it. */
const recordLength = 10;
const [total, top, squares, weighted, second, , , roots, distances, argmax] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** The kernel's order of columns, of which a list holds the addresses. */
const columnOrder = [
  "predictions",
  "top1",
  "topDiff",
  "entropy",
  "brier",
  "predictionGap",
  "predictionConsistency",
  "brierGap",
  "brierConsistency",
  "brierConsistencyTop",
  "hellinger",
] as const satisfies readonly (keyof ScoredColumns)[];
const listAddress = recordAddress + 8 * recordLength;
const workAddress = aligned(listAddress + 4 * columnOrder.length);

/**
 * `LogitScorer` on the SIMD kernel: the same bits, several times as fast. Rows are read in the kernel's own memory: values that a caller
 * puts into `rowsFor` are scored where they are, a whole block of them in one go; others are copied there one row at a time.
 */
export class SimdScorer implements ExitScorer {
  private readonly classCount: number;
  private readonly logClassCount: number;
  private readonly kernel: RowKernel;
  private readonly inputAddress: number;
  /** Of the row that was read last. */
  private record = new Float64Array(recordLength);
  /** Bytes of `rowsFor`, behind which the labels and columns of a block begin. */
  private room = 0;
  private plan: BlockPlan | null = null;

  /** @param kernel of no other scorer: it holds the row that was read last */
  constructor(kernel: RowKernel, classCount: number) {
    this.classCount = classCount;
    this.logClassCount = naturalLog(classCount);
    this.kernel = kernel;
    this.inputAddress = workAddress + aligned(kernel.workSize(classCount));
    kernel.configure(classCount, workAddress);
    this.reserve(8 * classCount, 0);
  }

  get prediction(): number {
    return this.record[argmax];
  }

  top1(): number {
    return this.record[top] / this.record[total];
  }

  topDiff(): number {
    return topDiffOf(this.record[total], this.record[top], this.record[second]);
  }

  entropy(): number {
    return entropyOf(this.record[total], this.record[top], this.record[weighted], this.logClassCount);
  }

  get squaredDistance(): number {
    return squaredDistanceOf(this.record[distances]);
  }

  get hellinger(): number {
    return hellingerOf(this.record[roots]);
  }

  /** Room for `length` values inside the kernel, where `read` needs no copy. Valid until the next call; earlier room is reused. */
  rowsFor(length: number, type: Float32ArrayConstructor | Float64ArrayConstructor): Floats {
    this.room = length * type.BYTES_PER_ELEMENT;
    this.plan = null;
    this.reserve(this.room, Math.ceil(length / this.classCount));
    return new type(this.kernel.memory.buffer, this.inputAddress, length);
  }

  /** Memory for rows, and behind them for a label and all columns of `cellCount` cells. */
  private reserve(bytes: number, cellCount: number): void {
    const { memory } = this.kernel;
    const end = this.labelsBehind(bytes) + cellCount * 4 + columnOrder.length * aligned(8 * cellCount);
    reserve(memory, end);
    this.record = new Float64Array(memory.buffer, recordAddress, recordLength);
  }

  private labelsBehind(bytes: number): number {
    return this.inputAddress + aligned(bytes + slackBytes);
  }

  read(values: Floats, base: number): RowProblem | null {
    const { kernel } = this;
    const inside = values.buffer === kernel.memory.buffer;
    const address = inside ? values.byteOffset + base * values.BYTES_PER_ELEMENT : this.copied(values, base);
    const found =
      values instanceof Float32Array ? kernel.read32(address, recordAddress) : kernel.read64(address, recordAddress);
    return found < 0 ? problemOf(values, base, this.classCount) : null;
  }

  private copied(values: Floats, base: number): number {
    const row = values.subarray(base, base + this.classCount);
    const { buffer } = this.kernel.memory;
    if (row instanceof Float32Array) new Float32Array(buffer, this.inputAddress, this.classCount).set(row);
    else new Float64Array(buffer, this.inputAddress, this.classCount).set(row);
    return this.inputAddress;
  }

  brier(target: number): number {
    return brierOf(this.record[total], this.record[top], this.record[squares], this.kernel.term(target));
  }

  keepReference(): void {
    this.kernel.keepReference();
  }

  compare(): void {
    this.kernel.compare(recordAddress);
  }

  holds({ values, rowCount, exitCount, classCount }: RowBlock): boolean {
    const isInRoom = values.buffer === this.kernel.memory.buffer && values.byteOffset === this.inputAddress;
    return isInRoom && rowCount * exitCount * classCount * values.BYTES_PER_ELEMENT <= this.room;
  }

  scoreBlock(block: RowBlock, labels: Int32Array | null, columns: ScoredColumns, cell: number): CellProblem | null {
    const { values, rowCount, exitCount } = block;
    const { kernel, inputAddress } = this;
    const cells = rowCount * exitCount;
    const plan = this.planFor(columns, rowCount, cells);
    if (labels !== null) plan.labels.set(labels);
    const is64 = values instanceof Float64Array ? 1 : 0;
    const labelsAt = labels === null ? 0 : plan.labels.byteOffset;
    const bad = kernel.scoreBlock(inputAddress, is64, rowCount, exitCount, labelsAt, listAddress, recordAddress);
    const written = bad < 0 ? cells : bad - (bad % exitCount);
    for (const { column, values } of plan.filled) column.set(bad < 0 ? values : values.subarray(0, written), cell);
    return bad < 0 ? null : { cell: bad, problem: problemOf(block.values, bad * this.classCount, this.classCount) };
  }

  /** Where labels and columns of a block stand behind the rows; told to the kernel. The same for most blocks of a table. */
  private planFor(columns: ScoredColumns, rowCount: number, cells: number): BlockPlan {
    const { buffer } = this.kernel.memory;
    if (this.plan?.columns === columns && this.plan.cells === cells && this.plan.labels.buffer === buffer)
      return this.plan;
    const labels = new Int32Array(buffer, this.labelsBehind(this.room), rowCount);
    let at = aligned(labels.byteOffset + labels.byteLength);
    const list = new Int32Array(buffer, listAddress, columnOrder.length);
    const filled: FilledColumn[] = [];
    for (const [place, name] of columnOrder.entries()) {
      const column = columns[name];
      list[place] = column === null ? 0 : at;
      if (column === null) continue;
      const type = column.constructor as new (buffer: ArrayBuffer, at: number, length: number) => Column;
      filled.push({ column, values: new type(buffer, at, cells) });
      at += aligned(column.BYTES_PER_ELEMENT * cells);
    }
    this.plan = { columns, cells, labels, filled };
    return this.plan;
  }
}

/** How a block becomes a part of the columns of a table. */
interface BlockPlan {
  readonly columns: ScoredColumns;
  readonly cells: number;
  readonly labels: Int32Array;
  readonly filled: readonly FilledColumn[];
}

type Column = Int32Array | Float32Array | Float64Array;

/** A column of a table, and its values for a block as the kernel writes them. */
interface FilledColumn {
  readonly column: Column;
  readonly values: Column;
}

/** The kernel says that something is wrong; the plain search says what. */
function problemOf(values: Floats, base: number, classCount: number): RowProblem {
  const found = { argmax: 0, largest: 0, second: 0 };
  findMaximum(values, base, classCount, found);
  return rowProblem(found);
}
