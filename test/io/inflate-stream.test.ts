import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/io/byte-source.ts";
import { npyHeader } from "../../src/io/npy-write.ts";
import { openNpz } from "../../src/io/npz.ts";
import { prepareRows, readFloatRows } from "../../src/io/read-rows.ts";
import type { Part } from "../../src/io/tensor.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { deflatedArchive } from "../support/zip-archive.ts";

const [rowCount, width] = [5000, 100];
const random = seededRandom(3);
const values = Float32Array.from({ length: rowCount * width }, () => Math.round(100 * random.normal()) / 8);
const npy = Buffer.concat([npyHeader("float32", [rowCount, 1, width]), new Uint8Array(values.buffer)]);
const archive = deflatedArchive({ "logits.npy": npy });

function logitsOf(bytes: Uint8Array) {
  const [part] = openNpz(memorySource("x.npz", bytes)).parts() as Part[];
  return part.get("logits")!;
}

const rowsOf = (start: number, count: number) => values.subarray(start * width, (start + count) * width);

describe("a deflated array, from front to back", () => {
  it("is inflated window by window: neighbouring, overlapping, skipping and repeated ranges", async () => {
    const tensor = logitsOf(archive);
    for (const [start, count] of [
      [0, 10],
      [0, 700],
      [700, 1],
      [690, 900],
      [3000, 5],
      [3000, 5],
      [3001, 1500],
      [4999, 1],
    ]) {
      await prepareRows(tensor, start, count);
      expect(readFloatRows(tensor, start, count)).toEqual(rowsOf(start, count));
    }
  });

  it("starts anew for rows that have been passed, and reads any rows without being told", async () => {
    const tensor = logitsOf(archive);
    await prepareRows(tensor, 2000, 10);
    await prepareRows(tensor, 5, 10);
    expect(readFloatRows(tensor, 5, 10)).toEqual(rowsOf(5, 10));
    expect(readFloatRows(tensor, 4000, 3)).toEqual(rowsOf(4000, 3));
    await prepareRows(tensor, 4100, 3);
    expect(readFloatRows(tensor, 4100, 3)).toEqual(rowsOf(4100, 3));
  });

  it("compares the checksum at its end", async () => {
    const broken = Buffer.from(archive);
    // the checksum in the directory, which is the one that is believed
    broken[broken.lastIndexOf("PK\x01\x02") + 16] ^= 1;
    const tensor = logitsOf(broken);
    await prepareRows(tensor, 0, 4000);
    await expect(prepareRows(tensor, 4000, 1000)).rejects.toMatchObject({
      code: "file-malformed",
      message: expect.stringContaining("x.npz:logits.npy: does not match its checksum"),
    });
  });

  it("refuses damaged data where it comes", async () => {
    const broken = Buffer.from(archive);
    broken.fill(0xff, Math.floor(broken.length / 2), Math.floor(broken.length / 2) + 200);
    const tensor = logitsOf(broken);
    await prepareRows(tensor, 0, 100);
    await expect(prepareRows(tensor, 100, 4900)).rejects.toMatchObject({
      // what wrong bits mean is chance: nonsense, or more bytes than there should be
      code: expect.stringMatching(/^(file-malformed|zip-bomb)$/),
    });
  });

  it("may be larger than memory, from front to back", async () => {
    // a header of 750 rows, 3 GB, and the bytes of the first one
    const row = new Uint32Array(1e6).map(() => random.integer(2 ** 32));
    const header = npyHeader("float32", [750, 1000, 1000]);
    const bytes = deflatedArchive({ "logits.npy": Buffer.concat([header, new Uint8Array(row.buffer)]) });
    bytes.writeUInt32LE(header.length + 3e9, bytes.lastIndexOf("PK\x01\x02") + 24);
    const tensor = logitsOf(bytes);
    await prepareRows(tensor, 0, 1);
    expect(Buffer.from(readFloatRows(tensor, 0, 1).slice().buffer).equals(new Uint8Array(row.buffer))).toBe(true);
    expect(() => readFloatRows(tensor, 700, 1)).toThrow(
      "x.npz:logits.npy: 2.8 GiB of deflated bytes that are not read in the file's order, expected at most 2 GiB",
    );
  });
});
