import { EexitError } from "../errors.ts";
import { type ByteSource, truncated } from "./byte-source.ts";
import { printable } from "./printable.ts";

/** One file of a zip archive, as its central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly encrypted: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly position: number;
}

interface Directory {
  readonly position: number;
  readonly size: number;
  readonly count: number;
}

const endBytes = 22;
const longestComment = 65535;
/** 64 MiB hold some 600 000 entries; an archive of arrays has a few hundred. */
const longestDirectory = 2 ** 26;

/**
 * Entries of a zip archive (zip64 too) in file order. Sizes and positions are checked against the file before use,
 * and entries may not overlap, which is how a small archive can hold petabytes.
 * @throws EexitError `file-malformed`, `file-truncated`, `header-too-large` or `zip-bomb`
 */
export function readZipDirectory(source: ByteSource): ZipEntry[] {
  const directory = findDirectory(source);
  const end = directory.position + directory.size;
  if (!(end <= source.size)) throw truncated(source.name, end, source.size);
  if (directory.size > longestDirectory) {
    throw new EexitError(
      "header-too-large",
      `${source.name}: claims a zip directory of ${directory.size} bytes, expected at most ${longestDirectory}`,
      "write the archive again",
    );
  }
  const bytes = Buffer.from(source.read(directory.position, directory.size));
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < directory.count) {
    const { entry, next } = readEntry(source.name, bytes, at);
    entries.push(entry);
    at = next;
  }
  assertApart(source.name, entries, directory.position);
  return entries;
}

function findDirectory(source: ByteSource): Directory {
  const tailSize = Math.min(source.size, endBytes + longestComment);
  const tailStart = source.size - tailSize;
  const tail = Buffer.from(source.read(tailStart, tailSize));
  for (let at = tailSize - endBytes; at >= 0; at--) {
    // The comment must reach exactly to the end: otherwise the mark lies inside a comment or an entry.
    if (tail.readUInt32LE(at) !== 0x06054b50 || at + endBytes + tail.readUInt16LE(at + 20) !== tailSize) continue;
    const count = tail.readUInt16LE(at + 10);
    const size = tail.readUInt32LE(at + 12);
    const position = tail.readUInt32LE(at + 16);
    const isWide = count === 0xffff || size === 0xffffffff || position === 0xffffffff;
    return (isWide && wideDirectory(source, tailStart + at)) || { position, size, count };
  }
  throw new EexitError(
    "file-truncated",
    `${source.name}: has no zip directory within its last ${tailSize} bytes, expected one at the end`,
    "the file is incomplete; copy or write it again",
  );
}

/** The zip64 end record, which a 20-byte locator just before the ordinary one points to; null when there is none. */
function wideDirectory(source: ByteSource, endPosition: number): Directory | null {
  if (endPosition < 20) return null;
  const locator = Buffer.from(source.read(endPosition - 20, 20));
  if (locator.readUInt32LE(0) !== 0x07064b50) return null;
  const record = Buffer.from(source.read(Number(locator.readBigUInt64LE(8)), 56));
  if (record.readUInt32LE(0) !== 0x06064b50) throw malformedZip(source.name, "has a broken zip64 end record");
  return {
    count: Number(record.readBigUInt64LE(32)),
    size: Number(record.readBigUInt64LE(40)),
    position: Number(record.readBigUInt64LE(48)),
  };
}

function readEntry(file: string, bytes: Buffer, at: number): { entry: ZipEntry; next: number } {
  if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50)
    throw malformedZip(file, `has a broken directory record at byte ${at} of its directory`);
  const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const next = extraEnd + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) throw malformedZip(file, `has a broken directory record at byte ${at} of its directory`);
  const name = bytes.toString("utf8", at + 46, nameEnd);
  const narrow = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)];
  const [size, packedSize, position] = widened(file, name, narrow, bytes.subarray(nameEnd, extraEnd));
  const encrypted = (bytes.readUInt16LE(at + 8) & 1) === 1;
  const method = bytes.readUInt16LE(at + 10);
  return { entry: { name, encrypted, method, crc: bytes.readUInt32LE(at + 16), packedSize, size, position }, next };
}

/** Values of 0xFFFFFFFF stand in the zip64 extra field (id 1) instead, in this order. */
function widened(file: string, name: string, narrow: readonly number[], extra: Buffer): number[] {
  if (!narrow.includes(0xffffffff)) return [...narrow];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return narrow.map((value) => {
      if (value !== 0xffffffff) return value;
      if (from + 8 > extra.length) throw malformedZip(file, `lacks the zip64 sizes of ${printable(name)}`);
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    });
  }
  throw malformedZip(file, `lacks the zip64 sizes of ${printable(name)}`);
}

function assertApart(file: string, entries: readonly ZipEntry[], directoryPosition: number): void {
  const names = new Set<string>();
  let limit = directoryPosition;
  for (const entry of [...entries].sort((a, b) => b.position - a.position)) {
    if (names.has(entry.name)) throw malformedZip(file, `holds ${printable(entry.name)} twice`);
    names.add(entry.name);
    const end = entry.position + 30 + Buffer.byteLength(entry.name) + entry.packedSize;
    if (!(end <= directoryPosition))
      throw malformedZip(
        file,
        `places ${printable(entry.name)} at bytes ${entry.position} to ${end} of ${directoryPosition}`,
      );
    if (end > limit) {
      throw new EexitError(
        "zip-bomb",
        `${file}: holds entries that overlap (${printable(entry.name)}), expected each to have bytes of its own`,
        "do not trust this file; write it again with np.savez",
      );
    }
    limit = entry.position;
  }
}

export function malformedZip(file: string, what: string): EexitError {
  return new EexitError(
    "file-malformed",
    `${file}: ${what}, expected a valid zip archive`,
    "copy or write the file again",
  );
}
