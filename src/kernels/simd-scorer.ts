import type { Floats } from "../exits/types.ts";
import type { ExitScorer, RowBlock } from "./exit-scorer.ts";
import { naturalLog } from "./natural-log.ts";
import { brierOf, entropyOf, hellingerOf, squaredDistanceOf, topDiffOf } from "./row-answers.ts";
import type { RowProblem } from "./row-defect.ts";
import { findMaximum, rowProblem } from "./row-maximum.ts";

/** An instance of the SIMD kernel: what assembly/row-kernel.ts exports, with a memory of its own. */
export interface RowKernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
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
    distances: number,
    records: number,
  ): void;
}

/** The first page of the memory is left to the kernel's own constants. */
const recordAddress = 65536;
const pageBytes = 65536;
/** The kernel may look this far past a row. */
const slackBytes = 64;

/** Float64 numbers of a record, and what stands where in it. */
const recordLength = 10;
const recordBytes = 8 * recordLength;
const [total, top, squares, weighted, second, labelTerm, referenceTerm, roots, distances, argmax] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];

/** Answers from the record that the kernel wrote for a row. */
class KernelRow {
  protected records: Float64Array = new Float64Array(recordLength);
  /** Where the row's record starts. */
  protected at = 0;
  private readonly logClassCount: number;

  constructor(classCount: number) {
    this.logClassCount = naturalLog(classCount);
  }

  get prediction(): number {
    return this.records[this.at + argmax];
  }

  top1(): number {
    return this.records[this.at + top] / this.records[this.at + total];
  }

  topDiff(): number {
    const { records, at } = this;
    return topDiffOf(records[at + total], records[at + top], records[at + second]);
  }

  entropy(): number {
    const { records, at } = this;
    return entropyOf(records[at + total], records[at + top], records[at + weighted], this.logClassCount);
  }

  protected brierFor(term: number): number {
    const { records, at } = this;
    return brierOf(records[at + total], records[at + top], records[at + squares], term);
  }

  get squaredDistance(): number {
    return squaredDistanceOf(this.records[this.at + distances]);
  }

  get hellinger(): number {
    return hellingerOf(this.records[this.at + roots]);
  }
}

/**
 * `LogitScorer` on the SIMD kernel: the same bits, several times as fast. Rows are read in the kernel's own memory: values that a caller
 * puts into `rowsFor` are read where they are, and whole blocks of them at once; others are copied there one row at a time.
 */
export class SimdScorer extends KernelRow implements ExitScorer {
  private readonly classCount: number;
  private readonly kernel: RowKernel;
  private readonly inputAddress: number;
  private readonly block: ScoredBlock;
  /** Bytes of `rowsFor`, behind which the records of a block begin. */
  private room = 0;

  /** @param kernel of no other scorer: it holds the row that was read last */
  constructor(kernel: RowKernel, classCount: number) {
    super(classCount);
    this.classCount = classCount;
    this.kernel = kernel;
    this.block = new ScoredBlock(classCount);
    const workAddress = recordAddress + Math.ceil(recordBytes / 64) * 64;
    this.inputAddress = workAddress + Math.ceil(kernel.workSize(classCount) / 64) * 64;
    kernel.configure(classCount, workAddress);
    this.reserve(8 * classCount, 0);
  }

  /** Room for `length` values inside the kernel, where `read` needs no copy. Valid until the next call; earlier room is reused. */
  rowsFor(length: number, type: Float32ArrayConstructor | Float64ArrayConstructor): Floats {
    this.room = length * type.BYTES_PER_ELEMENT;
    this.reserve(this.room, Math.ceil(length / this.classCount));
    return new type(this.kernel.memory.buffer, this.inputAddress, length);
  }

  /** Memory for rows, and for records and labels of `rowCount` rows behind them. */
  private reserve(bytes: number, rowCount: number): void {
    const { memory } = this.kernel;
    const end = this.recordsBehind(bytes) + rowCount * (recordBytes + 4);
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    this.records = new Float64Array(memory.buffer, recordAddress, recordLength);
  }

  private recordsBehind(bytes: number): number {
    return this.inputAddress + Math.ceil((bytes + slackBytes) / 64) * 64;
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
    return this.brierFor(this.kernel.term(target));
  }

  keepReference(): void {
    this.kernel.keepReference();
  }

  compare(): void {
    this.kernel.compare(recordAddress);
  }

  ahead({ values, rowCount, exitCount, classCount }: RowBlock, labels: Int32Array | null, compared: boolean) {
    const { kernel, room, inputAddress } = this;
    const { buffer } = kernel.memory;
    const cells = rowCount * exitCount;
    const isInRoom = values.buffer === buffer && values.byteOffset === inputAddress;
    if (!isInRoom || cells * classCount * values.BYTES_PER_ELEMENT > room) return this;
    const recordsAt = this.recordsBehind(room);
    const labelsAt = recordsAt + cells * recordBytes;
    if (labels !== null) new Int32Array(buffer, labelsAt, rowCount).set(labels);
    const is64 = values instanceof Float64Array ? 1 : 0;
    kernel.scoreBlock(
      inputAddress,
      is64,
      rowCount,
      exitCount,
      labels === null ? 0 : labelsAt,
      compared ? 1 : 0,
      recordsAt,
    );
    return this.block.over(new Float64Array(buffer, recordsAt, cells * recordLength), labels, exitCount);
  }
}

/** Answers from the records of a block of rows. */
class ScoredBlock extends KernelRow implements ExitScorer {
  private readonly classCount: number;
  private labels: Int32Array | null = null;
  private exitCount = 1;
  private row = 0;

  constructor(classCount: number) {
    super(classCount);
    this.classCount = classCount;
  }

  over(records: Float64Array, labels: Int32Array | null, exitCount: number): this {
    this.records = records;
    this.labels = labels;
    this.exitCount = exitCount;
    return this;
  }

  read(values: Floats, base: number): RowProblem | null {
    const index = base / this.classCount;
    this.at = index * recordLength;
    this.row = Math.floor(index / this.exitCount);
    return this.prediction < 0 ? problemOf(values, base, this.classCount) : null;
  }

  brier(target: number): number {
    const { records, at, row, exitCount } = this;
    if (target === this.labels?.[row]) return this.brierFor(records[at + labelTerm]);
    if (target === records[((row + 1) * exitCount - 1) * recordLength + argmax]) {
      return this.brierFor(records[at + referenceTerm]);
    }
    throw new RangeError(`class ${target} is neither the label nor the last exit's prediction`);
  }

  /** Every row was compared when the block was read. */
  keepReference(): void {}
  compare(): void {}
}

/** The kernel says that something is wrong; the plain search says what. */
function problemOf(values: Floats, base: number, classCount: number): RowProblem {
  const found = { argmax: 0, largest: 0, second: 0 };
  findMaximum(values, base, classCount, found);
  return rowProblem(found);
}
