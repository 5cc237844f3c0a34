import { closeSync, openSync, writeSync } from "node:fs";
import { constants, deflateRawSync } from "node:zlib";
import { crc32 } from "../src/io/crc32.ts";
import { npyHeader } from "../src/io/npy-write.ts";

/** An array `[count, …shape]` whose samples are some pieces over and over. */
export interface RepeatedArray {
  readonly name: string;
  readonly type: "float32" | "uint8";
  readonly shape: readonly number[];
  /** Bytes of one sample each. */
  readonly pieces: readonly Uint8Array[];
}

/** Writes an NPZ as `numpy.savez_compressed` does, of less than 4 GB. */
export function writeDeflatedNpz(path: string, arrays: readonly RepeatedArray[], count: number): void {
  const file = openSync(path, "w");
  const directory: Buffer[] = [];
  let position = 0;
  for (const array of arrays) {
    const name = Buffer.from(`${array.name}.npy`);
    const { fields, packed } = entryOf(array, count, name.length);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(position, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), fields, tail, name]));
    for (const bytes of [Buffer.concat([Buffer.from("PK\x03\x04"), fields, name]), ...packed])
      position += writeSync(file, bytes);
  }
  const [central, end] = [Buffer.concat(directory), Buffer.alloc(22)];
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(position, 16);
  writeSync(file, Buffer.concat([central, end]));
  closeSync(file);
}

/** The packed bytes of an entry, and what its local header and the directory say alike. */
function entryOf({ type, shape, pieces }: RepeatedArray, count: number, nameLength: number) {
  // each piece is packed once: what ends with a flush instead of a last block may be followed by more
  const repeated = pieces.map((plain) => ({ plain, packed: packedPiece(plain) }));
  const header = npyHeader(type, [count, ...shape]);
  const all = [
    { plain: header, packed: packedPiece(header) },
    ...Array.from({ length: count }, (_, i) => repeated[i % repeated.length]),
    { plain: new Uint8Array(0), packed: deflateRawSync(new Uint8Array(0)) },
  ];
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(
    all.reduce((crc, { plain }) => crc32(plain, crc), 0),
    10,
  );
  fields.writeUInt32LE(
    all.reduce((sum, { packed }) => sum + packed.length, 0),
    14,
  );
  fields.writeUInt32LE(
    all.reduce((sum, { plain }) => sum + plain.length, 0),
    18,
  );
  fields.writeUInt16LE(nameLength, 22);
  return { fields, packed: all.map(({ packed }) => packed) };
}

function packedPiece(plain: Uint8Array): Buffer {
  return deflateRawSync(plain, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
}
