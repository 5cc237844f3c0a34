import { describe, expect, it } from "vitest";
import { lz4Frame } from "../../src/io/lz4-frame.ts";

describe("lz4Frame", () => {
  const hand = (block: number[], stored = false): Uint8Array => {
    const header = [4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73];
    return Uint8Array.from([...header, block.length, 0, 0, stored ? 0x80 : 0, ...block, 0, 0, 0, 0]);
  };

  it("copies literals and overlapping matches", () => {
    // Token 0x20: two literals, then a match of 4; token 0x10: one literal at the end.
    expect(Array.from(lz4Frame(hand([0x20, 7, 8, 2, 0, 0x10, 9]), 7))).toEqual([7, 8, 7, 8, 7, 8, 9]);
    // Distance 1 repeats; the length 15 + 4 is extended by one byte of 10.
    expect(Array.from(lz4Frame(hand([0x1f, 5, 1, 0, 10]), 30))).toEqual(Array(30).fill(5));
    expect(Array.from(lz4Frame(hand([1, 2, 3], true), 3))).toEqual([1, 2, 3]);
  });

  it("refuses damage instead of inventing bytes", () => {
    expect(() => lz4Frame(hand([0x10, 5, 2, 0]), 5)).toThrow("match before the start");
    expect(() => lz4Frame(hand([0x10, 5, 1, 0]), 4)).toThrow("more bytes");
    expect(() => lz4Frame(hand([0x10, 5, 1, 0]), 6)).toThrow("5 bytes after decompression, declared are 6");
    expect(() => lz4Frame(hand([0x40, 5]), 4)).toThrow("literals past their block");
    expect(() => lz4Frame(hand([0xf0, 255]), 400)).toThrow("ends early");
    expect(() => lz4Frame(hand([0x10, 5, 1, 0]).subarray(0, 13), 5)).toThrow("ends early");
    expect(() => lz4Frame(new Uint8Array(20), 5)).toThrow("no LZ4 frame");
  });
});
