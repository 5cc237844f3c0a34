import type { ByteSource } from "./byte-source.ts";

/** Element types of the array formats that are read. */
export type ElementType =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

export const elementBytes: Readonly<Record<ElementType, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/**
 * An array that stays where it is (a file, an entry, memory) until rows of it are asked for.
 * Element [i, j, …] lies at byte `offset + elementBytes[type] * (i * strides[0] + j * strides[1] + …)` of `bytes`,
 * so C order, Fortran order and a transposed layout are the same thing with other strides.
 */
export interface Tensor {
  /** For messages, e.g. `x.npz:logits.npy`. */
  readonly name: string;
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly shape: readonly number[];
  /** In elements, one per axis. */
  readonly strides: readonly number[];
  readonly bytes: ByteSource;
  readonly offset: number;
}

/** Number of elements of a shape; 1 for a scalar's `[]`. Beyond 2^53 it is inexact but still larger than any file. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Strides in elements of an array without gaps: the last axis is the fastest in C order, the first in Fortran order. */
export function packedStrides(shape: readonly number[], order: "C" | "Fortran" = "C"): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = 0; i < shape.length; i++) {
    const axis = order === "C" ? shape.length - 1 - i : i;
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/**
 * What a file holds before anyone interprets it: named arrays, in parts that continue each other along the samples
 * (an Arrow record batch is a part; every other format has one). A bare array has the name "".
 */
export interface Content {
  readonly name: string;
  readonly format: "npy" | "npz" | "safetensors" | "arrow" | "pickle" | "pth" | "json" | "csv";
  /** Text that travels with the arrays (Arrow schema metadata, safetensors `__metadata__`); empty elsewhere. */
  readonly metadata: ReadonlyMap<string, string>;
  /** "lnc" where the format's convention is exit-major (the pickles of the paper's code). */
  readonly layoutHint: "lnc" | null;
  parts(): AsyncIterable<Part> | Iterable<Part>;
  close(): void;
}

/** Array name → array. Names are the keys of the file, e.g. `logits`, `labels`, `confidence:top1`, `loss:hellinger`, `lambdas`. */
export type Part = ReadonlyMap<string, Tensor>;
