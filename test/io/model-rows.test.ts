import { describe, expect, it } from "vitest";
import { type ModelRows, openModelRows, type WantedInput } from "../../src/io/model-rows.ts";
import { npyFile, npzFile } from "../support/model-files.ts";
import { scratchFolder } from "../support/scratch.ts";

const scratch = scratchFolder();
const noStdin = async () => new Uint8Array();
const wanted = (name: string, type: string, ...shape: number[]): WantedInput => ({ name, type, shape: [-1, ...shape] });

const open = (texts: readonly string[], inputs: readonly WantedInput[]) => openModelRows(texts, inputs, noStdin);

type RowBatch = ReturnType<ModelRows["batches"]> extends AsyncGenerator<infer Batch> ? Batch : never;
type TypedRows = RowBatch["values"] extends ReadonlyMap<string, infer Rows> ? Rows : never;

/** All batches of a size: their row counts, and the rows of one input joined. */
async function readAll(rows: ModelRows, name: string, size: number) {
  const counts: number[] = [];
  const parts: TypedRows[] = [];
  for await (const { rowCount, values } of rows.batches(size)) {
    counts.push(rowCount);
    parts.push(values.get(name)!);
    expect(values.get(name)!.dims[0]).toBe(rowCount);
  }
  rows.close();
  return { counts, parts, data: parts.flatMap(({ data }) => Array.from(data as Iterable<number | bigint>)) };
}

const file = (name: string, ...content: Parameters<typeof npyFile>) => scratch.write(name, npyFile(...content));

describe("rows for a model", () => {
  it("come in batches, in order, the last one shorter", async () => {
    const data = Float32Array.from({ length: 20 }, (_, i) => i / 7);
    const path = file("x.npy", "float32", [10, 2], data);
    for (const [size, counts] of [
      [4, [4, 4, 2]],
      [10, [10]],
      [64, [10]],
      [1, Array(10).fill(1)],
    ] as const) {
      const rows = await open([path], [wanted("x", "float32", 2)]);
      expect([rows.rowCount, rows.notes]).toEqual([10, []]);
      const found = await readAll(rows, "x", size);
      expect(found.counts).toEqual(counts);
      expect(found.data).toEqual(Array.from(data));
    }
  });

  it("of float16 keep every pattern, subnormals, zeros, infinities and all", async () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);
    const path = file("half.npy", "float16", [256, 256], patterns);
    const { data, parts } = await readAll(await open([path], [wanted("x", "float16", 256)]), "x", 100);
    expect(parts[0].type).toBe("float16");
    const isNaN16 = (pattern: number) => (pattern & 0x7c00) === 0x7c00 && (pattern & 0x3ff) !== 0;
    const wrong = data.filter((found, pattern) => {
      // The payload of a NaN does not matter, that it stays one does.
      return isNaN16(pattern) ? !isNaN16(Number(found)) : found !== pattern;
    });
    expect(wrong).toEqual([]);
  });

  it("of float16 are widened exactly", async () => {
    // 1, −2, the smallest subnormal, the largest number, +∞
    const path = file("half-few.npy", "float16", [5], Uint16Array.of(0x3c00, 0xc000, 1, 0x7bff, 0x7c00));
    for (const type of ["float32", "float64"]) {
      const rows = await open([path], [wanted("x", type)]);
      expect(rows.notes).toEqual([`${path}: float16 read as ${type} for input x`]);
      expect((await readAll(rows, "x", 8)).data).toEqual([1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY]);
    }
  });

  it.each([
    [
      "uint8",
      Uint8Array.of(0, 127, 255),
      ["float32", "float64", "int64", "uint64", "int32", "uint32", "int16", "uint16", "uint8"],
    ],
    ["int32", Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1), ["float64", "int64", "int32"]],
    ["int64", BigInt64Array.of(-(2n ** 53n) + 1n, 0n, 2n ** 53n - 1n), ["int64"]],
  ] as const)("of %s are read as every type that holds them, and as no other", async (type, values, allowed) => {
    const path = file(`${type}.npy`, type, [3], values);
    const all = [
      "float32",
      "float64",
      "float16",
      "int64",
      "uint64",
      "int32",
      "uint32",
      "int16",
      "uint16",
      "int8",
      "uint8",
      "bool",
    ];
    for (const target of all) {
      if (!(allowed as readonly string[]).includes(target)) {
        await expect(open([path], [wanted("x", target)])).rejects.toMatchObject({
          code: "model-input",
          message: expect.stringContaining(`element type ${type}, expected ${target} for input x`),
        });
        continue;
      }
      const rows = await open([path], [wanted("x", target)]);
      expect(rows.notes).toHaveLength(target === type ? 0 : 1);
      const { data, parts } = await readAll(rows, "x", 2);
      expect(parts[0].type).toBe(target);
      expect(data.map(Number)).toEqual(Array.from(values as Iterable<number | bigint>, Number));
    }
  });

  it("of int64 beyond 2^53 are refused rather than rounded", async () => {
    const path = file("huge.npy", "int64", [2], BigInt64Array.of(1n, 2n ** 53n + 1n));
    const rows = await open([path], [wanted("x", "int64")]);
    await expect(readAll(rows, "x", 8)).rejects.toMatchObject({ code: "model-input" });
  });

  it("may be empty lists of nothing else but rows: sizes that the model leaves open are free", async () => {
    const path = file("open.npy", "float32", [2, 3, 4], new Float32Array(24));
    const { parts } = await readAll(await open([path], [wanted("x", "float32", -1, 4)]), "x", 2);
    expect(parts[0].dims).toEqual([2, 3, 4]);
    await expect(open([path], [wanted("x", "float32", -1, 5)])).rejects.toMatchObject({
      message: expect.stringContaining("shape [2, 3, 4], expected [N, ?, 5] for input x"),
    });
  });
});

