import { expect } from "vitest";
import { crc32 } from "../../src/io/crc32.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { type BuildOptions, ModelWriter } from "./onnx-graphs.ts";
import type { Finished } from "./run-cli.ts";

const descriptions = {
  float32: "<f4",
  float64: "<f8",
  float16: "<f2",
  uint8: "|u1",
  int64: "<i8",
  int32: "<i4",
} as const;

/** An NPY file as numpy writes it. */
export function npyFile(type: keyof typeof descriptions, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const sizes = `${shape.join(", ")}${shape.length === 1 ? "," : ""}`;
  const text = `{'descr': '${descriptions[type]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const header = `${text.padEnd(128 - 10 - 1)}\n`;
  const start = Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1");
  return Buffer.concat([start, Buffer.from(header), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** Uniform in [−3, 3). */
export function spread(count: number, seed = 1): Float32Array<ArrayBuffer> {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => 6 * random.uniform() - 3);
}

/** float32 rows [n, width] that leave everywhere. */
export function npyRows(count: number, width = 6, seed = 1): Uint8Array {
  return npyFile("float32", [count, width], spread(count * width, seed));
}

/** A zip of stored entries. */
export function npzFile(entries: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [key, content] of Object.entries(entries)) {
    const name = Buffer.from(`${key}.npy`);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), common, central, name);
    const entry = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, content]);
    local.push(entry);
    offset += entry.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  const count = Object.keys(entries).length;
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, ...directory, end]);
}

/** Words into a table of 10: an index outside ends the run in the middle. */
export function wordModel(options: BuildOptions = {}) {
  const m = new ModelWriter(options);
  const words = m.node("words", "Gather", [m.weight("table", [10, 8], 6), m.input("tokens", ["N", 3], "int64")]);
  let h = m.reduce("ReduceMean", "mean", words, [1]);
  for (const stage of [1, 2, 3]) {
    h = m.layer(`h${stage}`, h, 8, 8);
    m.exit(`e${stage}`, h, 8, 3);
  }
  return m.model();
}

/** [n, 3] words 0 to 9; `bad` is a row that holds the word 99. */
export function npyWords(count: number, bad: number | null = null): Uint8Array {
  const random = seededRandom(5);
  const words = BigInt64Array.from({ length: count * 3 }, () => BigInt(Math.floor(10 * random.uniform())));
  if (bad !== null) words[3 * bad + 1] = 99n;
  return npyFile("int64", [count, 3], words);
}

/**
 * Checks that a run ended with one `eexit:` line and one `hint:` line, whatever notes stand before them.
 *
 * @returns the message
 */
export function refusal({ status, stderr, code }: Finished, expected: string): string {
  expect({ status, code, stderr }).toMatchObject({ status: 2, code: expected });
  const lines = stderr.trimEnd().split("\n");
  expect(lines.filter((line) => line.startsWith("eexit: "))).toHaveLength(1);
  expect(lines.at(-2)).toMatch(/^eexit: \S/);
  expect(lines.at(-1)).toMatch(/^hint: \S/);
  expect(stderr).not.toMatch(/\n\s+at |node:internal|onnxruntime_/);
  return lines.at(-2)!;
}
