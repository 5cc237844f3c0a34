import type { ByteSource } from "../byte-source.ts";
import type { ElementType, Tensor } from "../tensor.ts";

/** What the restricted reader can build: plain data and arrays. Nothing in here can act. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleBytes
  | PickleSequence
  | PickleDict
  | PickleConstructor
  | PickleType
  | PickleArray
  | PickleStorage;

/** Bytes left where they are in the file. `isText`: a string too long to be a name, in UTF-8. */
export interface PickleBytes {
  readonly kind: "bytes";
  readonly source: ByteSource;
  readonly isText: boolean;
}

export interface PickleSequence {
  readonly kind: "tuple" | "list";
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: "dict";
  /** In writing order; a later entry of the same key wins. */
  readonly entries: [PickleValue, PickleValue][];
}

/** One of the few globals that may be named, and our own replacement for calling it. */
export interface PickleConstructor {
  readonly kind: "constructor";
  readonly name: string;
  call(args: readonly PickleValue[], file: string): PickleValue;
}

/** A numpy dtype: its code (`f4`) comes from the call, its byte order from the state that follows. */
export interface PickleType {
  readonly kind: "type";
  readonly code: string;
  order: string;
}

/** A numpy array or torch tensor; numpy's is empty until its state follows. */
export interface PickleArray {
  readonly kind: "array";
  layout: Omit<Tensor, "name"> | null;
}

/** The bytes of a torch tensor: a file of the archive, or its element type alone while it is only named. */
export interface PickleStorage {
  readonly kind: "storage";
  readonly type: ElementType;
  readonly littleEndian: boolean;
  /** Null for the storage class itself. */
  readonly bytes: ByteSource | null;
}

/** A few words on a value for messages: what was found where something else was expected. */
export function describeValue(value: PickleValue, depth = 0): string {
  if (value === null) return "None";
  if (typeof value === "string") return "a string";
  if (typeof value !== "object") return typeof value === "boolean" ? "a bool" : "a number";
  if (value.kind === "array") return value.layout ? `${value.layout.type} [${value.layout.shape}]` : "an empty array";
  if (value.kind === "tuple" || value.kind === "list") {
    if (depth > 1) return `a ${value.kind} of ${value.items.length}`;
    const shown = value.items.slice(0, 4).map((item) => describeValue(item, depth + 1));
    return `a ${value.kind} of ${value.items.length} (${shown.join(", ")}${value.items.length > 4 ? ", …" : ""})`;
  }
  if (value.kind === "dict") {
    const keys = value.entries.slice(0, 6).map(([key]) => (typeof key === "string" ? key : describeValue(key, 2)));
    return `a dict with the keys ${keys.join(", ")}${value.entries.length > 6 ? ", …" : ""}`;
  }
  return value.kind === "constructor" ? value.name : `a ${value.kind}`;
}

/** Sizes or strides of an array; null when `value` is no sequence of whole numbers ≥ 0. */
export function wholeNumbers(value: PickleValue): number[] | null {
  if (typeof value !== "object" || value === null || (value.kind !== "tuple" && value.kind !== "list")) return null;
  const isWhole = (item: PickleValue): item is number => Number.isSafeInteger(item) && (item as number) >= 0;
  return value.items.every(isWhole) && value.items.length <= 32 ? (value.items as number[]) : null;
}

/** The text of a string, or of the byte string that Python 2 wrote for one; null for anything else or longer than 4096. */
export function textOf(value: PickleValue): string | null {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value?.kind !== "bytes" || value.source.size > 4096) return null;
  return Buffer.from(value.source.read(0, value.source.size)).toString("latin1");
}
