import { describe, expect, it } from "vitest";
import { quantile } from "../../src/stats/describe.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { unsortedQuantile } from "../../src/stats/unsorted-quantile.ts";

const random = seededRandom(11);

/** Values that are hard for some rule or other: ties, runs, and those that make a median of three take n² steps. */
const shapes: Record<string, (i: number, n: number) => number> = {
  random: () => random.normal(),
  "few levels": () => Math.round(3 * random.uniform()),
  equal: () => 0.25,
  rising: (i) => i,
  falling: (i) => -i,
  "rising and falling": (i, n) => Math.min(i, n - i),
  "falling and rising": (i, n) => Math.max(i, n - i),
  alternating: (i) => (i % 2 ? i : -i),
};

describe("the quantile of unsorted values is that of the sorted ones", () => {
  for (const [name, valueAt] of Object.entries(shapes)) {
    it(name, () => {
      for (const n of [1, 2, 3, 4, 5, 10, 101, 1000]) {
        const values = Float64Array.from({ length: n }, (_, i) => valueAt(i, n));
        const sorted = values.slice().sort();
        for (const q of [0, 0.01, 0.25, 1 / 3, 0.5, 0.9, 1]) {
          expect(unsortedQuantile(values.slice(), q), `${n} values, q = ${q}`).toBe(quantile(sorted, q));
        }
        expect(values.sort()).toEqual(sorted);
      }
    });
  }

  it("takes few steps on smooth values", () => {
    const n = 1 << 20;
    const values = Float64Array.from({ length: n }, (_, i) => Math.min(i, n - i));
    // Sorted: 0 1 1 2 2 …, so that both neighbours of position 262143.75 are 131072. n² steps would take a quarter of an hour.
    expect(unsortedQuantile(values, 0.25)).toBe(131072);
  });

  it("refuses what has no quantile", () => {
    expect(() => unsortedQuantile(new Float64Array(0), 0.5)).toThrow("quantile of no values");
    expect(() => unsortedQuantile(Float64Array.of(1), 1.5)).toThrow("quantile level is 1.5");
  });
});
