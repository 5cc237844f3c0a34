import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/stats/random.ts";
import vectors from "../reference/random.json" with { type: "json" };

const wordCount = 2 ** 32;
const words = (seed: number, stream: number, count: number) => {
  const random = seededRandom(seed, stream);
  return Array.from({ length: count }, () => random.integer(wordCount));
};

describe("sfc32", () => {
  // The first words that PractRand's sfc32 gives for three seed words (0, 0, 0) and (0, 2, 1), as other
  // implementations publish them.
  test("gives the published words", () => {
    expect(words(0, 0, 4)).toEqual([0xfb52c520, 0x38802be1, 0x948279e6, 0xec4bf1d9]);
    expect(words(2 ** 32 + 2, 0, 4)).toEqual([0x03b80bb8, 0xa87dbc7e, 0x1787178c, 0x4c7b7234]);
  });

  test.each(vectors)("agrees with the Python twin for seed $seed, stream $stream", (row) => {
    const make = () => seededRandom(row.seed, row.stream);
    expect(words(row.seed, row.stream, row.words.length)).toEqual(row.words);
    const uniforms = make();
    expect(row.uniforms.map(() => uniforms.uniform())).toEqual(row.uniforms);
    const integers = make();
    expect(row.integers.map(() => integers.integer(3_000_000_000))).toEqual(row.integers);
    const normals = make();
    for (const expected of row.normals) expect(normals.normal()).toBeCloseTo(expected, 13);
    expect(Array.from(make().permutation(10))).toEqual(row.permutation);
  });

  test("gives distinct streams for neighbouring seeds, large seeds and substreams", () => {
    const seeds = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52, 2 ** 53 - 2, 2 ** 53 - 1];
    const starts = seeds.flatMap((seed) => [0, 1, 2 ** 32 - 1].map((stream) => words(seed, stream, 2).join()));
    expect(new Set(starts).size).toBe(starts.length);
  });

  test.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])("refuses the seed %s", (seed) => {
    expect(() => seededRandom(seed)).toThrow(RangeError);
  });

  test("refuses a stream or a bound beyond 32 bits", () => {
    expect(() => seededRandom(0, wordCount)).toThrow(RangeError);
    expect(() => seededRandom(0).integer(0)).toThrow(RangeError);
    expect(() => seededRandom(0).integer(wordCount + 1)).toThrow(RangeError);
  });
});

describe("distributions", () => {
  const draws = 100_000;

  test("uniform has mean 1/2 and variance 1/12 within five standard errors", () => {
    const random = seededRandom(7);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < draws; i++) {
      const u = random.uniform();
      if (!(u >= 0 && u < 1)) throw new Error(`uniform gave ${u}`);
      sum += u;
      squares += (u - 0.5) ** 2;
    }
    expect(Math.abs(sum / draws - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / draws));
    expect(Math.abs(squares / draws - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / draws));
  });

  test("normal has moments 0, 1, 0, 3 within five standard errors", () => {
    const random = seededRandom(8);
    const moments = [0, 0, 0, 0];
    for (let i = 0; i < draws; i++) {
      const z = random.normal();
      for (let k = 0; k < 4; k++) moments[k] += z ** (k + 1) / draws;
    }
    const expected = [0, 1, 0, 3];
    const variances = [1, 2, 15, 96];
    for (let k = 0; k < 4; k++) {
      expect(Math.abs(moments[k] - expected[k])).toBeLessThan(5 * Math.sqrt(variances[k] / draws));
    }
  });

  test("every permutation of four is equally likely (chi-square, 23 degrees, p = 1e-4 at 55.5)", () => {
    const random = seededRandom(9);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = random.permutation(4).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const count of counts.values()) chiSquare += (count - 1000) ** 2 / 1000;
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(55.5);
  });

  test("permutations of none and one exist", () => {
    expect(seededRandom(0).permutation(0)).toHaveLength(0);
    expect(Array.from(seededRandom(0).permutation(1))).toEqual([0]);
  });
});
