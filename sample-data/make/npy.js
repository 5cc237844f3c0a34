import { readFileSync } from "node:fs";

/**
 * Reads a little-endian, C-order NPY file of version 1.0, which is what the sample data consists of.
 * Returns `{ type: "<f4" | "<i8", shape, values }`.
 */
export function readNpy(path) {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start);
  const type = /'descr': '([^']+)'/.exec(header)[1];
  const shape = /'shape': \(([^)]*)\)/.exec(header)[1].split(",").filter(Boolean).map(Number);
  const ArrayType = { "<f4": Float32Array, "<f8": Float64Array, "<i8": BigInt64Array }[type];
  // Copied, because a typed array must start on a multiple of its element size.
  return { type, shape, values: new ArrayType(new Uint8Array(bytes.subarray(start)).buffer) };
}
