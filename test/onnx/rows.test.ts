import { describe, expect, it } from "vitest";
import { gatherRows, product } from "../../src/onnx/run/rows.ts";
import type { Values } from "../../src/onnx/session.ts";

/** 0, 1, 2, … in the given shape. */
const counting = (dims: readonly number[]): Values => ({
  type: "float32",
  data: Float32Array.from({ length: product(dims) }, (_, index) => index),
  dims,
});
const numbers = ({ data }: Values) => Array.from(data as Float32Array);

describe("rows of a tensor", () => {
  it("are gathered in any order, with repeats", () => {
    const rows = gatherRows(counting([4, 2]), [3, 0, 3]);
    expect(rows.dims).toEqual([3, 2]);
    expect(numbers(rows)).toEqual([6, 7, 0, 1, 6, 7]);
  });

  it("are a view where they follow one another, and a copy elsewhere", () => {
    const values = counting([5, 2]);
    const run = gatherRows(values, [2, 3]);
    expect(numbers(run)).toEqual([4, 5, 6, 7]);
    expect(run.data.buffer).toBe(values.data.buffer);
    expect(gatherRows(values, [3, 2]).data.buffer).not.toBe(values.data.buffer);
    expect(gatherRows(values, [2, 2]).data.buffer).not.toBe(values.data.buffer);
  });

  it("are found on any axis", () => {
    // [2, 3, 2]: the row r of axis 1 holds 2r, 2r+1 and 6+2r, 7+2r.
    const middle = gatherRows(counting([2, 3, 2]), [2, 0], 1);
    expect(middle.dims).toEqual([2, 2, 2]);
    expect(numbers(middle)).toEqual([4, 5, 0, 1, 10, 11, 6, 7]);
    expect(numbers(gatherRows(counting([2, 3]), [1, 2], 1))).toEqual([1, 2, 4, 5]);
  });

  it("may be none, and of one number each", () => {
    expect(gatherRows(counting([4, 2]), [])).toEqual({ type: "float32", data: new Float32Array(0), dims: [0, 2] });
    expect(gatherRows(counting([2, 3]), [], 1).dims).toEqual([2, 0]);
    expect(numbers(gatherRows(counting([4]), [1, 3]))).toEqual([1, 3]);
  });

  it("keep their type: 64-bit integers, and float16 as bit patterns", () => {
    const wide: Values = { type: "int64", data: BigInt64Array.of(5n, 6n, 7n), dims: [3] };
    expect(gatherRows(wide, [2, 0]).data).toEqual(BigInt64Array.of(7n, 5n));
    const half: Values = { type: "float16", data: Uint16Array.of(0x3c00, 0x4000), dims: [2, 1] };
    expect(gatherRows(half, [1, 0]).data).toEqual(Uint16Array.of(0x4000, 0x3c00));
  });
});
