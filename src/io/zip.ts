import { inflateRawSync } from "node:zlib";
import { EexitError } from "../errors.ts";
import { type ByteSource, memorySource, sliceSource } from "./byte-source.ts";
import { crc32 } from "./crc32.ts";
import { printable } from "./printable.ts";
import { malformedZip, readZipDirectory, type ZipEntry } from "./zip-directory.ts";

/** Deflate cannot exceed 1032 : 1; real logits stay below 10 : 1. Small entries may be all zeros. */
const largestRatio = 1000;
const ratioFree = 2 ** 20;
/** Inflated entries live in memory. */
const largestInflated = 2 ** 31;

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
  const allowed = Math.min(largestInflated, Math.max(ratioFree, entry.packedSize * largestRatio));
  if (entry.size > allowed)
    throw bomb(name, `declares ${entry.size} bytes from ${entry.packedSize} compressed, expected at most ${allowed}`);
  let inflated: ByteSource | null = null;
  return {
    name,
    size: entry.size,
    read(position, length) {
      inflated ??= memorySource(name, inflate(name, data.read(0, data.size), entry));
      return inflated.read(position, length);
    },
    close() {
      inflated = null;
    },
  };
}

function inflate(name: string, packed: Uint8Array, entry: ZipEntry): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw bomb(name, `inflates beyond its declared ${entry.size} bytes, expected exactly these`);
    throw malformedZip(name, "cannot be inflated");
  }
  if (bytes.length !== entry.size) throw malformedZip(name, `inflates to ${bytes.length} of ${entry.size} bytes`);
  if (crc32(bytes) !== entry.crc) throw malformedZip(name, "does not match its checksum");
  return bytes;
}

function bomb(name: string, what: string): EexitError {
  return new EexitError("zip-bomb", `${name}: ${what}`, "do not trust this file; write it again with np.savez");
}
