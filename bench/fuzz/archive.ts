import { deflateRawSync } from "node:zlib";
import { memorySource } from "../../src/io/byte-source.ts";
import { crc32 } from "../../src/io/crc32.ts";
import { openZip } from "../../src/io/zip.ts";
import type { Random } from "../../src/stats/random.ts";
import { chance } from "./mutate-bytes.ts";

export interface ArchiveFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of an archive that is whole. */
export function unpack(bytes: Uint8Array): ArchiveFile[] {
  const entries = openZip(memorySource("archive", bytes));
  return [...entries].map(([name, source]) => ({ name, bytes: Uint8Array.from(source.read(0, source.size)) }));
}

/** A zip archive with right checksums and sizes — what is wrong is inside —, or rarely with one lying field. */
export function pack(random: Random, files: readonly ArchiveFile[]): Uint8Array {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, bytes } of files) {
    const deflated = chance(random, 0.5);
    const packed = deflated ? deflateRawSync(bytes) : bytes;
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflated ? 8 : 0, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(lying(random, packed.length), 14);
    common.writeUInt32LE(lying(random, bytes.length), 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, nameBytes, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(position, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, rest, nameBytes]));
    pieces.push(local);
    position += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...pieces, listed, end]);
}

function lying(random: Random, size: number): number {
  return chance(random, 0.02) ? random.integer(2 ** 32) : size;
}
