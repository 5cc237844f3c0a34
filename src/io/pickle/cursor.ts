import { EexitError } from "../../errors.ts";
import { type ByteSource, sliceSource, truncated } from "../byte-source.ts";

const windowBytes = 2 ** 16;
/** Longest line of the old text opcodes: a number or a memo index. */
const longestLine = 512;

/**
 * Reads a source from front to back through a window of 64 KiB, so that a pickle of any size costs little memory.
 * Every length is compared with the bytes that remain before anything is allocated.
 */
export class ByteCursor {
  readonly source: ByteSource;
  position = 0;
  private window: Buffer = Buffer.alloc(0);
  private windowStart = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  byte(): number {
    const at = this.take(1);
    return this.window[at];
  }

  uint16(): number {
    const at = this.take(2);
    return this.window.readUInt16LE(at);
  }

  int32(): number {
    const at = this.take(4);
    return this.window.readInt32LE(at);
  }

  uint32(): number {
    const at = this.take(4);
    return this.window.readUInt32LE(at);
  }

  /** A 64-bit length; beyond 2^53 it is inexact but still larger than any file. */
  uint64(): number {
    const at = this.take(8);
    return Number(this.window.readBigUInt64LE(at));
  }

  /** Pickle writes floats big-endian, unlike everything else. */
  float64(): number {
    const at = this.take(8);
    return this.window.readDoubleBE(at);
  }

  /** A copy of the next bytes, of which there may be at most `windowBytes`. */
  bytes(length: number): Buffer {
    const at = this.take(length);
    return Buffer.from(this.window.subarray(at, at + length));
  }

  /** The next bytes as a window of the file, unread. */
  slice(length: number): ByteSource {
    this.assertRemaining(length);
    const slice = sliceSource(this.source.name, this.source, this.position, length);
    this.position += length;
    return slice;
  }

  /** Text up to the next line feed. */
  line(): string {
    const characters: number[] = [];
    for (let next = this.byte(); next !== 10; next = this.byte()) {
      if (characters.length === longestLine) {
        const message = `${this.source.name}: has a line of more than ${longestLine} bytes at byte ${this.position}`;
        throw new EexitError("file-malformed", `${message}, expected a pickle`, "save it again with protocol 4");
      }
      characters.push(next);
    }
    return Buffer.from(characters).toString("utf8");
  }

  assertRemaining(length: number): void {
    if (!(this.position + length <= this.source.size))
      throw truncated(this.source.name, this.position + length, this.source.size);
  }

  /** Makes the next `length` bytes present; returns where they begin in the window and moves past them. */
  private take(length: number): number {
    this.assertRemaining(length);
    const start = this.position - this.windowStart;
    this.position += length;
    if (start >= 0 && start + length <= this.window.length) return start;
    this.windowStart = this.position - length;
    const size = Math.min(Math.max(windowBytes, length), this.source.size - this.windowStart);
    const bytes = this.source.read(this.windowStart, size);
    this.window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return 0;
  }
}
