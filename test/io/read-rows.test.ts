import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { type ByteSource, memorySource } from "../../src/io/byte-source.ts";
import { readIntegers } from "../../src/io/read-integers.ts";
import { permuteAxes, readFloatRows } from "../../src/io/read-rows.ts";
import { stackTensors } from "../../src/io/stack-tensors.ts";
import { type ElementType, elementCount, packedStrides, type Tensor } from "../../src/io/tensor.ts";
import { seededRandom } from "../../src/stats/random.ts";

/** An array whose element k (in memory order) is k, as a tensor of `shape`, and a log of the reads. */
function counting(shape: number[], order: "C" | "Fortran" = "C", copies = true): { tensor: Tensor; reads: number[] } {
  const values = Float32Array.from({ length: elementCount(shape) }, (_, i) => i);
  const reads: number[] = [];
  const memory = memorySource("a.npy", new Uint8Array(values.buffer));
  const bytes: ByteSource = {
    ...memory,
    read(position, length, buffer) {
      reads.push(length);
      const found = memory.read(position, length);
      if (!copies || !buffer) return found;
      buffer.set(found);
      return buffer.subarray(0, length);
    },
  };
  const strides = packedStrides(shape, order);
  return { tensor: { name: "a.npy", type: "float32", littleEndian: true, shape, strides, bytes, offset: 0 }, reads };
}

/** Plain twin: element by element through the definition of strides. */
function plainRows(tensor: Tensor, start: number, count: number): number[] {
  const shape = [count, ...tensor.shape.slice(1)];
  const result: number[] = [];
  const visit = (axis: number, at: number): void => {
    if (axis === shape.length) result.push(at);
    else for (let i = 0; i < shape[axis]; i++) visit(axis + 1, at + i * tensor.strides[axis]);
  };
  visit(0, start * tensor.strides[0]);
  return result;
}

