import { expect, test } from "vitest";
import { crc32 } from "../../src/io/crc32.ts";

test("check values of the standard, at every remainder of four bytes", () => {
  const of = (text: string) => crc32(Buffer.from(text)).toString(16);
  // "123456789" is the published check value; the others are zlib.crc32 of Python.
  expect(["", "a", "ab", "abc", "abcd", "123456789"].map(of)).toEqual([
    "0",
    "e8b7be43",
    "9e83486d",
    "352441c2",
    "ed82cd11",
    "cbf43926",
  ]);
});
