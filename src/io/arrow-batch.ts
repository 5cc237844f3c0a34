import type { BodyCodec } from "./arrow-codecs.ts";
import { decompressed } from "./arrow-codecs.ts";
import type { ArrowField } from "./arrow-schema.ts";
import { type ByteSource, sliceSource } from "./byte-source.ts";
import { damaged, type FlatTable } from "./flat-table.ts";

/** The length and nulls of one field of a batch. */
export interface FieldNode {
  readonly length: number;
  readonly nullCount: number;
}

/**
 * The field nodes and buffers of a record batch, handed out in the order of a depth-first walk over the schema — the
 * format stores them without names. A buffer is a window of the file; nothing is read here.
 */
export class BatchCursor {
  readonly rowCount: number;
  readonly source: string;
  readonly #nodes: FieldNode[];
  readonly #buffers: { offset: number; length: number }[];
  readonly #variadic: number[];
  readonly #body: ByteSource;
  readonly #codec: BodyCodec | null;
  readonly #version: number;

  /** `batch`: a `RecordBatch` table. Throws `file-malformed` when a buffer lies outside `body`. */
  constructor(batch: FlatTable, body: ByteSource, codec: BodyCodec | null, version: number) {
    this.source = batch.source;
    this.rowCount = length(batch, batch.int64(0, 0));
    this.#nodes = pairs(batch, 1).map(([rows, nulls]) => ({ length: rows, nullCount: nulls }));
    this.#buffers = pairs(batch, 2).map(([offset, size]) => ({ offset, length: size }));
    for (const { offset, length } of this.#buffers) {
      if (offset + length > body.size)
        throw damaged(batch.source, `a buffer up to byte ${offset + length} of a body of ${body.size}`);
    }
    const { start, length: count } = batch.vector(4, 8);
    this.#variadic = Array.from({ length: count }, (_, i) => batch.int64At(start + 8 * i));
    this.#body = body;
    this.#codec = codec;
    this.#version = version;
  }

  node(): FieldNode {
    const node = this.#nodes.shift();
    if (node === undefined) throw damaged(this.source, "fewer field nodes than the schema has fields");
    return node;
  }

  buffer(): ByteSource {
    const { offset, length } = this.#nextBuffer();
    const bytes = sliceSource(this.source, this.#body, offset, length);
    return this.#codec ? decompressed(bytes, this.#codec) : bytes;
  }

  /** Passes over a field that is not read. */
  skip(field: ArrowField): void {
    this.node();
    const count = field.dictionary ? 2 : this.#bufferCount(field);
    for (let i = 0; i < count; i++) this.#nextBuffer();
    if (!field.dictionary) for (const child of field.children) this.skip(child);
  }

  #nextBuffer(): { offset: number; length: number } {
    const buffer = this.#buffers.shift();
    if (buffer === undefined) throw damaged(this.source, "fewer buffers than the schema needs");
    return buffer;
  }

  #bufferCount(field: ArrowField): number {
    switch (field.kind) {
      case "null":
      case "none":
      case "run-end":
        return 0;
      case "struct":
      case "fixed-list":
        return 1;
      case "binary":
      case "utf8":
      case "large-binary":
      case "large-utf8":
      case "list-view":
      case "large-list-view":
        return 3;
      case "union":
        // Up to V4 a union had a validity bitmap.
        return (field.dense ? 2 : 1) + (this.#version < 4 ? 1 : 0);
      case "binary-view":
      case "utf8-view":
        return 2 + (this.#variadic.shift() ?? 0);
      default:
        return 2;
    }
  }
}

/** Pairs of int64, the layout of both nodes and buffers. */
function pairs(batch: FlatTable, field: number): [number, number][] {
  const { start, length: count } = batch.vector(field, 16);
  return Array.from({ length: count }, (_, i) => {
    const at = start + 16 * i;
    return [length(batch, batch.int64At(at)), length(batch, batch.int64At(at + 8))];
  });
}

function length(batch: FlatTable, value: number): number {
  if (value < 0) throw damaged(batch.source, `the length ${value}`);
  return value;
}
