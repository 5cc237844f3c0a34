import { EexitError } from "../errors.ts";
import {
  type Arrow,
  type Data,
  type DataType,
  type Field,
  loadArrow,
  type RecordBatchWriter,
  type Schema,
} from "./arrow-door.ts";

/** One column of a batch: a plain number per row, or a list of `width` numbers. */
export interface NumberColumn {
  readonly name: string;
  readonly values: Float32Array | Float64Array | Int32Array;
  /** Values per row; 0 for a plain number. */
  readonly width: number;
}

/** Writes batches of number columns, one record batch each. */
export interface ArrowColumnWriter {
  /** Appends rows with the same columns as the first batch. The arrays may be reused afterwards. */
  append(columns: readonly NumberColumn[], rowCount: number): Promise<void>;
  /** Ends the file or stream. `metadata` becomes a file's schema metadata: it stands in the footer. */
  finish(metadata: ReadonlyMap<string, string>): Promise<void>;
}

/**
 * A streaming writer of Arrow IPC: `file` with a footer, or `stream` that a pipe's reader can follow. Bodies are not compressed: what
 * apache-arrow 21.2 compresses, pyarrow cannot read. Equal columns give equal bytes.
 *
 * `write` receives the bytes in their order and is awaited, so memory holds one batch.
 */
export function createArrowColumnWriter(
  write: (bytes: Uint8Array) => void | Promise<void>,
  kind: "file" | "stream",
): ArrowColumnWriter {
  let open: OpenFile | null = null;
  const flush = async (file: OpenFile) => {
    for (const bytes of file.chunks.splice(0)) await write(bytes);
  };
  return {
    async append(columns, rowCount) {
      // not before there are rows: other threads are at work then
      open ??= openFile(await loadArrow(), columns, kind);
      if (!sameColumns(open.columns, columns)) throw otherColumns(columns, open.columns);
      const { arrow } = open;
      const children = columns.map((column) => dataOf(arrow, column, rowCount));
      const type = new arrow.Struct(open.schema.fields);
      const data = arrow.makeData({ type, length: rowCount, nullCount: 0, children });
      open.writer.write(new arrow.RecordBatch(open.schema, data));
      await flush(open);
    },
    async finish(metadata) {
      if (open === null)
        throw new EexitError("too-few-exits", "0 rows to write, expected at least 1", "check the input");
      for (const [key, value] of metadata) open.schema.metadata.set(key, value);
      open.writer.finish();
      await flush(open);
    },
  };
}

interface OpenFile {
  readonly arrow: Arrow;
  readonly writer: Pick<RecordBatchWriter, "write" | "finish">;
  readonly schema: Schema;
  readonly columns: readonly NumberColumn[];
  /** What the writer has produced and `write` has not received yet. */
  readonly chunks: Uint8Array[];
}

function openFile(arrow: Arrow, columns: readonly NumberColumn[], kind: "file" | "stream"): OpenFile {
  const schema = new arrow.Schema(
    columns.map((column) => fieldOf(arrow, column)),
    new Map<string, string>(),
  );
  const chunks: Uint8Array[] = [];
  const sink = new arrow.AsyncByteQueue();
  // The package's own queue can only be awaited, which never returns while it is empty; collecting shows when a batch is out.
  sink.write = (bytes) => {
    chunks.push(bytes as Uint8Array);
  };
  const writer = kind === "file" ? new arrow.RecordBatchFileWriter() : new arrow.RecordBatchStreamWriter();
  writer.reset(sink, schema);
  return { arrow, writer, schema, columns, chunks };
}

function sameColumns(first: readonly NumberColumn[], second: readonly NumberColumn[]): boolean {
  return (
    first.length === second.length &&
    first.every(({ name, width }, i) => name === second[i]?.name && width === second[i]?.width)
  );
}

function otherColumns(found: readonly NumberColumn[], expected: readonly NumberColumn[]): EexitError {
  const list = (columns: readonly NumberColumn[]) =>
    columns.map(({ name, width }) => (width ? `${name}[${width}]` : name)).join(", ");
  return new EexitError(
    "shape-mismatch",
    `a table with the columns ${list(found)}, expected ${list(expected)} as in the first`,
    "all inputs need the same exits, measures and risks",
  );
}

function elementType(arrow: Arrow, values: NumberColumn["values"]): DataType {
  if (values instanceof Float32Array) return new arrow.Float32();
  return values instanceof Float64Array ? new arrow.Float64() : new arrow.Int32();
}

function fieldOf(arrow: Arrow, { name, values, width }: NumberColumn): Field {
  const type = elementType(arrow, values);
  if (width === 0) return new arrow.Field(name, type, false);
  return new arrow.Field(name, new arrow.FixedSizeList(width, new arrow.Field("item", type, false)), false);
}

function dataOf(arrow: Arrow, { values, width }: NumberColumn, rows: number): Data {
  const type = elementType(arrow, values);
  const numbers = arrow.makeData({ type, length: values.length, nullCount: 0, data: values } as never) as Data;
  if (width === 0) return numbers;
  const list = new arrow.FixedSizeList(width, new arrow.Field("item", type, false));
  return arrow.makeData({ type: list, length: rows, nullCount: 0, child: numbers });
}
