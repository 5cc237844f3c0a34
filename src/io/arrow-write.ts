import { EexitError } from "../errors.ts";
import type { ExitTable } from "../exits/types.ts";
import {
  type Arrow,
  type Data,
  type DataType,
  type Field,
  loadArrow,
  type RecordBatchFileWriter,
  type Schema,
} from "./arrow-door.ts";

/** Writes exit tables, one record batch each, as one Arrow IPC file. */
export interface ArrowTableWriter {
  /** Appends the rows of a table with the same exits, measures and risks as the first. Its arrays may be reused afterwards. */
  append(table: ExitTable): Promise<void>;
  /**
   * Writes the footer. `metadata` becomes the schema's metadata: the schema of an IPC file stands in its footer, so a hash
   * of everything written can still go in here.
   */
  finish(metadata: ReadonlyMap<string, string>): Promise<void>;
}

interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly values: Float32Array | Float64Array | Int32Array;
  /** Values per row; 0 for a plain number. */
  readonly width: number;
}

/**
 * A streaming writer of exit tables: columns `confidence:<measure>` FixedSizeList<float32>[L], `prediction`
 * FixedSizeList<int32>[L], `label` int32, `loss:<risk>` and `brier` FixedSizeList<float64>[L]; what a table lacks has no
 * column. Bodies are not compressed: what apache-arrow 21.2 compresses, pyarrow cannot read. Equal tables give equal bytes.
 *
 * `write` receives the bytes in their order and is awaited, so memory holds one batch.
 */
export async function createArrowTableWriter(
  write: (bytes: Uint8Array) => void | Promise<void>,
): Promise<ArrowTableWriter> {
  const arrow = await loadArrow();
  let open: OpenFile | null = null;

  return {
    async append(table) {
      const columns = columnsOf(arrow, table);
      open ??= openFile(arrow, columns);
      if (!sameColumns(open.columns, columns)) throw otherColumns(columns, open.columns);
      const children = columns.map((column) => dataOf(arrow, column, table.sampleCount));
      const type = new arrow.Struct(open.schema.fields);
      const data = arrow.makeData({ type, length: table.sampleCount, nullCount: 0, children });
      open.writer.write(new arrow.RecordBatch(open.schema, data));
      for (const bytes of open.chunks.splice(0)) await write(bytes);
    },
    async finish(metadata) {
      if (open === null)
        throw new EexitError("too-few-exits", "0 rows to write, expected at least 1", "check the input");
      for (const [key, value] of metadata) open.schema.metadata.set(key, value);
      open.writer.finish();
      for (const bytes of open.chunks.splice(0)) await write(bytes);
    },
  };
}

interface OpenFile {
  readonly writer: RecordBatchFileWriter;
  readonly schema: Schema;
  readonly columns: readonly Column[];
  /** What the writer has produced and `write` has not received yet. */
  readonly chunks: Uint8Array[];
}

function openFile(arrow: Arrow, columns: Column[]): OpenFile {
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
  const writer = new arrow.RecordBatchFileWriter();
  writer.reset(sink, schema);
  return { writer, schema, columns, chunks };
}

function sameColumns(first: readonly Column[], second: readonly Column[]): boolean {
  return (
    first.length === second.length &&
    first.every(({ name, width }, i) => name === second[i]?.name && width === second[i]?.width)
  );
}

function otherColumns(found: readonly Column[], expected: readonly Column[]): EexitError {
  const list = (columns: readonly Column[]) =>
    columns.map(({ name, width }) => (width ? `${name}[${width}]` : name)).join(", ");
  return new EexitError(
    "shape-mismatch",
    `a table with the columns ${list(found)}, expected ${list(expected)} as in the first`,
    "all inputs need the same exits, measures and risks",
  );
}

function columnsOf(arrow: Arrow, table: ExitTable): Column[] {
  const width = table.exitCount;
  const columns: Column[] = [];
  for (const [measure, values] of table.confidences) {
    columns.push({ name: `confidence:${measure}`, type: new arrow.Float32(), values, width });
  }
  if (table.predictions)
    columns.push({ name: "prediction", type: new arrow.Int32(), values: table.predictions, width });
  if (table.labels) columns.push({ name: "label", type: new arrow.Int32(), values: table.labels, width: 0 });
  for (const [risk, { values }] of table.losses) {
    columns.push({ name: `loss:${risk}`, type: new arrow.Float64(), values, width });
  }
  if (table.brier) columns.push({ name: "brier", type: new arrow.Float64(), values: table.brier, width });
  return columns;
}

function fieldOf(arrow: Arrow, { name, type, width }: Column): Field {
  if (width === 0) return new arrow.Field(name, type, false);
  return new arrow.Field(name, new arrow.FixedSizeList(width, new arrow.Field("item", type, false)), false);
}

function dataOf(arrow: Arrow, { type, values, width }: Column, rows: number): Data {
  const numbers = arrow.makeData({ type, length: values.length, nullCount: 0, data: values } as never) as Data;
  if (width === 0) return numbers;
  const list = new arrow.FixedSizeList(width, new arrow.Field("item", type, false));
  return arrow.makeData({ type: list, length: rows, nullCount: 0, child: numbers });
}
