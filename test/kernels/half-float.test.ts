import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bfloatToFloat32, halfToFloat32 } from "../../src/kernels/half-float.ts";

test("every float16 equals numpy's", () => {
  const values = halfToFloat32(Uint16Array.from({ length: 65536 }, (_, bits) => bits)).map((x) =>
    Number.isNaN(x) ? 0 : x,
  );
  const expected = JSON.parse(readFileSync(new URL("../reference/io/half-floats.json", import.meta.url), "utf8"));
  expect(createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex")).toBe(expected.sha256);
  expect(halfToFloat32(Uint16Array.of(0x7e00))[0]).toBeNaN();
});

test("bfloat16 is the upper half of a float32", () => {
  const values = bfloatToFloat32(Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001, 0x8000));
  expect([...values]).toEqual([1, -3, Number.POSITIVE_INFINITY, 2 ** -133, -0]);
});
