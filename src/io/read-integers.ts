import { EexitError } from "../errors.ts";
import { hostLittleEndian } from "./decode-elements.ts";
import { readFloatRows } from "./read-rows.ts";
import { isContiguous } from "./strided-copy.ts";
import { elementBytes, elementCount, type Tensor } from "./tensor.ts";

/**
 * Rows `[start, start + count)` as 32-bit integers (labels, predictions), all rows by default, in C order.
 * Any element type will do as long as every value is an integer of at most 32 bits.
 * @param room returned when it has the right length
 * @throws EexitError `label-invalid` for a fraction, NaN, infinity or an integer outside −2^31 … 2^31 − 1
 */
export function readIntegers(
  tensor: Tensor,
  start = 0,
  count = (tensor.shape[0] ?? 1) - start,
  room?: Int32Array,
): Int32Array {
  const length = count * elementCount(tensor.shape.slice(1));
  const integers = room?.length === length ? room : new Int32Array(length);
  if (readNarrow(tensor, start, count, integers) || readWide(tensor, start, count, integers)) return integers;
  const values = readFloatRows(tensor, start, count);
  for (let i = 0; i < values.length; i++) {
    integers[i] = values[i];
    // The conversion wraps and truncates; equality says that it did neither.
    if (integers[i] !== values[i])
      throw notAnInteger(tensor, start + Math.floor((i * count) / values.length), values[i]);
  }
  return integers;
}

const narrowArrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
} as const;

/**
 * Reads integers that fit 32 bits and lie one after the other, without a detour over float64, which is a megabyte of garbage for each label map
 * of a street scene. They are read to the end of where they go, and widened from the front: none is overwritten before.
 *
 * @returns whether that could be done
 */
function readNarrow(tensor: Tensor, start: number, count: number, integers: Int32Array): boolean {
  const { shape, strides, bytes, offset, littleEndian } = tensor;
  const type = narrowArrays[tensor.type as keyof typeof narrowArrays];
  const size = elementBytes[tensor.type];
  const isHere = start >= 0 && start + count <= (shape[0] ?? 1);
  if (type === undefined || (size > 1 && littleEndian !== hostLittleEndian) || !isContiguous(tensor) || !isHere)
    return false;
  const { length } = integers;
  const end = new Uint8Array(integers.buffer, integers.byteOffset + (4 - size) * length, size * length);
  const found = bytes.read(offset + size * start * (strides[0] ?? 1), end.length, end);
  if (found.buffer !== end.buffer) end.set(found);
  const values = new type(end.buffer as ArrayBuffer, end.byteOffset, length);
  for (let i = 0; i < length; i++) integers[i] = values[i];
  return true;
}

/**
 * The same of the usual labels, int64: the lower halves, of which the upper ones only repeat the sign.
 *
 * @returns whether that could be done
 */
function readWide(tensor: Tensor, start: number, count: number, integers: Int32Array): boolean {
  const { type, shape, strides, bytes, offset, littleEndian } = tensor;
  const isHere = start >= 0 && start + count <= (shape[0] ?? 1);
  if (type !== "int64" || littleEndian !== hostLittleEndian || !isContiguous(tensor) || !isHere) return false;
  const found = bytes.read(offset + 8 * start * (strides[0] ?? 0), 8 * integers.length);
  // a typed array needs an aligned start
  const own = found.byteOffset % 4 === 0 ? found : Uint8Array.from(found);
  const halves = new Int32Array(own.buffer, own.byteOffset, 2 * integers.length);
  const low = hostLittleEndian ? 0 : 1;
  for (let i = 0; i < integers.length; i++) {
    const lower = halves[2 * i + low];
    const upper = halves[2 * i + 1 - low];
    if (upper !== lower >> 31) {
      const row = start + Math.floor((i * count) / integers.length);
      throw notAnInteger(tensor, row, upper * 2 ** 32 + (lower >>> 0));
    }
    integers[i] = lower;
  }
  return true;
}

function notAnInteger(tensor: Tensor, row: number, value: number): EexitError {
  const expected = Number.isInteger(value) ? "a 32-bit integer" : "an integer";
  return new EexitError(
    "label-invalid",
    `${tensor.name}: row ${row} holds ${value}, expected ${expected}`,
    "labels are class indices 0 … C−1; check that the file with the labels was given",
  );
}
