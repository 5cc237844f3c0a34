import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { EexitError } from "../errors.ts";

/**
 * Bytes with a known length and random access: a seekable file read by position, or memory.
 * Readers ask for the ranges that they have checked against `size`, so a lying header costs nothing.
 */
export interface ByteSource {
  /** For messages: the path as the user wrote it, "-" for stdin, `a.npz:logits.npy` for an entry. */
  readonly name: string;
  readonly size: number;
  /** The bytes `[position, position + length)`. Throws `file-truncated` when the source ends before. The result may be
   *  overwritten by the next call when `buffer` is passed; it is then a view of `buffer`. */
  read(position: number, length: number, buffer?: Uint8Array): Uint8Array;
  /** Whether another thread that opens the same file has the same bytes at hand, at any place, without work of its own. */
  readonly shareable: boolean;
  /**
   * Of a source that is decoded from front to back: decodes up to the end of a range, of which the last one asked for is kept for
   * `read`. Ranges that move forward cost memory for one of them; without it, and going back, `read` decodes the whole. Null elsewhere.
   */
  readonly ahead: ((position: number, length: number) => Promise<void>) | null;
  close(): void;
}

/** One readSync refuses 2 GiB and more; longer ranges take several. */
const longestRead = 2 ** 30;

export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read(position, length) {
      assertInside(name, position, length, bytes.length);
      return bytes.subarray(position, position + length);
    },
    shareable: false,
    ahead: null,
    close() {},
  };
}

/** A window of another source, for an entry stored inside a container. Closing it leaves the container open. */
export function sliceSource(name: string, source: ByteSource, offset: number, size: number): ByteSource {
  assertInside(source.name, offset, size, source.size);
  return {
    name,
    size,
    read(position, length, buffer) {
      assertInside(name, position, length, size);
      return source.read(offset + position, length, buffer);
    },
    shareable: source.shareable,
    ahead: source.ahead && ((position, length) => source.ahead!(offset + position, length)),
    close() {},
  };
}

/** Opens a regular file for reading by position. Pipes and devices are not seekable: read them whole and use `memorySource`. */
export function fileSource(path: string): ByteSource {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  const found = fstatSync(descriptor);
  if (found.isDirectory()) {
    closeSync(descriptor);
    throw unreadable(path, Object.assign(new Error(), { code: "EISDIR" }));
  }
  const size = found.size;
  return {
    name: path,
    size,
    read(position, length, buffer) {
      assertInside(path, position, length, size);
      const target = buffer ? buffer.subarray(0, length) : new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = readSync(descriptor, target, done, Math.min(length - done, longestRead), position + done);
        if (count === 0) throw truncated(path, position + length, position + done);
        done += count;
      }
      return target;
    },
    shareable: true,
    ahead: null,
    close() {
      closeSync(descriptor);
    },
  };
}

export function unreadable(path: string, error: NodeJS.ErrnoException): EexitError {
  if (error.code === "ENOENT")
    return new EexitError("file-missing", `${path}: no such file`, "check the path and the working folder");
  if (error.code === "EISDIR") {
    return new EexitError("file-unreadable", `${path}: is a folder, expected a file`, "name a file in it");
  }
  return new EexitError(
    "file-unreadable",
    `${path}: cannot be read (${error.code ?? error.message}), expected a readable file`,
    "check that it is a file and its permissions",
  );
}

export function truncated(name: string, needed: number, found: number): EexitError {
  return new EexitError(
    "file-truncated",
    `${name}: ends at byte ${found}, expected at least ${needed}`,
    "the file is incomplete; copy or write it again",
  );
}

function assertInside(name: string, position: number, length: number, size: number): void {
  if (
    !Number.isSafeInteger(position) ||
    !Number.isSafeInteger(length) ||
    position < 0 ||
    length < 0 ||
    position + length > size
  ) {
    throw truncated(name, position + length, size);
  }
}
