import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freeMemory } from "../../src/onnx/run/free-memory.ts";
import { gatherRows, product } from "../../src/onnx/run/rows.ts";
import { WaitingRows } from "../../src/onnx/run/waiting-rows.ts";
import type { Values } from "../../src/onnx/session.ts";

const counting = (dims: readonly number[], first = 0): Values => ({
  type: "float32",
  data: Float32Array.from({ length: product(dims) }, (_, index) => first + index),
  dims,
});
const numbers = ({ data }: Values) => Array.from(data as Float32Array);
const tensor = (axis: number) => ({ name: "h", type: "float32" as const, shape: [null], axis });

describe("rows that wait for a stage", () => {
  it("come out in the order they went in, from several batches", () => {
    const waiting = new WaitingRows(tensor(0));
    waiting.append(counting([4, 2]), [0, 2, 3]);
    waiting.append(counting([2, 2], 100), [1]);
    expect(waiting.first(3)).toEqual({ type: "float32", data: Float32Array.of(0, 1, 4, 5, 6, 7), dims: [3, 2] });
    waiting.drop(3);
    waiting.append(counting([1, 2], 200), [0]);
    expect(numbers(waiting.first(2))).toEqual([102, 103, 200, 201]);
  });

  it("lie along the tensor's own axis when they come out", () => {
    const waiting = new WaitingRows(tensor(1));
    waiting.append(counting([2, 3, 2]), [2, 0]);
    waiting.append(counting([2, 1, 2], 100), [0]);
    expect(waiting.first(3).dims).toEqual([2, 3, 2]);
    expect(numbers(waiting.first(3))).toEqual([4, 5, 0, 1, 100, 101, 10, 11, 6, 7, 102, 103]);
  });

  it("equal a plain queue of gathered rows, whatever comes and goes", () => {
    const steps = fc.array(fc.tuple(fc.array(fc.nat(6), { maxLength: 9 }), fc.nat(12)), { maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2), steps, (axis, moves) => {
        const dims = [3, 2, 4].with(axis, 7);
        const waiting = new WaitingRows(tensor(axis));
        let plain: number[][] = [];
        for (const [k, [rows, leave]] of moves.entries()) {
          const values = counting(dims, 1000 * k);
          waiting.append(values, rows);
          plain.push(...rows.map((row) => numbers(gatherRows(values, [row], axis))));
          const count = Math.min(leave, plain.length);
          const first = count === 0 ? null : waiting.first(count);
          for (let row = 0; row < count; row++) expect(numbers(gatherRows(first!, [row], axis))).toEqual(plain[row]);
          waiting.drop(count);
          plain = plain.slice(count);
        }
      }),
    );
  });

  it("of another shape than those before are refused", () => {
    const waiting = new WaitingRows(tensor(0));
    waiting.append(counting([2, 3]), [0]);
    expect(() => waiting.append(counting([2, 4]), [0])).toThrow(
      expect.objectContaining({
        code: "model-failed",
        message: expect.stringContaining("[1, 4] after rows of shape [1, 3]"),
      }),
    );
  });
});

describe("memory of a tensor", () => {
  it("is given back at once where the tensor owns it, and left alone where it is a view", () => {
    const values = counting([2, 2]);
    const view: Values = { ...values, data: (values.data as Float32Array<ArrayBuffer>).subarray(0, 2), dims: [1, 2] };
    freeMemory(view);
    expect(values.data).toHaveLength(4);
    freeMemory(values);
    expect(values.data).toHaveLength(0);
  });
});
