import { EexitError } from "../errors.ts";
import type { BatchCursor, FieldNode } from "./arrow-batch.ts";
import { type ArrowDictionaries, gathered } from "./arrow-dictionaries.ts";
import type { ArrowField } from "./arrow-schema.ts";
import { tensorShape } from "./arrow-tensor-shape.ts";
import type { ByteSource } from "./byte-source.ts";
import { deferredSource, guardedSource } from "./derived-source.ts";
import { damaged } from "./flat-table.ts";
import { printable } from "./printable.ts";
import { type ElementType, elementBytes, type Tensor } from "./tensor.ts";

/** What all columns of a batch share. */
export interface BatchContext {
  readonly file: string;
  readonly cursor: BatchCursor;
  readonly dictionaries: ArrowDictionaries;
  /** Rows in the batches before, so that messages name rows of the file. */
  readonly rowsBefore: number;
}

/** The part of a nested column that belongs to the rows: values `[start, start + count)`, `perRow` of them a row. */
interface Span {
  readonly start: number;
  readonly count: number;
  readonly perRow: number;
}

/** A column on the way from its outermost list to its values. Checks run in their order when the values are first read. */
interface Walk {
  readonly column: string;
  readonly context: BatchContext;
  readonly shape: number[];
  readonly checks: (() => void)[];
}

/** Whether a column can become an array: numbers, bools, and lists of them to any depth. */
export function isNumeric(field: ArrowField): boolean {
  if (["list", "large-list", "fixed-list"].includes(field.kind))
    return field.children.length === 1 && isNumeric(field.children[0]!);
  return field.element !== null;
}

/**
 * A column of one batch as an array `[rows, …]`, without reading its values: a number per row gives `[n]`, lists of equal
 * length give one axis each, the fixed-shape tensor extension its own shape. A null or a list of another length is refused
 * (`value-not-finite`, `shape-mismatch`, with the row) when the array is first read.
 */
export function columnTensor(field: ArrowField, context: BatchContext): Tensor {
  const walk: Walk = { column: `${context.file}:${printable(field.name)}`, context, shape: [], checks: [] };
  const rows = context.cursor.rowCount;
  const values = walkField(field, walk, { start: 0, count: rows, perRow: 1 });
  const { shape, strides } = tensorShape(field, rows, walk.shape);
  const bytes = guardedSource(values.bytes, () => {
    for (const check of walk.checks) check();
  });
  return { name: walk.column, type: values.type, littleEndian: true, shape, strides, bytes, offset: values.offset };
}

interface Values {
  readonly type: ElementType;
  readonly bytes: ByteSource;
  readonly offset: number;
}

function walkField(field: ArrowField, walk: Walk, span: Span): Values {
  const { cursor } = walk.context;
  const node = cursor.node();
  if (node.length < span.start + span.count) {
    contradiction(walk, `${node.length} values for ${span.start + span.count} places`);
  }
  const validity = cursor.buffer();
  if (node.nullCount > 0) walk.checks.push(() => refuseNulls(walk, validity, node, span));
  if (field.dictionary === null && field.kind === "fixed-list") {
    walk.shape.push(field.listSize);
    return walkField(field.children[0]!, walk, scaled(span, span.start * field.listSize, field.listSize));
  }
  if (field.dictionary === null && field.element === null) return walkList(field, walk, span);
  return leaf(field, walk, span, cursor.buffer());
}

/** Lists carry the positions of their ends; the first list tells the length that all must have. */
function walkList(field: ArrowField, walk: Walk, span: Span): Values {
  const offsets = walk.context.cursor.buffer();
  const wide = field.kind === "large-list";
  const size = wide ? 8 : 4;
  if (span.count > 0 && offsets.size < (span.start + span.count + 1) * size)
    contradiction(walk, `list offsets of ${offsets.size} bytes`);
  const at = (i: number): number => {
    const bytes = offsets.read(i * size, size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    return wide ? Number(view.getBigInt64(0, true)) : view.getInt32(0, true);
  };
  const first = span.count > 0 ? at(span.start) : 0;
  const length = span.count > 0 ? at(span.start + 1) - first : 0;
  if (length < 0 || first < 0 || !Number.isSafeInteger(first + length))
    contradiction(walk, `a list from ${first} to ${first + length}`);
  walk.checks.push(() => refuseVaryingLengths(walk, offsets.read(0, offsets.size), wide, span, length));
  walk.shape.push(length);
  return walkField(field.children[0]!, walk, scaled(span, first, length));
}

function scaled(span: Span, start: number, length: number): Span {
  return { start, count: span.count * length, perRow: span.perRow * length };
}

function leaf(field: ArrowField, walk: Walk, span: Span, data: ByteSource): Values {
  const end = span.start + span.count;
  const { dictionary } = field;
  const stored = dictionary ? dictionary.index : field.element!;
  const needed = stored === "bool" ? Math.ceil(end / 8) : end * elementBytes[stored];
  if (data.size < needed) contradiction(walk, `${data.size} bytes of values, expected ${needed}`);
  if (dictionary) {
    const { type, bytes } = gathered(walk.column, data, dictionary, span, walk.context.dictionaries);
    return { type, bytes, offset: 0 };
  }
  if (stored === "bool") return { type: stored, bytes: unpackedBits(walk.column, data, span), offset: 0 };
  return { type: stored, bytes: data, offset: span.start * elementBytes[stored] };
}

/** Arrow packs eight bools into a byte, lowest bit first. */
function unpackedBits(name: string, data: ByteSource, span: Span): ByteSource {
  return deferredSource(name, span.count, () => {
    const bits = data.read(0, data.size);
    return Uint8Array.from({ length: span.count }, (_, i) => bit(bits, span.start + i));
  });
}

function bit(bits: Uint8Array, i: number): number {
  return (bits[i >> 3]! >> (i & 7)) & 1;
}

function refuseNulls(walk: Walk, validity: ByteSource, node: FieldNode, span: Span): void {
  if (validity.size < Math.ceil(node.length / 8))
    throw damaged(walk.column, `${validity.size} bytes of validity for ${node.length} values`);
  const bits = validity.read(0, validity.size);
  for (let i = 0; i < span.count; i++) {
    if (bit(bits, span.start + i) === 1) continue;
    throw new EexitError(
      "value-not-finite",
      `${walk.column}: row ${rowOf(walk, span, i)} is null, expected a number`,
      "drop or fill the rows that hold nulls",
    );
  }
}

function refuseVaryingLengths(walk: Walk, offsets: Uint8Array, wide: boolean, span: Span, length: number): void {
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  const at = (i: number) => (wide ? Number(view.getBigInt64(i * 8, true)) : view.getInt32(i * 4, true));
  for (let i = 0; i < span.count; i++) {
    const found = at(span.start + i + 1) - at(span.start + i);
    if (found === length) continue;
    throw new EexitError(
      "shape-mismatch",
      `${walk.column}: row ${rowOf(walk, span, i)} holds a list of ${found} values, expected ${length} as in the first row`,
      "every row of an array has the same length; pad or split the lists",
    );
  }
}

function rowOf(walk: Walk, span: Span, i: number): number {
  return walk.context.rowsBefore + Math.floor(i / span.perRow);
}

/** Lists of different lengths can look like too few values: then the row is the better message, and it comes first. */
function contradiction(walk: Walk, found: string): never {
  for (const check of walk.checks) check();
  throw damaged(walk.column, found);
}
