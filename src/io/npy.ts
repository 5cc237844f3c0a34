import { EexitError } from "../errors.ts";
import { type ByteSource, truncated } from "./byte-source.ts";
import { parseNpyHeader } from "./npy-header.ts";
import { numpyType } from "./numpy-type.ts";
import { onePartContent } from "./one-part-content.ts";
import { type Content, elementBytes, elementCount, packedStrides, type Tensor } from "./tensor.ts";

/** numpy writes 118 to a few hundred bytes; a longer header is no array header. */
const longestHeader = 2 ** 20;

/**
 * Opens an NPY file (format versions 1 to 3): one array under the name "". Only the header is read; header length and
 * shape are checked against the file before anything is allocated.
 * @throws EexitError `file-malformed`, `file-truncated`, `header-too-large` or `type-unsupported`
 */
export function openNpy(source: ByteSource): Content {
  return onePartContent("npy", source, new Map([["", npyTensor(source)]]));
}

/** The array of an NPY file or entry. Bytes after the array are left alone, as numpy does. */
export function npyTensor(source: ByteSource): Tensor {
  const { header, dataStart } = readHeader(source);
  const { descr, fortranOrder, shape } = parseNpyHeader(source.name, header);
  const { type, littleEndian } = numpyType(source.name, descr);
  const needed = dataStart + elementCount(shape) * elementBytes[type];
  if (!(needed <= source.size)) throw truncated(source.name, needed, source.size);
  const strides = packedStrides(shape, fortranOrder ? "Fortran" : "C");
  return { name: source.name, type, littleEndian, shape, strides, bytes: source, offset: dataStart };
}

/** The numpy type string of an NPY file, without judging it. */
export function npyTypeDescription(source: ByteSource): string {
  return parseNpyHeader(source.name, readHeader(source).header).descr;
}

function readHeader(source: ByteSource): { header: string; dataStart: number } {
  const start = Buffer.from(source.read(0, Math.min(12, source.size)));
  if (start.toString("latin1", 0, 6) !== "\x93NUMPY") {
    throw new EexitError(
      "file-malformed",
      `${source.name}: begins with other bytes than an NPY file, expected \\x93NUMPY`,
      "write the file again with np.save",
    );
  }
  if (start.length < 12) throw truncated(source.name, 12, source.size);
  const version = start[6];
  if (version < 1 || version > 3) {
    throw new EexitError(
      "file-malformed",
      `${source.name}: has NPY format version ${version}.${start[7]}, expected 1 to 3`,
      "write the file again with np.save",
    );
  }
  const headerStart = version === 1 ? 10 : 12;
  const length = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  if (headerStart + length > source.size) throw truncated(source.name, headerStart + length, source.size);
  if (length > longestHeader) {
    throw new EexitError(
      "header-too-large",
      `${source.name}: claims a header of ${length} bytes, expected at most ${longestHeader}`,
      "write the file again with np.save",
    );
  }
  const header = Buffer.from(source.read(headerStart, length)).toString(version === 3 ? "utf8" : "latin1");
  return { header, dataStart: headerStart + length };
}
