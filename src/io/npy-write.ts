/** numpy pads headers so that the data starts at a multiple of 64. */
const alignment = 64;

/** numpy's names of the element types that are written. */
const typeNames = { float32: "<f4", float64: "<f8", int64: "<i8", uint8: "|u1", uint16: "<u2" } as const;

/** Header of an NPY file (format 1.0) for a little-endian C-order array; the rows follow it as they are. */
export function npyHeader(type: keyof typeof typeNames, shape: readonly number[]): Uint8Array {
  const descr = typeNames[type];
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const size = Math.ceil((10 + text.length + 1) / alignment) * alignment;
  const header = Buffer.alloc(size, " ");
  header.write("\x93NUMPY\x01\x00", 0, "latin1");
  header.writeUInt16LE(size - 10, 8);
  header.write(text, 10, "latin1");
  header[size - 1] = 0x0a;
  return header;
}
