import type { Floats } from "../exits/types.ts";
import { fitsFloat32 } from "./decode-elements.ts";
import { copyBlock, isStraight, readStraight } from "./strided-copy.ts";
import { elementBytes, elementCount, type Tensor } from "./tensor.ts";

/**
 * The same array with its axes in another order; nothing is read or copied.
 * @param order axis `order[i]` of the tensor becomes axis i, e.g. `[1, 0, 2]` turns `[L, N, C]` into `[N, L, C]`
 */
export function permuteAxes(tensor: Tensor, order: readonly number[]): Tensor {
  const isPermutation = new Set(order).size === tensor.shape.length && order.every((axis) => axis in tensor.shape);
  if (!isPermutation) throw new RangeError(`${tensor.name}: [${order}] does not permute ${tensor.shape.length} axes`);
  return {
    ...tensor,
    shape: order.map((axis) => tensor.shape[axis]),
    strides: order.map((axis) => tensor.strides[axis]),
  };
}

/**
 * Rows `[start, start + count)` along the first axis, in C order of `[count, ...shape.slice(1)]`, whatever the strides
 * and byte order of the file. Float32Array for float16, bfloat16 and float32 (exact), Float64Array for float64, integers
 * and bool (exact up to 2^53). A scalar counts as one row.
 * @param reuse returned (shortened) when it has the right kind and room enough
 * @throws EexitError `file-truncated` when the bytes end early
 */
export function readFloatRows(tensor: Tensor, start: number, count: number, reuse?: Floats): Floats {
  const [rowCount, ...rest] = tensor.shape.length > 0 ? tensor.shape : [1];
  assertRows(tensor, start, count, rowCount);
  return readFloatBlock(tensor, [count, ...rest], start * (tensor.strides[0] ?? 0), reuse);
}

/** The same for a block of `shape` that begins at element `first` of the array's memory and lies within it. */
export function readFloatBlock(tensor: Tensor, shape: readonly number[], first: number, reuse?: Floats): Floats {
  const length = elementCount(shape);
  const Values = fitsFloat32(tensor.type) ? Float32Array : Float64Array;
  const result = roomFor(length, Values, reuse);
  if (length > 0) copyBlock(tensor, shape, first, result);
  return result;
}

/** `readFloatRows` of one array, for many reads: how its rows lie is looked at once. */
export function rowReader(tensor: Tensor): (start: number, count: number, reuse?: Floats) => Floats {
  if (tensor.shape.length === 0 || !isStraight(tensor)) {
    return (start, count, reuse) => readFloatRows(tensor, start, count, reuse);
  }
  const [rowCount, ...rest] = tensor.shape;
  const rowLength = elementCount(rest);
  const Values = fitsFloat32(tensor.type) ? Float32Array : Float64Array;
  return (start, count, reuse) => {
    assertRows(tensor, start, count, rowCount);
    const result = roomFor(count * rowLength, Values, reuse);
    if (result.length > 0) readStraight(tensor, start * rowLength, result);
    return result;
  };
}

function assertRows({ name }: Tensor, start: number, count: number, rowCount: number): void {
  if (start >= 0 && count >= 0 && start + count <= rowCount) return;
  throw new RangeError(`${name}: rows ${start} to ${start + count} of ${rowCount}`);
}

function roomFor(length: number, Values: Float32ArrayConstructor | Float64ArrayConstructor, reuse?: Floats): Floats {
  if (!(reuse instanceof Values) || reuse.length < length) return new Values(length);
  return reuse.length === length ? reuse : reuse.subarray(0, length);
}

/** Decodes rows `[start, start + count)` where that has to be done in order and the rows lie one after the other. */
export async function prepareRows(
  { type, shape, strides, bytes, offset }: Tensor,
  start: number,
  count: number,
): Promise<void> {
  const [rowSize, ...rest] = strides;
  if (bytes.ahead === null || rowSize !== elementCount(shape.slice(1)) || rest.some((stride) => stride > rowSize))
    return;
  await bytes.ahead(offset + start * rowSize * elementBytes[type], count * rowSize * elementBytes[type]);
}
