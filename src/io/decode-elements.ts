import type { Floats } from "../exits/types.ts";
import { bfloatToFloat32, halfToFloat32 } from "../kernels/half-float.ts";
import { type ElementType, elementBytes } from "./tensor.ts";

export const hostLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Types whose values fit float32 without loss and are handed on as Float32Array; all others become Float64Array. */
export function fitsFloat32(type: ElementType): boolean {
  return type === "float32" || type === "float16" || type === "bfloat16";
}

/**
 * Values of raw array elements: Float32Array for float16, bfloat16 and float32, Float64Array for the rest.
 * Exact except for 64-bit integers beyond 2^53, which round to the nearest float64. The result may be a view of `bytes`.
 * @param bytes exactly the elements, in the byte order that `littleEndian` says; never changed
 */
export function decodeElements(bytes: Uint8Array, type: ElementType, littleEndian: boolean): Floats {
  const size = elementBytes[type];
  const swap = size > 1 && littleEndian !== hostLittleEndian;
  // A typed array needs an aligned start, and swapping must not write into the file's own bytes.
  const own = swap || bytes.byteOffset % size !== 0 ? Uint8Array.from(bytes) : bytes;
  if (swap) swapBytes(own, size);
  const count = own.length / size;
  const at = own.byteOffset;
  switch (type) {
    case "float32":
      return new Float32Array(own.buffer, at, count);
    case "float64":
      return new Float64Array(own.buffer, at, count);
    case "float16":
      return halfToFloat32(new Uint16Array(own.buffer, at, count));
    case "bfloat16":
      return bfloatToFloat32(new Uint16Array(own.buffer, at, count));
    case "bool":
      return Float64Array.from(own, (byte) => (byte === 0 ? 0 : 1));
    case "int64":
    case "uint64":
      return wideIntegers(own, type === "int64");
    default:
      return new Float64Array(new integerArrays[type](own.buffer as ArrayBuffer, at, count));
  }
}

const integerArrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const;

/** 64-bit integers in host order as float64, by halves: ten times faster than through BigInt. */
function wideIntegers(bytes: Uint8Array, signed: boolean): Float64Array {
  const halves = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const values = new Float64Array(halves.length / 2);
  const low = hostLittleEndian ? 0 : 1;
  for (let i = 0; i < values.length; i++) {
    const high = halves[2 * i + 1 - low];
    values[i] = (signed ? high | 0 : high) * 2 ** 32 + halves[2 * i + low];
  }
  return values;
}

function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}
