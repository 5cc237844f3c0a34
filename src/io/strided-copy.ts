import type { Floats } from "../exits/types.ts";
import { decodeElements, fitsFloat32, hostLittleEndian } from "./decode-elements.ts";
import { elementBytes, packedStrides, type Tensor } from "./tensor.ts";

/** Longest range read at once when elements must be rearranged or converted: keeps the extra buffer small. */
const windowBytes = 2 ** 21;

/** An axis of the wanted block: `size` steps of `step` elements in the source land `target` elements apart in the result. */
interface Axis {
  readonly size: number;
  readonly step: number;
  readonly target: number;
}

/**
 * Copies a block of an array into `result` in C order, with as few reads as its memory layout allows: one when the
 * block lies packed in C order, otherwise one per run of neighbouring bytes (of at most 2 MiB).
 * @param shape of the block, all sizes positive
 * @param first element of `tensor` at which the block begins
 * @param result as many elements as the block; Float32Array when `fitsFloat32(tensor.type)`, else Float64Array
 */
export function copyBlock(tensor: Tensor, shape: readonly number[], first: number, result: Floats): void {
  const axes = axesInMemoryOrder(shape, tensor.strides);
  if (isPacked(axes) && isNative(tensor)) readStraight(tensor, first, result);
  else readWindows(tensor, axes, first, result);
}

/** Whether elements lie one after the other in the array and in the result. */
function isPacked(axes: readonly Axis[]): boolean {
  return axes.length === 0 || (axes.length === 1 && axes[0].step === 1 && axes[0].target === 1);
}

function isNative(tensor: Tensor): boolean {
  return (tensor.type === "float32" || tensor.type === "float64") && tensor.littleEndian === hostLittleEndian;
}

/** Whether any rows of an array are one read, as they are. */
export function isStraight(tensor: Tensor): boolean {
  return isNative(tensor) && isContiguous(tensor);
}

/** Whether an array lies in C order without gaps. */
export function isContiguous({ shape, strides }: Tensor): boolean {
  const packed = packedStrides(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === packed[axis]);
}

/** Elements of such an array from `first` on, as many as `result` holds. */
export function readStraight(tensor: Tensor, first: number, result: Floats): void {
  const target = new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
  const bytes = tensor.bytes.read(tensor.offset + first * elementBytes[tensor.type], target.length, target);
  if (bytes.buffer !== target.buffer) target.set(bytes);
}

/** Axes longer than 1, fastest in memory first; axes that continue each other in source and result become one. */
function axesInMemoryOrder(shape: readonly number[], strides: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  let target = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] > 1) axes.push({ size: shape[i], step: strides[i], target });
    target *= shape[i];
  }
  axes.sort((a, b) => a.step - b.step || a.target - b.target);
  const merged: Axis[] = [];
  for (const axis of axes) {
    const last = merged.at(-1);
    if (last && axis.step === last.step * last.size && axis.target === last.target * last.size)
      merged[merged.length - 1] = { ...last, size: last.size * axis.size };
    else merged.push(axis);
  }
  return merged;
}

/** How many of the fastest axes fit one window whole, and how many steps of the next axis it takes besides. */
function planWindow(axes: readonly Axis[], limit: number): { whole: number; steps: number } {
  let span = 1;
  let count = 1;
  for (let whole = 0; whole < axes.length; whole++) {
    const { size, step } = axes[whole];
    // Up to every other element may be read in vain; beyond that, separate reads are cheaper.
    if (step > 2 * count) return { whole, steps: 1 };
    if (span + (size - 1) * step > limit) return { whole, steps: Math.floor((limit - span) / step) + 1 };
    span += (size - 1) * step;
    count *= size;
  }
  return { whole: axes.length, steps: 1 };
}

function readWindows(tensor: Tensor, axes: readonly Axis[], first: number, result: Floats): void {
  const size = elementBytes[tensor.type];
  const { whole, steps } = planWindow(axes, windowBytes / size);
  const inner = axes.slice(0, whole);
  const longest = spanOf(whole < axes.length ? [...inner, { ...axes[whole], size: steps }] : inner);
  let buffer: Uint8Array | undefined;
  const native = isNative(tensor);
  const copyWindow = (window: readonly Axis[], from: number, to: number) => {
    if (native && isPacked(window)) {
      readStraight(tensor, from, result.subarray(to, to + spanOf(window)));
      return;
    }
    buffer ??= new Uint8Array(size * longest);
    const bytes = tensor.bytes.read(tensor.offset + from * size, spanOf(window) * size, buffer);
    const values = decodeElements(bytes, tensor.type, tensor.littleEndian);
    if (fitsFloat32(tensor.type)) scatter(values as Float32Array, window, 0, result as Float32Array, to);
    else scatter(values as Float64Array, window, 0, result as Float64Array, to);
  };
  const walk = (level: number, from: number, to: number): void => {
    if (level < whole) {
      copyWindow(inner, from, to);
      return;
    }
    const axis = axes[level];
    const stride = level === whole ? steps : 1;
    for (let i = 0; i < axis.size; i += stride) {
      const [source, target] = [from + i * axis.step, to + i * axis.target];
      if (level > whole || steps === 1) walk(level - 1, source, target);
      else copyWindow([...inner, { ...axis, size: Math.min(stride, axis.size - i) }], source, target);
    }
  };
  walk(axes.length - 1, first, 0);
}

/** Elements from the first to the last of a window, both included. */
function spanOf(window: readonly Axis[]): number {
  return window.reduce((span, axis) => span + (axis.size - 1) * axis.step, 1);
}

function scatter<T extends Floats>(values: T, window: readonly Axis[], from: number, result: T, to: number): void {
  const level = window.length - 1;
  if (level < 0) {
    result[to] = values[from];
    return;
  }
  const { size, step, target } = window[level];
  if (level > 0) {
    const inner = window.slice(0, level);
    for (let i = 0; i < size; i++) scatter(values, inner, from + i * step, result, to + i * target);
  } else if (step === 1 && target === 1 && size > 64) {
    result.set(values.subarray(from, from + size), to);
  } else {
    for (let i = 0; i < size; i++) result[to + i * target] = values[from + i * step];
  }
}
