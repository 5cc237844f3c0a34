import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lossTableDigest, tableDigest } from "../../src/io/digest.ts";
import { rowHashes, rowSketch, sketchOverlap } from "../../src/io/row-hash.ts";

const expected = JSON.parse(readFileSync(new URL("../reference/io-arrow/digest.json", import.meta.url), "utf8"));

/** The tables of test/reference/io-arrow/digest.py: the last 50 rows repeat the first. */
const sampleCount = 200;
const exitCount = 4;
const cell = (i: number) => i % 600;
const confidences = Float32Array.from({ length: 800 }, (_, i) => ((cell(i) * 37) % 101) / 101);
const losses = Float64Array.from({ length: 800 }, (_, i) => (((cell(i) * 53) % 7) - 3) / 3);

describe("tableDigest", () => {
  it("agrees with hashlib and an independent MurmurHash3", () => {
    expect(tableDigest(sampleCount, exitCount, confidences, losses)).toEqual(expected.table);
  });

  it("does not see the last exit or the sign of zero, and tells another order from other rows", () => {
    const other = confidences.map((value, i) => (i % 4 === 3 ? Number.NaN : value));
    const signed = losses.map((value) => (value === 0 ? -0 : value));
    expect(tableDigest(sampleCount, exitCount, other, signed)).toEqual(expected.table);

    const turned = tableDigest(
      sampleCount,
      exitCount,
      Float32Array.from(confidences, (_, i) => confidences[(199 - Math.floor(i / 4)) * 4 + (i % 4)]!),
      Float64Array.from(losses, (_, i) => losses[(199 - Math.floor(i / 4)) * 4 + (i % 4)]!),
    );
    expect(turned.sha256).not.toBe(expected.table.sha256);
    expect(turned.multiset).toBe(expected.table.multiset);
    expect(turned.rowSketch).toEqual(expected.table.rowSketch);
  });
});

it("lossTableDigest agrees with hashlib", () => {
  const lambdas = Float64Array.of(1, 0.75, 0.5, 0.25, 0);
  const perLambda = Float64Array.from({ length: 1000 }, (_, i) => ((i * 29) % 11) / 11);
  expect(lossTableDigest(sampleCount, lambdas, perLambda)).toEqual(expected.lossTable);
});

describe("sketchOverlap", () => {
  const uniform = (count: number, seed: number) => {
    const values = Float32Array.from({ length: count * 2 }, (_, i) => Math.sin(seed + i * 12.9898) * 0.5 + 0.5);
    return { values, hashes: rowHashes(count, 2, values, new Float64Array(count * 2)) };
  };

  it("is 1 for the calibration rows themselves and 0 for others, with a full and a short sketch", () => {
    for (const count of [5000, 30]) {
      const { hashes, uniqueCount } = rowSketch(uniform(count, 1).hashes);
      expect(hashes).toHaveLength(Math.min(count, 64));
      expect(uniqueCount).toBe(count);
      const all = Math.min(count, 64);
      expect(sketchOverlap(hashes, 1, uniform(count, 1).hashes)).toEqual({ share: 1, compared: all, matched: all });
      expect(sketchOverlap(hashes, 1, uniform(count, 5e5).hashes).share).toBe(0);
    }
  });

  it("estimates a half", () => {
    const old = uniform(4000, 1);
    const fresh = Float32Array.from([...old.values.subarray(0, 4000), ...uniform(2000, 7e5).values]);
    const freshRows = rowHashes(4000, 2, fresh, new Float64Array(8000));
    const { share, compared } = sketchOverlap(rowSketch(old.hashes).hashes, 1, freshRows);
    // About 64 rows are compared: standard error 0.06.
    expect(compared).toBeGreaterThan(30);
    expect(Math.abs(share - 0.5)).toBeLessThan(0.25);
  });

  it("leaves out rows that repeat: saturated samples are equal without being the same", () => {
    const saturated = rowHashes(100, 2, new Float32Array(200).fill(1), new Float64Array(200));
    expect(rowSketch(saturated)).toEqual({ hashes: [], uniqueCount: 0 });
    expect(sketchOverlap([], 0, saturated)).toEqual({ share: 0, compared: 0, matched: 0 });
  });

  it("does not take independent draws of rounded data for the same rows", () => {
    // Two decimals and two exits: 1000 draws of 101 values repeat almost all of them.
    const rounded = (seed: number) => {
      const { values } = uniform(1000, seed);
      return rowHashes(
        1000,
        2,
        values.map((value) => Math.round(100 * value) / 100),
        new Float64Array(2000),
      );
    };
    const { hashes, uniqueCount } = rowSketch(rounded(1));
    expect(sketchOverlap(hashes, uniqueCount / 1000, rounded(9e5)).share).toBe(0);
  });
});
