import { EexitError } from "../errors.ts";
import type { Floats } from "../exits/types.ts";
import { readFloatRows } from "./read-rows.ts";
import type { ElementType, Tensor } from "./tensor.ts";

export type Elements =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Rows in the element type that the model wants; float16 as bit patterns. */
export interface TypedRows {
  readonly type: TypeName;
  readonly data: Elements;
  readonly dims: readonly number[];
}

const smallIntegers = ["bool", "int8", "uint8", "int16", "uint16"] as const;
const integers = [...smallIntegers, "int32", "uint32", "int64", "uint64"] as const;

/** Element types that are read as another one without losing a digit. */
export const widens = {
  float32: ["float32", "float16", "bfloat16", ...smallIntegers],
  float64: ["float64", "float32", "float16", "bfloat16", ...smallIntegers, "int32", "uint32"],
  float16: ["float16"],
  int64: [...integers.filter((type) => type !== "uint64")],
  uint64: ["bool", "uint8", "uint16", "uint32", "uint64"],
  int32: [...smallIntegers, "int32"],
  uint32: ["bool", "uint8", "uint16", "uint32"],
  int16: ["bool", "int8", "uint8", "int16"],
  uint16: ["bool", "uint8", "uint16"],
  int8: ["bool", "int8"],
  uint8: ["bool", "uint8"],
  bool: ["bool"],
} as const satisfies Record<string, readonly ElementType[]> as Readonly<Record<TypeName, readonly ElementType[]>>;

export type TypeName =
  | "float32"
  | "float64"
  | "float16"
  | "int64"
  | "uint64"
  | "int32"
  | "uint32"
  | "int16"
  | "uint16"
  | "int8"
  | "uint8"
  | "bool";

/** Rows `[start, start + count)` as another element type that holds them exactly, with the sizes of one sample given. */
export function typedRows(
  tensor: Tensor,
  type: TypeName,
  sampleShape: readonly number[],
  start: number,
  count: number,
): TypedRows {
  const values = readFloatRows(tensor, start, count);
  return { type, dims: [count, ...sampleShape], data: elementsOf(type, values, tensor) };
}

function elementsOf(type: TypeName, values: Floats, tensor: Tensor): Elements {
  switch (type) {
    case "float32":
      return values instanceof Float32Array ? values : Float32Array.from(values);
    case "float64":
      return Float64Array.from(values);
    case "float16":
      return Uint16Array.from(values, halfPattern);
    case "int64":
      return BigInt64Array.from(values, (value) => exactBigInt(value, tensor));
    case "uint64":
      return BigUint64Array.from(values, (value) => exactBigInt(value, tensor));
    default:
      return plainArrays[type].from(values) as Elements;
  }
}

const plainArrays = {
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

function exactBigInt(value: number, tensor: Tensor): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new EexitError(
    "model-input",
    `${tensor.name}: holds ${value}, expected integers of at most 2^53`,
    "check the input",
  );
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** binary16 pattern of a number that is one, subnormals, infinities and NaN included. */
function halfPattern(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  return sign | ((((bits[0] >>> 23) & 255) - 112) << 10) | ((bits[0] >>> 13) & 1023);
}
