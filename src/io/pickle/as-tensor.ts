import { memorySource } from "../byte-source.ts";
import { hostLittleEndian } from "../decode-elements.ts";
import { stackTensors } from "../stack-tensors.ts";
import { elementCount, packedStrides, type Tensor } from "../tensor.ts";
import type { PickleSequence, PickleValue } from "./values.ts";

/** Deeper lists than the axes of any input; also ends the descent into a list that contains itself. */
const deepestList = 8;

/**
 * An array out of a pickled value: an array as it is, a list of arrays as one array with a new first axis, nested lists
 * of numbers as float64. Null when the value is none of these.
 */
export function asTensor(name: string, value: PickleValue, fileSize: number): Tensor | null {
  if (typeof value !== "object" || value === null) return scalarTensor(name, value);
  if (value.kind === "array") return value.layout && { ...value.layout, name };
  if (value.kind !== "list" && value.kind !== "tuple") return null;
  const arrays = arraysOf(name, value);
  return arrays ? stackTensors(name, arrays) : numbersTensor(name, value, fileSize);
}

/** The members of a list that holds arrays and nothing else; null otherwise. */
export function arraysOf(name: string, value: PickleSequence): Tensor[] | null {
  const tensors: Tensor[] = [];
  for (const item of value.items) {
    if (typeof item !== "object" || item?.kind !== "array" || !item.layout) return null;
    tensors.push({ ...item.layout, name });
  }
  return tensors.length > 0 ? tensors : null;
}

function scalarTensor(name: string, value: PickleValue): Tensor | null {
  const number = typeof value === "boolean" ? Number(value) : value;
  return typeof number === "number" ? memoryTensor(name, [], Float64Array.of(number)) : null;
}

function numbersTensor(name: string, value: PickleSequence, fileSize: number): Tensor | null {
  const shape: number[] = [];
  for (let first: PickleValue = value; isSequence(first); first = first.items[0]) {
    shape.push(first.items.length);
    if (shape.length > deepestList) return null;
    if (first.items.length === 0) break;
  }
  // Every number takes at least a byte; more elements than bytes means one list named many times over.
  const length = elementCount(shape);
  if (length > fileSize || shape.includes(0)) return null;
  const values = new Float64Array(length);
  return fill(values, 0, value, shape, 0) ? memoryTensor(name, shape, values) : null;
}

function isSequence(value: PickleValue): value is PickleSequence {
  return typeof value === "object" && value !== null && (value.kind === "list" || value.kind === "tuple");
}

/** False when the list is ragged or holds something else than numbers. */
function fill(values: Float64Array, at: number, value: PickleValue, shape: readonly number[], level: number): boolean {
  if (level === shape.length) {
    if (typeof value !== "number" && typeof value !== "boolean") return false;
    values[at] = Number(value);
    return true;
  }
  if (!isSequence(value) || value.items.length !== shape[level]) return false;
  const step = elementCount(shape.slice(level + 1));
  return value.items.every((item, i) => fill(values, at + i * step, item, shape, level + 1));
}

function memoryTensor(name: string, shape: readonly number[], values: Float64Array): Tensor {
  const bytes = memorySource(name, new Uint8Array(values.buffer));
  return {
    name,
    type: "float64",
    littleEndian: hostLittleEndian,
    shape,
    strides: packedStrides(shape),
    bytes,
    offset: 0,
  };
}
