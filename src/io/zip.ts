import { constants, inflateRawSync } from "node:zlib";
import { EexitError } from "../errors.ts";
import { type ByteSource, memorySource, sliceSource } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { InflateStream } from "./inflate-stream.ts";
import { printable } from "./printable.ts";
import { malformedZip, readZipDirectory, type ZipEntry } from "./zip-directory.ts";

/** Deflate cannot exceed 1032 : 1; real logits stay below 10 : 1. Small entries may be all zeros. */
const largestRatio = 1000;
const ratioFree = 2 ** 20;
/** Entries that are not read from front to back are inflated into memory, up to this size. */
const largestInflated = 2 ** 31;
/** At the highest ratio this inflates to less than `ratioFree`. */
const packedHead = 1000;

/**
 * The files of a zip archive by name. Stored entries stay windows of the archive; a deflated entry is inflated when
 * its bytes are first asked for, never beyond its declared size, and its checksum is compared.
 * @throws EexitError `file-malformed`, `file-truncated`, `format-not-read` (another compression) or `zip-bomb`
 */
export function openZip(source: ByteSource): ReadonlyMap<string, ByteSource> {
  return new Map(readZipDirectory(source).map((entry) => [entry.name, openEntry(source, entry)]));
}

function openEntry(source: ByteSource, entry: ZipEntry): ByteSource {
  const name = `${source.name}:${printable(entry.name)}`;
  if (entry.encrypted) throw malformedZip(name, "is encrypted");
  if (entry.method !== 0 && entry.method !== 8) {
    throw new EexitError(
      "format-not-read",
      `${name}: is compressed with zip method ${entry.method}, expected stored or deflated`,
      "write it with np.savez or np.savez_compressed",
    );
  }
  const data = packedData(source, entry, name);
  if (entry.method === 8) return inflatedSource(name, data, entry);
  if (entry.size !== entry.packedSize)
    throw malformedZip(name, `is stored in ${entry.packedSize} bytes but declares ${entry.size}`);
  return data;
}

/** The bytes behind the entry's local header, whose name must be the directory's: the two lie in different places. */
function packedData(source: ByteSource, entry: ZipEntry, name: string): ByteSource {
  const header = Buffer.from(source.read(entry.position, 30));
  const nameLength = header.readUInt16LE(26);
  const start = entry.position + 30 + nameLength + header.readUInt16LE(28);
  const isLocal = header.readUInt32LE(0) === 0x04034b50 && nameLength === Buffer.byteLength(entry.name);
  if (!isLocal || Buffer.from(source.read(entry.position + 30, nameLength)).toString("utf8") !== entry.name)
    throw malformedZip(name, "has no matching header where the directory points");
  return sliceSource(name, source, start, entry.packedSize);
}

/** An entry of known size that is inflated on the first read; a lying size is found before or while inflating. */
function inflatedSource(name: string, data: ByteSource, entry: ZipEntry): ByteSource {
  const allowed = Math.max(ratioFree, entry.packedSize * largestRatio);
  if (entry.size > allowed)
    throw bomb(name, `declares ${entry.size} bytes from ${entry.packedSize} compressed, expected at most ${allowed}`);
  let head: Uint8Array | null = null;
  let inflated: ByteSource | null = null;
  let stream: InflateStream | null = null;
  return {
    name,
    size: entry.size,
    read(position, length) {
      const known = stream?.window(position, length);
      if (known) return known;
      head ??= data.size > packedHead ? inflatedHead(name, data, entry) : new Uint8Array(0);
      if (inflated === null && position + length <= head.length) return head.subarray(position, position + length);
      inflated ??= memorySource(name, inflate(name, data, entry));
      return inflated.read(position, length);
    },
    shareable: false,
    async ahead(position, length) {
      if (inflated !== null || stream?.window(position, length)) return;
      if (stream?.isPast(position)) {
        stream.close();
        stream = null;
      }
      stream ??= new InflateStream(name, data, entry);
      await stream.advance(position, length);
    },
    close() {
      stream?.close();
      inflated = stream = head = null;
    },
  };
}

/** The first bytes of an entry, enough for the header of an array: looking at a file inflates nothing else. */
function inflatedHead(name: string, data: ByteSource, entry: ZipEntry): Uint8Array {
  const packed = data.read(0, packedHead);
  let bytes: Uint8Array;
  try {
    // a flush instead of an end, because the rest is left out on purpose
    bytes = inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: ratioFree });
  } catch {
    throw malformedZip(name, "cannot be inflated");
  }
  if (bytes.length > entry.size) throw tooLong(name, entry);
  return bytes;
}

function inflate(name: string, data: ByteSource, entry: ZipEntry): Uint8Array {
  if (entry.size > largestInflated) throw tooLarge(name, entry);
  const packed = data.read(0, data.size);
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLong(name, entry);
    throw malformedZip(name, "cannot be inflated");
  }
  if (bytes.length !== entry.size) throw malformedZip(name, `inflates to ${bytes.length} of ${entry.size} bytes`);
  if (crc32(bytes) !== entry.crc) throw malformedZip(name, "does not match its checksum");
  return bytes;
}

function tooLarge(name: string, { size }: ZipEntry): EexitError {
  const found = `${(size / 2 ** 30).toFixed(1)} GiB of deflated bytes that are not read in the file's order`;
  return new EexitError(
    "format-not-read",
    `${name}: ${found}, expected at most 2 GiB of such`,
    "write it with np.savez, or with the samples as first axis",
  );
}

function tooLong(name: string, entry: ZipEntry): EexitError {
  return bomb(name, `inflates beyond its declared ${entry.size} bytes, expected exactly these`);
}

function bomb(name: string, what: string): EexitError {
  return new EexitError("zip-bomb", `${name}: ${what}`, "do not trust this file; write it again with np.savez");
}
