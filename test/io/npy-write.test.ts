import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/io/byte-source.ts";
import { npyTensor } from "../../src/io/npy.ts";
import { npyHeader } from "../../src/io/npy-write.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";

describe("the header of an NPY file", () => {
  it.each([[[4]], [[3, 2]], [[2, 1, 3]], [[1, 2, 2, 1, 2]], [[0, 5, 10]], [[123456789, 0]]])(
    "of shape %j is read back, in both types",
    (shape) => {
      for (const type of ["float32", "float64"] as const) {
        const count = shape.reduce((product, size) => product * size, 1);
        const thirds = Array.from({ length: count }, (_, i) => i / 3);
        const values = type === "float32" ? Float32Array.from(thirds) : Float64Array.from(thirds);
        const header = npyHeader(type, shape);
        expect(header.length % 64).toBe(0);
        expect(header.at(-1)).toBe(0x0a);
        const bytes = Buffer.concat([header, new Uint8Array(values.buffer)]);
        const tensor = npyTensor(memorySource("x.npy", bytes));
        expect([tensor.shape, tensor.type, tensor.offset]).toEqual([shape, type, header.length]);
        if (count > 0) expect(readFloatRows(tensor, 0, shape[0])).toEqual(values);
      }
    },
  );

  it("is numpy's own, byte for byte", () => {
    // np.save(b, np.zeros((3, 2), "<f4")) with numpy 2.4.6.
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
    const numpy = Buffer.from(`\x93NUMPY\x01\x00v\x00${text}${" ".repeat(58)}\n`, "latin1");
    expect(Buffer.from(npyHeader("float32", [3, 2])).equals(numpy)).toBe(true);
  });

  it("grows by whole blocks of 64 for a long shape", () => {
    const shape = Array.from({ length: 32 }, () => 1);
    const header = npyHeader("float64", shape);
    expect(header.length).toBe(192);
    expect(npyTensor(memorySource("x.npy", Buffer.concat([header, Buffer.alloc(8)]))).shape).toEqual(shape);
  });
});