function tensorOf(type: ElementType, values: ArrayBufferView, littleEndian = true): Tensor {
  const bytes = memorySource("l.npy", new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const size = { uint8: 1, int64: 8, uint64: 8, float64: 8, float32: 4 }[type as "uint8"];
  const shape = [values.byteLength / size];
  return { name: "l.npy", type, littleEndian, shape, strides: [1], bytes, offset: 0 };
}

function codeOf(action: () => void): [string, string] {
  try {
    action();
  } catch (error) {
    if (error instanceof EexitError) return [error.code, error.message];
    throw error;
  }
  throw new Error("did not throw");
}

describe("readFloatRows", () => {
  test("equals the plain twin for any shape, order of axes and range", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(shapes, fc.boolean(), fc.boolean(), fc.infiniteStream(fc.nat()), (shape, isC, copies, numbers) => {
        const next = (below: number) => (numbers.next().value as number) % below;
        const order = [...shape.keys()];
        for (let i = order.length - 1; i > 0; i--) {
          const j = next(i + 1);
          [order[i], order[j]] = [order[j], order[i]];
        }
        const tensor = permuteAxes(counting(shape, isC ? "C" : "Fortran", copies).tensor, order);
        const start = next(tensor.shape[0] + 1);
        const count = next(tensor.shape[0] - start + 1);
        expect([...readFloatRows(tensor, start, count)]).toEqual(plainRows(tensor, start, count));
      }),
      { numRuns: 500 },
    );
  });

  test("equals the plain twin beyond one window, in every order of axes", () => {
    const shape = [90, 70, 110];
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const tensor = permuteAxes(counting(shape).tensor, order);
      const rows = readFloatRows(tensor, 1, tensor.shape[0] - 2) as Float32Array;
      const expected = plainRows(tensor, 1, tensor.shape[0] - 2);
      expect(rows.length).toBe(expected.length);
      expect(expected.findIndex((value, i) => rows[i] !== value)).toBe(-1);
    }
  });

  test("one read for packed rows, straight into the buffer that is reused", () => {
    const { tensor, reads } = counting([100, 5, 10]);
    const reuse = new Float32Array(1000);
    const rows = readFloatRows(tensor, 20, 10, reuse);
    expect(rows.buffer).toBe(reuse.buffer);
    expect([rows.length, rows[0]]).toEqual([500, 1000]);
    expect(reads).toEqual([2000]);
    expect(readFloatRows(tensor, 0, 100, reuse).buffer).not.toBe(reuse.buffer);
  });

  test("one read per exit for exit-major arrays", () => {
    const { tensor, reads } = counting([5, 100, 10]);
    readFloatRows(permuteAxes(tensor, [1, 0, 2]), 30, 20);
    expect(reads).toEqual([800, 800, 800, 800, 800]);
  });

  test("one read for [N,C,L], one per column in Fortran order, windows of at most 2 MiB", () => {
    const classesFirst = counting([100, 10, 5]);
    readFloatRows(permuteAxes(classesFirst.tensor, [0, 2, 1]), 10, 20);
    expect(classesFirst.reads).toEqual([4000]);
    const fortran = counting([100, 5, 10], "Fortran");
    readFloatRows(fortran.tensor, 10, 20);
    expect(fortran.reads).toEqual(new Array(50).fill(80));
    const large = counting([3, 300_000, 2]);
    readFloatRows(permuteAxes(large.tensor, [1, 0, 2]), 0, 300_000);
    expect(large.reads).toEqual([2 ** 21, 302_848, 2 ** 21, 302_848, 2 ** 21, 302_848]);
  });

  test("every other element is read with its gaps, rare ones alone", () => {
    const { tensor, reads } = counting([100]);
    expect([...readFloatRows({ ...tensor, shape: [3], strides: [2] }, 0, 3)]).toEqual([0, 2, 4]);
    expect([...readFloatRows({ ...tensor, shape: [3], strides: [9] }, 0, 3)]).toEqual([0, 9, 18]);
    expect([...readFloatRows({ ...tensor, shape: [2, 2], strides: [1, 0] }, 0, 2)]).toEqual([0, 0, 1, 1]);
    expect(reads).toEqual([20, 4, 4, 4, 8]);
  });

  test("the file's bytes stay as they are when the byte order differs", () => {
    const values = Float64Array.of(1.5, -2);
    const before = values.slice();
    const swapped = readFloatRows(tensorOf("float64", values, false), 0, 2);
    expect(values).toEqual(before);
    expect(new Uint8Array(swapped.buffer, swapped.byteOffset, 8).reverse()).toEqual(
      new Uint8Array(before.buffer, 0, 8),
    );
  });

  test("rows outside and axes that are no permutation are the program's mistake", () => {
    const { tensor } = counting([2, 3]);
    expect(() => readFloatRows(tensor, 1, 2)).toThrow(RangeError);
    expect(() => permuteAxes(tensor, [0, 0])).toThrow(RangeError);
    expect(() => permuteAxes(tensor, [0])).toThrow(RangeError);
  });

  test("a file that shrank is said to be truncated", () => {
    const { tensor } = counting([2, 3]);
    expect(codeOf(() => readFloatRows({ ...tensor, shape: [3, 3] }, 0, 3))[0]).toBe("file-truncated");
  });
});

