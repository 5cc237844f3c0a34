import type { ArrowField } from "./arrow-schema.ts";
import { damaged } from "./flat-table.ts";

/**
 * Shape and strides (in elements) of a column of `rows` rows with `inner` values each. The fixed-shape tensor extension
 * stores a flat list and says its shape — and, rarely, the order of its axes — in JSON at the field.
 *
 * @see https://arrow.apache.org/docs/format/CanonicalExtensions.html#fixed-shape-tensor
 */
export function tensorShape(
  field: ArrowField,
  rows: number,
  inner: readonly number[],
): { shape: number[]; strides: number[] } {
  const plain = [rows, ...inner];
  if (field.metadata.get("ARROW:extension:name") !== "arrow.fixed_shape_tensor")
    return { shape: plain, strides: rowMajor(plain) };
  const { shape, permutation } = extension(field);
  const size = shape.reduce((product, length) => product * length, 1);
  if (inner.length !== 1 || size !== inner[0]) {
    throw damaged(field.name, `the tensor shape [${shape}] for lists of [${inner}] values`);
  }
  const strides = rowMajor(shape);
  return {
    shape: [rows, ...permutation.map((axis) => shape[axis]!)],
    strides: [size, ...permutation.map((axis) => strides[axis]!)],
  };
}

function rowMajor(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

function extension(field: ArrowField): { shape: number[]; permutation: number[] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(field.metadata.get("ARROW:extension:metadata") ?? "");
  } catch {
    throw damaged(field.name, "tensor metadata that is no JSON");
  }
  const { shape, permutation } = (parsed ?? {}) as { shape?: unknown; permutation?: unknown };
  const isCounts = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!isCounts(shape)) throw damaged(field.name, "tensor metadata without a shape");
  const axes = shape.map((_, axis) => axis);
  if (permutation === undefined || permutation === null) return { shape, permutation: axes };
  const isOrder =
    isCounts(permutation) && permutation.length === axes.length && axes.every((axis) => permutation.includes(axis));
  if (!isOrder) throw damaged(field.name, "a tensor permutation that is no order of its axes");
  return { shape, permutation };
}
