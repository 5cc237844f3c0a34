import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { expect, it, vi } from "vitest";
import { plotFont } from "../../src/io/plot-font.ts";
import { pngOf } from "../../src/io/png.ts";

const svg = (content: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" height="20" fill="#fff"/>${content}</svg>`;
const text = (content: string, font: string) =>
  svg(`<text x="4" y="15" font-size="12" font-family="${font}">${content}</text>`);

it("has two pixels per unit", async () => {
  const png = Buffer.from(await pngOf(svg("")));
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([120, 40]);
});

it("sets text in its own font, whatever the SVG names, and the same bytes again", async () => {
  const one = await pngOf(text("ε ≤ λ̂", "system-ui, sans-serif"));
  expect(await pngOf(text("ε ≤ λ̂", "No Such Font"))).toEqual(one);
  expect(one).not.toEqual(await pngOf(svg("")));
});

it("draws where somebody else in the process has set resvg up", async () => {
  await pngOf(svg(""));
  vi.resetModules();
  const { pngOf: anew } = await import("../../src/io/png.ts");
  expect(await anew(svg(""))).toEqual(await pngOf(svg("")));
});

it("the font is the part of DejaVu Sans that decision 26 cuts out", () => {
  const font = inflateSync(Buffer.from(plotFont, "base64"));
  expect(font.readUInt32BE(0)).toBe(0x00010000);
  expect(font.length).toBe(67668);
  expect(createHash("sha256").update(font).digest("hex")).toBe(
    "897ffe60e64bdf7e24401e13d1051bc9a0f787e51cc661846232cf7011e36a86",
  );
});
