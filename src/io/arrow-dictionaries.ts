import { EexitError } from "../errors.ts";
import { BatchCursor } from "./arrow-batch.ts";
import { type BodyCodec, bodyCodec } from "./arrow-codecs.ts";
import type { ArrowMessage } from "./arrow-messages.ts";
import type { ArrowField, ArrowSchema } from "./arrow-schema.ts";
import type { ByteSource } from "./byte-source.ts";
import { deferredSource } from "./derived-source.ts";
import { damaged, type FlatTable } from "./flat-table.ts";
import { type ElementType, elementBytes } from "./tensor.ts";

/** Id → the values of a dictionary of numbers, complete in memory: dictionaries are small, that is their point. */
export type ArrowDictionaries = Map<number, { readonly type: ElementType; readonly values: Uint8Array }>;

/** The codec of a `RecordBatch` table, or null when its body is not compressed. */
export async function batchCodec(batch: FlatTable): Promise<BodyCodec | null> {
  const compression = batch.table(3);
  return compression && (await bodyCodec(batch.source, compression.uint8(0, 0)));
}

/** Takes a dictionary message into `dictionaries`: a delta is appended, anything else replaces. Text is passed over. */
export async function addDictionary(
  message: ArrowMessage,
  schema: ArrowSchema,
  dictionaries: ArrowDictionaries,
): Promise<void> {
  const id = message.header.int64(0, 0);
  const batch = message.header.table(1);
  const field = dictionaryField(schema.fields, id);
  if (batch === null || field === null || field.element === null || field.element === "bool") return;
  const cursor = new BatchCursor(batch, message.body, await batchCodec(batch), message.version);
  const { length, nullCount } = cursor.node();
  cursor.buffer();
  const data = cursor.buffer();
  const size = length * elementBytes[field.element];
  if (nullCount > 0 || data.size < size)
    throw damaged(batch.source, `a dictionary of ${length} values in ${data.size} bytes`);
  const values = data.read(0, size);
  const known = message.header.uint8(2, 0) ? dictionaries.get(id) : undefined;
  dictionaries.set(id, { type: field.element, values: known ? joined(known.values, values) : values.slice() });
}

/** The values that indices `[start, start + count)` of a dictionary-encoded column stand for, looked up when first read. */
export function gathered(
  column: string,
  indices: ByteSource,
  encoding: { readonly id: number; readonly index: ElementType },
  span: { readonly start: number; readonly count: number },
  dictionaries: ArrowDictionaries,
): { type: ElementType; bytes: ByteSource } {
  const dictionary = dictionaries.get(encoding.id);
  if (dictionary === undefined) throw damaged(column, `a dictionary ${encoding.id} that is not in the file`);
  const { type, values } = dictionary;
  const size = elementBytes[type];
  const bytes = deferredSource(column, span.count * size, () => {
    const target = new Uint8Array(span.count * size);
    const index = indexReader(indices, encoding.index);
    for (let i = 0; i < span.count; i++) {
      const from = index(span.start + i) * size;
      if (from < 0 || from >= values.length) throw outside(column, from / size, values.length / size);
      target.set(values.subarray(from, from + size), i * size);
    }
    return target;
  });
  return { type, bytes };
}

function indexReader(indices: ByteSource, type: ElementType): (i: number) => number {
  const bytes = indices.read(0, indices.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case "int8":
      return (i) => view.getInt8(i);
    case "uint8":
      return (i) => view.getUint8(i);
    case "int16":
      return (i) => view.getInt16(2 * i, true);
    case "uint16":
      return (i) => view.getUint16(2 * i, true);
    case "int64":
    case "uint64":
      return (i) => Number(view.getBigInt64(8 * i, true));
    case "uint32":
      return (i) => view.getUint32(4 * i, true);
    default:
      return (i) => view.getInt32(4 * i, true);
  }
}

function dictionaryField(fields: readonly ArrowField[], id: number): ArrowField | null {
  for (const field of fields) {
    const found = field.dictionary?.id === id ? field : dictionaryField(field.children, id);
    if (found) return found;
  }
  return null;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function outside(column: string, index: number, count: number): EexitError {
  return new EexitError(
    "file-malformed",
    `${column}: the index ${index} points outside a dictionary of ${count} values`,
    "the file is damaged; write it again",
  );
}