describe("readIntegers", () => {
  test("rows of any type whose values are 32-bit integers", () => {
    const wide = BigInt64Array.of(-2147483648n, -1n, 0n, 2147483647n);
    expect(readIntegers(tensorOf("int64", wide))).toEqual(Int32Array.of(-2147483648, -1, 0, 2147483647));
    expect(readIntegers(tensorOf("float32", Float32Array.of(3, -0, 255)), 1)).toEqual(Int32Array.of(0, 255));
    expect(readIntegers(tensorOf("uint8", Uint8Array.of(1, 2, 3)), 1, 1)).toEqual(Int32Array.of(2));
  });

  test("narrow integers are widened in place: every type, offset and byte order, and axes in any order", () => {
    const random = seededRandom(4);
    for (const [type, array] of [
      ["int8", Int8Array],
      ["uint8", Uint8Array],
      ["int16", Int16Array],
      ["uint16", Uint16Array],
      ["int32", Int32Array],
    ] as const) {
      const values = new array(60).map(() => random.integer(2 ** 32));
      const tensor = { ...tensorOf(type, values), shape: [5, 3, 4], strides: [12, 4, 1] };
      expect(readIntegers(tensor, 1, 3)).toEqual(Int32Array.from(values.subarray(12, 48)));
      const room = new Int32Array(60);
      expect(readIntegers(tensor, 0, 5, room)).toBe(room);
      expect(room).toEqual(Int32Array.from(values));
      expect(readIntegers(tensor, 4, 1, room)).toEqual(Int32Array.from(values.subarray(48)));
      const turned = permuteAxes(tensor, [2, 0, 1]);
      expect(Array.from(readIntegers(turned, 1, 2))).toEqual(Array.from(readFloatRows(turned, 1, 2)));
      const swapped = { ...tensor, littleEndian: false };
      expect(Array.from(readIntegers(swapped))).toEqual(Array.from(readFloatRows(swapped, 0, 5)));
    }
  });

  test("labels that begin at any byte of a pipe's bytes", () => {
    const wide = Buffer.concat([Buffer.from("x"), new Uint8Array(BigInt64Array.of(5n, -7n, 2n).buffer)]).subarray(1);
    const tensor = { ...tensorOf("int64", BigInt64Array.of(0n, 0n, 0n)), bytes: memorySource("-", wide) };
    expect(readIntegers(tensor)).toEqual(Int32Array.of(5, -7, 2));
    expect(readIntegers(tensor, 1, 1)).toEqual(Int32Array.of(-7));
  });

  test("names the row of a fraction or of a number too large", () => {
    expect(codeOf(() => readIntegers(tensorOf("float64", Float64Array.of(0, 1, 2.5))))).toEqual([
      "label-invalid",
      "l.npy: row 2 holds 2.5, expected an integer",
    ]);
    expect(codeOf(() => readIntegers(tensorOf("float64", Float64Array.of(0, Number.NaN))))[1]).toContain(
      "row 1 holds NaN",
    );
    expect(codeOf(() => readIntegers(tensorOf("float64", Float64Array.of(Infinity))))[1]).toContain(
      "row 0 holds Infinity",
    );
    expect(codeOf(() => readIntegers(tensorOf("int64", BigInt64Array.of(0n, 0n, 3000000000n)), 1))).toEqual([
      "label-invalid",
      "l.npy: row 2 holds 3000000000, expected a 32-bit integer",
    ]);
    expect(codeOf(() => readIntegers(tensorOf("uint64", BigUint64Array.of(2n ** 64n - 1n))))[0]).toBe("label-invalid");
  });
});

describe("stackTensors", () => {
  test("reads across its members as one array", () => {
    const members = [0, 1, 2].map(() => counting([4, 3]).tensor);
    const stacked = stackTensors("s", members);
    expect(stacked.shape).toEqual([3, 4, 3]);
    const twelve = Array.from({ length: 12 }, (_, i) => i);
    expect([...readFloatRows(stacked, 0, 3)]).toEqual([...twelve, ...twelve, ...twelve]);
    expect([...readFloatRows(permuteAxes(stacked, [1, 0, 2]), 1, 2)]).toEqual([
      3, 4, 5, 3, 4, 5, 3, 4, 5, 6, 7, 8, 6, 7, 8, 6, 7, 8,
    ]);
    expect(stackTensors("s", [counting([0, 3]).tensor]).shape).toEqual([1, 0, 3]);
  });

  test("refuses unequal members and thousands of them", () => {
    const { tensor } = counting([4, 3]);
    expect(codeOf(() => stackTensors("s", [tensor, { ...tensor, type: "int32" }]))[0]).toBe("shape-mismatch");
    expect(codeOf(() => stackTensors("s", new Array(4097).fill(tensor)))[1]).toContain("4097 arrays");
  });
});
