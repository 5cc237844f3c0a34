import { createInflateRaw, type InflateRaw } from "node:zlib";
import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { malformedZip, type ZipEntry } from "./zip-directory.ts";

const packedPiece = 2 ** 17;

/** A deflated entry inflated from front to back, of which one window is kept: memory does not grow with the entry. */
export class InflateStream {
  readonly #name: string;
  readonly #data: ByteSource;
  readonly #entry: ZipEntry;
  readonly #engine: InflateRaw;
  readonly #output: AsyncIterator<Buffer>;
  #packedPosition = 0;
  /** Inflated bytes seen so far, and the remainder of the last piece that lies beyond the window. */
  #position = 0;
  #left: Uint8Array = new Uint8Array(0);
  #crc = 0;
  #buffer = new Uint8Array(0);
  #windowStart = 0;
  #windowLength = 0;

  constructor(name: string, data: ByteSource, entry: ZipEntry) {
    this.#name = name;
    this.#data = data;
    this.#entry = entry;
    this.#engine = createInflateRaw({ chunkSize: 2 ** 18 });
    this.#output = this.#engine[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#engine.on("drain", () => this.#feed());
    this.#feed();
  }

  /** Whether bytes from here on have been passed already. */
  isPast(position: number): boolean {
    return position < this.#windowStart;
  }

  /** The range, if the window holds it. */
  window(position: number, length: number): Uint8Array | null {
    const start = position - this.#windowStart;
    return start >= 0 && start + length <= this.#windowLength ? this.#buffer.subarray(start, start + length) : null;
  }

  /** Moves the window to a range, which begins no earlier than the last one. */
  async advance(position: number, length: number): Promise<void> {
    const end = this.#windowStart + this.#windowLength;
    const kept = position < end ? this.#buffer.subarray(position - this.#windowStart, this.#windowLength) : null;
    const target = this.#buffer.length >= length ? this.#buffer : new Uint8Array(length);
    if (kept !== null) target.set(kept, 0);
    this.#buffer = target;
    this.#windowStart = position;
    this.#windowLength = kept?.length ?? 0;
    let at = end;
    while (this.#windowLength < length) {
      if (this.#left.length === 0) this.#left = await this.#piece();
      const skipped = Math.min(this.#left.length, Math.max(0, position - at));
      const taken = this.#left.subarray(skipped, skipped + length - this.#windowLength);
      this.#buffer.set(taken, this.#windowLength);
      this.#windowLength += taken.length;
      at += skipped + taken.length;
      this.#left = this.#left.subarray(skipped + taken.length);
    }
    if (position + length === this.#entry.size) await this.#finish();
  }

  close(): void {
    this.#engine.destroy();
  }

  async #piece(): Promise<Uint8Array> {
    const { size } = this.#entry;
    const piece = await this.#next();
    if (piece === null) throw malformedZip(this.#name, `inflates to ${this.#position} of ${size} bytes`);
    this.#position += piece.length;
    if (this.#position > size) throw this.#tooLong();
    this.#crc = crc32(piece, this.#crc);
    return piece;
  }

  /** After the last byte: nothing may follow, and the checksum must agree. */
  async #finish(): Promise<void> {
    if ((await this.#next()) !== null) throw this.#tooLong();
    if (this.#crc !== this.#entry.crc) throw malformedZip(this.#name, "does not match its checksum");
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#output.next();
      return done ? null : value;
    } catch (error) {
      throw error instanceof EexitError ? error : malformedZip(this.#name, "cannot be inflated");
    }
  }

  #tooLong(): EexitError {
    const found = `inflates beyond its declared ${this.#entry.size} bytes, expected exactly these`;
    return new EexitError(
      "zip-bomb",
      `${this.#name}: ${found}`,
      "do not trust this file; write it again with np.savez",
    );
  }

  /** Hands packed bytes to the engine until it asks for a pause. */
  #feed(): void {
    try {
      for (let ready = true; ready && this.#packedPosition < this.#data.size; ) {
        const length = Math.min(packedPiece, this.#data.size - this.#packedPosition);
        // a copy: the engine works on it in another thread
        ready = this.#engine.write(Uint8Array.from(this.#data.read(this.#packedPosition, length)));
        this.#packedPosition += length;
        if (this.#packedPosition === this.#data.size) this.#engine.end();
      }
    } catch (error) {
      this.#engine.destroy(error as Error);
    }
  }
}
