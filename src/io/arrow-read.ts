import { EexitError } from "../errors.ts";
import { BatchCursor } from "./arrow-batch.ts";
import { columnTensor, isNumeric } from "./arrow-columns.ts";
import { type ArrowDictionaries, addDictionary, batchCodec } from "./arrow-dictionaries.ts";
import { type ArrowMessage, arrowFooter, arrowMessage, arrowStream, isArrowFile } from "./arrow-messages.ts";
import { type ArrowSchema, arrowSchema } from "./arrow-schema.ts";
import type { ByteSource } from "./byte-source.ts";
import { damaged } from "./flat-table.ts";
import type { Content, Part, Tensor } from "./tensor.ts";

/**
 * Opens an Arrow IPC file or stream. Every record batch is a part; every column of numbers, bools or (nested) lists of
 * them is an array of that part; other columns are passed over. Values stay in the file until they are read, so memory
 * does not grow with the file; compressed columns are decompressed one batch at a time, and only when they are used.
 *
 * Metadata is decoded by our own reader, which checks every length against the bytes that are there; the apache-arrow
 * package trusts them. Throws `file-truncated`, `file-malformed`, `header-too-large`, `zip-bomb`, `type-unsupported`.
 */
export async function openArrow(source: ByteSource): Promise<Content> {
  const layout = isArrowFile(source) ? fileLayout(source) : streamLayout(source);
  return {
    name: source.name,
    format: "arrow",
    metadata: layout.schema.metadata,
    layoutHint: null,
    parts: () => parts(source.name, layout),
    close: () => source.close(),
  };
}

interface Layout {
  readonly schema: ArrowSchema;
  /** Dictionaries and batches, each dictionary before the batches that need it. */
  messages(): Iterable<ArrowMessage>;
}

function fileLayout(source: ByteSource): Layout {
  const footer = arrowFooter(source);
  return {
    schema: arrowSchema(footer.schema),
    *messages() {
      for (const position of [...footer.dictionaries, ...footer.batches]) {
        const found = arrowMessage(source, position);
        if (found === null) throw damaged(source.name, `no message at byte ${position}`);
        yield found.message;
      }
    },
  };
}

function streamLayout(source: ByteSource): Layout {
  const first = arrowMessage(source, 0)?.message;
  if (first?.kind !== "schema") throw damaged(source.name, "no schema at its start");
  return { schema: arrowSchema(first.header), messages: () => arrowStream(source) };
}

async function* parts(file: string, { schema, messages }: Layout): AsyncGenerator<Part> {
  const dictionaries: ArrowDictionaries = new Map();
  let rowsBefore = 0;
  for (const message of messages()) {
    if (message.kind === "dictionary") await addDictionary(message, schema, dictionaries);
    if (message.kind !== "batch") continue;
    const codec = await batchCodec(message.header);
    const cursor = new BatchCursor(message.header, message.body, codec, message.version);
    // Lists in an empty batch do not tell their length.
    if (cursor.rowCount === 0) continue;
    const part = new Map<string, Tensor>();
    for (const field of schema.fields) {
      if (isNumeric(field)) part.set(field.name, columnTensor(field, { file, cursor, dictionaries, rowsBefore }));
      else cursor.skip(field);
    }
    yield part;
    rowsBefore += cursor.rowCount;
  }
  if (rowsBefore === 0) {
    throw new EexitError(
      "too-few-exits",
      `${file}: holds 0 rows, expected at least 1`,
      "check the step that wrote the file",
    );
  }
}
