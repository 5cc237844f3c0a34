import { EexitError } from "../errors.ts";

/**
 * A table of a FlatBuffers message (the encoding of Arrow's metadata), read field by field with every position checked.
 * The usual generated readers trust each offset and each vector length; here a length that the bytes cannot hold is
 * refused before anything is allocated for it.
 *
 * @see https://flatbuffers.dev/internals/ — a table starts with the signed distance to its vtable, which holds its own
 *   size, the table's size and one 16-bit field position per field number (0: absent, the default holds).
 */
export class FlatTable {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly position: number;
  /** For messages: the file. */
  readonly source: string;
  readonly #vtable: number;
  readonly #vtableSize: number;

  constructor(source: string, bytes: Uint8Array, position: number) {
    this.source = source;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
    this.require(position, 4);
    this.#vtable = position - this.view.getInt32(position, true);
    this.require(this.#vtable, 4);
    this.#vtableSize = this.view.getUint16(this.#vtable, true);
    this.require(this.#vtable, this.#vtableSize);
  }

  /** The table that a whole message or footer is. */
  static root(source: string, bytes: Uint8Array): FlatTable {
    if (bytes.length < 8) throw damaged(source, `metadata of ${bytes.length} bytes`);
    const offset = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
    return new FlatTable(source, bytes, offset);
  }

  uint8(field: number, missing: number): number {
    const at = this.#at(field, 1);
    return at === null ? missing : this.view.getUint8(at);
  }

  int16(field: number, missing: number): number {
    const at = this.#at(field, 2);
    return at === null ? missing : this.view.getInt16(at, true);
  }

  int32(field: number, missing: number): number {
    const at = this.#at(field, 4);
    return at === null ? missing : this.view.getInt32(at, true);
  }

  /** A length or id as a number; one outside ±2^53 is damage. */
  int64(field: number, missing: number): number {
    const at = this.#at(field, 8);
    return at === null ? missing : this.int64At(at);
  }

  int64At(position: number): number {
    const value = Number(this.view.getBigInt64(position, true));
    if (!Number.isSafeInteger(value)) throw damaged(this.source, `the length ${value}`);
    return value;
  }

  table(field: number): FlatTable | null {
    const at = this.#at(field, 4);
    return at === null ? null : this.#follow(at);
  }

  text(field: number): string | null {
    const { start, length } = this.vector(field, 1);
    return start === 0 ? null : new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  /** Where a vector's elements lie; `start` is 0 when the field is absent. */
  vector(field: number, elementSize: number): { start: number; length: number } {
    const at = this.#at(field, 4);
    if (at === null) return { start: 0, length: 0 };
    const header = at + this.view.getUint32(at, true);
    this.require(header, 4);
    const length = this.view.getUint32(header, true);
    this.require(header + 4, length * elementSize);
    return { start: header + 4, length };
  }

  tables(field: number): FlatTable[] {
    const { start, length } = this.vector(field, 4);
    return Array.from({ length }, (_, i) => this.#follow(start + 4 * i));
  }

  /** Refuses a range that the metadata does not hold. */
  require(position: number, size: number): void {
    if (position < 0 || position + size > this.bytes.length) {
      throw damaged(this.source, `an offset to byte ${position + size} of ${this.bytes.length}`);
    }
  }

  #follow(at: number): FlatTable {
    return new FlatTable(this.source, this.bytes, at + this.view.getUint32(at, true));
  }

  #at(field: number, size: number): number | null {
    const slot = 4 + 2 * field;
    if (slot + 2 > this.#vtableSize) return null;
    const offset = this.view.getUint16(this.#vtable + slot, true);
    if (offset === 0) return null;
    this.require(this.position + offset, size);
    return this.position + offset;
  }
}

/** Arrow metadata that contradicts itself. `found` completes "the Arrow metadata holds …". */
export function damaged(source: string, found: string): EexitError {
  return new EexitError(
    "file-malformed",
    `${source}: the Arrow metadata holds ${found}, which cannot be`,
    "the file is damaged or no Arrow IPC file; write it again",
  );
}
