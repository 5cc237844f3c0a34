import { describe, expect, it } from "vitest";
import { aggregate } from "../../src/kernels/aggregate.ts";

// Eighths are exact in float32 and float64, so the values below are exact too.
const image = Float32Array.of(
  ...[0.5, 0.25, 1, 0.75], //
  ...[0.125, 0.375, 0.5, 1],
  ...[1, 0.5, 0.25, 0],
);

describe("one confidence from an image's", () => {
  it("mean: 6.25 over 12 pixels", () => {
    expect(aggregate(image, 3, 4, { kind: "mean" })).toBe(6.25 / 12);
    expect(aggregate(Float32Array.of(0.75), 1, 1, { kind: "mean" })).toBe(0.75);
  });

  it("quantile: linear between the order statistics", () => {
    // Sorted: 0 .125 .25 .25 .375 .5 .5 .5 .75 1 1 1
    const quantile = (level: number) => aggregate(image, 3, 4, { kind: "quantile", level });
    expect([quantile(0), quantile(1)]).toEqual([0, 1]);
    // 11 · 0.5 = 5.5, between 0.5 and 0.5; 11 · 0.25 = 2.75, between 0.25 and 0.25.
    expect([quantile(0.5), quantile(0.25)]).toEqual([0.5, 0.25]);
    // 11 · 0.75 = 8.25: 0.75 + 0.25 · 0.25.
    expect(quantile(0.75)).toBe(0.8125);
    expect(aggregate(Float32Array.of(0.5), 1, 1, { kind: "quantile", level: 0.3 })).toBe(0.5);
  });

  it("quantile: leaves the image as it was", () => {
    const before = Array.from(image);
    aggregate(image, 3, 4, { kind: "quantile", level: 0.5 });
    expect(Array.from(image)).toEqual(before);
  });

  it("patch: the smallest window mean, or a quantile of them", () => {
    const patch = (size: number, level: number | null = null) => aggregate(image, 3, 4, { kind: "patch", size, level });
    expect(patch(1)).toBe(0);
    // Sums of 2 × 2 windows: 1.25 2.125 3.25 / 2 1.625 1.75
    expect(patch(2)).toBe(1.25 / 4);
    expect([patch(2, 0), patch(2, 1)]).toEqual([1.25 / 4, 3.25 / 4]);
    // Sorted: 1.25 1.625 1.75 2 2.125 3.25; 5 · 0.5 = 2.5, between 1.75 and 2.
    expect(patch(2, 0.5)).toBe(1.875 / 4);
    // 3 × 3: 4.5 and 4.625
    expect(patch(3)).toBe(4.5 / 9);
  });

  it("patch: larger than the image in either direction is none", () => {
    expect(aggregate(image, 3, 4, { kind: "patch", size: 4, level: null })).toBeNull();
    expect(aggregate(image, 4, 3, { kind: "patch", size: 4, level: 0.5 })).toBeNull();
    expect(aggregate(image, 1, 12, { kind: "patch", size: 2, level: null })).toBeNull();
  });
});
