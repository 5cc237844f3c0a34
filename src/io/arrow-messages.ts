import { EexitError } from "../errors.ts";
import { type ByteSource, sliceSource, truncated } from "./byte-source.ts";
import { damaged, FlatTable } from "./flat-table.ts";

/** One encapsulated message of Arrow's IPC format: its metadata table, and its body where it lies in the file. */
export interface ArrowMessage {
  readonly kind: "schema" | "dictionary" | "batch" | "other";
  /** 4 is V5, since Arrow 1.0. */
  readonly version: number;
  /** The `Schema`, `DictionaryBatch` or `RecordBatch` table. */
  readonly header: FlatTable;
  readonly body: ByteSource;
}

/** Where the messages of a file start, and the schema of its footer. */
export interface ArrowFooter {
  readonly schema: FlatTable;
  readonly dictionaries: readonly number[];
  readonly batches: readonly number[];
}

/** Metadata of one batch is about 50 bytes a column; 64 MiB is a million columns. */
const largestMetadata = 64 * 1024 * 1024;
const magic = "ARROW1";
const messageKinds = ["other", "schema", "dictionary", "batch"] as const;

/** Whether the source starts as an Arrow IPC *file* (with a footer at its end), as opposed to a stream. */
export function isArrowFile(source: ByteSource): boolean {
  return source.size >= magic.length && ascii(source.read(0, magic.length)) === magic;
}

/** Reads the footer of an IPC file. Every block lies between the leading magic and the footer, or the file is refused. */
export function arrowFooter(source: ByteSource): ArrowFooter {
  const tail = magic.length + 4;
  if (source.size < 8 + tail || ascii(source.read(source.size - magic.length, magic.length)) !== magic) {
    throw new EexitError(
      "file-truncated",
      `${source.name}: does not end with ${magic}, expected the footer of an Arrow IPC file`,
      "the file is incomplete (was its writer closed?); write it again",
    );
  }
  const length = int32(source.read(source.size - tail, 4));
  const start = source.size - tail - length;
  if (length <= 0 || start < 8) throw damaged(source.name, `a footer of ${length} bytes in a file of ${source.size}`);
  if (length > largestMetadata) throw tooLarge(source.name, "the footer", length);
  const footer = FlatTable.root(source.name, source.read(start, length));
  const schema = footer.table(1);
  if (schema === null) throw damaged(source.name, "a footer without a schema");
  return { schema, dictionaries: blocks(footer, 2, start), batches: blocks(footer, 3, start) };
}

function blocks(footer: FlatTable, field: number, end: number): number[] {
  const blockSize = 24; // offset int64, metadata length int32 and 4 bytes of padding, body length int64
  const { start, length } = footer.vector(field, blockSize);
  return Array.from({ length }, (_, i) => {
    const at = start + blockSize * i;
    const offset = footer.int64At(at);
    const metadata = footer.view.getInt32(at + 8, true);
    const body = footer.int64At(at + 16);
    if (offset < 8 || metadata <= 0 || body < 0 || offset + metadata + body > end) {
      throw damaged(footer.source, `batch ${i + 1} at bytes ${offset} to ${offset + metadata + body} of ${end}`);
    }
    return offset;
  });
}

/** The message at `position` and where the next one starts, or null at the end of the stream. */
export function arrowMessage(source: ByteSource, position: number): { message: ArrowMessage; end: number } | null {
  if (position === source.size) return null;
  let start = position + 4;
  let length = int32(source.read(position, 4));
  // Before Arrow 0.15 there was no continuation word: the length came first.
  if (length === -1) {
    length = int32(source.read(start, 4));
    start += 4;
  }
  if (length === 0) return null;
  if (length < 0) throw damaged(source.name, `a message of ${length} bytes`);
  if (start + length > source.size) throw truncated(source.name, start + length, source.size);
  if (length > largestMetadata) throw tooLarge(source.name, "a message", length);
  const table = FlatTable.root(source.name, source.read(start, length));
  const header = table.table(2);
  const bodyLength = table.int64(3, 0);
  if (header === null || bodyLength < 0) throw damaged(source.name, `a message with a body of ${bodyLength} bytes`);
  const body = sliceSource(source.name, source, start + length, bodyLength);
  const kind = messageKinds[table.uint8(1, 0)] ?? "other";
  return { message: { kind, version: table.int16(0, 0), header, body }, end: start + length + bodyLength };
}

/** The messages of a stream in their order. Bodies are not read, so this costs one small read per message. */
export function* arrowStream(source: ByteSource): Generator<ArrowMessage> {
  let next = arrowMessage(source, 0);
  while (next) {
    yield next.message;
    next = arrowMessage(source, next.end);
  }
}

function int32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function tooLarge(name: string, what: string, length: number): EexitError {
  return new EexitError(
    "header-too-large",
    `${name}: ${what} claims ${length} bytes of metadata, expected at most ${largestMetadata}`,
    "the file is damaged; write it again",
  );
}
