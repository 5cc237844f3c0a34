import { describe, expect, it, test } from "vitest";
import { colours, inks, lookOf, looksOfMethods } from "../../../src/report/figure/looks.ts";

/** WCAG 2.2: relative luminance and contrast of two sRGB colours. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

describe.each(["light", "dark"] as const)("in the %s", (mode) => {
  it("graphics have a contrast of 3 with the paper", () => {
    for (const colour of colours) expect(contrast(colour[mode], inks.paper[mode]), colour[mode]).toBeGreaterThan(3);
    expect(contrast(inks.guide[mode], inks.paper[mode])).toBeGreaterThan(3);
  });

  it("text has a contrast of 4.5", () => {
    for (const ink of ["text", "muted"] as const)
      expect(contrast(inks[ink][mode], inks.paper[mode]), ink).toBeGreaterThan(4.5);
  });
});

test("every index has a look, and 32 of them differ", () => {
  const looks = Array.from({ length: 32 }, (_, index) => JSON.stringify(lookOf(index)));
  expect(new Set(looks).size).toBe(32);
});

test("a method keeps its colour; labels of one figure never share a look", () => {
  const looks = looksOfMethods([
    ["naive", "ucb:cp", "ltt:hb"],
    ["naive", "ucb:star", "crc:first-failure", "ltt:hb"],
  ]);
  expect(Object.fromEntries(looks)).toEqual({
    naive: 4,
    "ucb:cp": 0,
    "ltt:hb": 2,
    "ucb:star": 0,
    "crc:first-failure": 1,
  });
  const together = looksOfMethods([Array.from({ length: 12 }, (_, k) => `ucb:${k}`)]);
  expect(new Set(together.values()).size).toBe(12);
});