describe("several inputs", () => {
  const both = [wanted("a", "float32", 2), wanted("b", "int64")];
  const a = npyFile("float32", [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
  const b = npyFile("int64", [3], BigInt64Array.of(7n, 8n, 9n));

  it("come by name, in any order, from files or an archive", async () => {
    const [pathA, pathB] = [scratch.write("a.npy", a), scratch.write("b.npy", b)];
    const archive = scratch.write("both.npz", npzFile({ b, a, other: b }));
    for (const texts of [
      [`a=${pathA}`, `b=${pathB}`],
      [`b=${pathB}`, `a=${pathA}`],
      [archive],
      [`a=${archive}`, `b=${archive}`],
    ]) {
      const rows = await open(texts, both);
      const batches: unknown[] = [];
      for await (const { values } of rows.batches(2)) batches.push(...values.get("b")!.data);
      rows.close();
      expect([rows.rowCount, batches]).toEqual([3, [7n, 8n, 9n]]);
    }
  });

  it("have to be there, all of them, with as many rows", async () => {
    const [pathA, pathB] = [scratch.write("a.npy", a), scratch.write("b.npy", b)];
    const short = scratch.write("short.npy", npyFile("int64", [2], BigInt64Array.of(1n, 2n)));
    await expect(open([`a=${pathA}`], both)).rejects.toMatchObject({
      message: expect.stringContaining("input b: not given"),
    });
    await expect(open([`a=${pathA}`, `b=${short}`], both)).rejects.toMatchObject({
      message: expect.stringContaining("2 rows, expected 3 as for input a"),
    });
    await expect(open([pathA, pathB], both)).rejects.toMatchObject({
      message: expect.stringContaining("holds one bare array, expected arrays named a, b"),
    });
    await expect(open([`c=${pathA}`, `b=${pathB}`], both)).rejects.toMatchObject({ code: "file-missing" });
  });

  it("a path may hold an equals sign", async () => {
    const odd = scratch.write("a=1.npy", a);
    expect((await open([odd], [both[0]])).rowCount).toBe(3);
    expect((await open([`a=${odd}`], [both[0]])).rowCount).toBe(3);
  });
});
