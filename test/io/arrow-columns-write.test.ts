import { tableFromIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { createArrowColumnWriter, type NumberColumn } from "../../src/io/arrow-columns-write.ts";
import { openArrow } from "../../src/io/arrow-read.ts";
import { memorySource } from "../../src/io/byte-source.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";

/** Three kinds of numbers and a list, for rows from `first` on. */
function columns(first: number, rows: number): NumberColumn[] {
  const from = <T>(
    count: number,
    make: (i: number) => number,
    Kind: { from(s: object, f: (_: unknown, i: number) => number): T },
  ) => Kind.from({ length: count }, (_, i) => make(i));
  return [
    { name: "sample", values: from(rows, (i) => first + i, Int32Array), width: 0 },
    { name: "score", values: from(rows, (i) => (first + i) / 3, Float32Array), width: 0 },
    { name: "loss", values: from(rows, (i) => -(first + i) / 7, Float64Array), width: 0 },
    { name: "exit_1", values: from(3 * rows, (i) => 3 * first + i, Float32Array), width: 3 },
  ];
}

async function written(kind: "file" | "stream", sizes: readonly number[]) {
  const chunks: Uint8Array[] = [];
  const pieces: number[] = [];
  const writer = createArrowColumnWriter((bytes) => {
    chunks.push(bytes.slice());
  }, kind);
  let first = 0;
  for (const size of sizes) {
    await writer.append(columns(first, size), size);
    pieces.push(chunks.length);
    first += size;
  }
  await writer.finish(new Map([["note", "kept"]]));
  return { bytes: Buffer.concat(chunks), pieces };
}

describe.each(["file", "stream"] as const)("an Arrow %s of number columns", (kind) => {
  it("is read by both readers, batch by batch", async () => {
    const sizes = [5, 1, 7];
    const { bytes } = await written(kind, sizes);
    const theirs = tableFromIPC(bytes);
    expect(theirs.schema.fields.map((field) => String(field))).toEqual([
      "sample: Int32",
      "score: Float32",
      "loss: Float64",
      "exit_1: FixedSizeList[3]<Float32>",
    ]);
    expect([theirs.numRows, theirs.batches.length]).toEqual([13, 3]);
    expect(Array.from(theirs.getChild("exit_1")!.get(12))).toEqual([36, 37, 38]);
    const content = await openArrow(memorySource("x", bytes));
    let first = 0;
    let part = 0;
    for await (const arrays of content.parts()) {
      for (const { name, values, width } of columns(first, sizes[part])) {
        const tensor = arrays.get(name)!;
        expect(tensor.shape).toEqual(width === 0 ? [sizes[part]] : [sizes[part], width]);
        expect(Array.from(readFloatRows(tensor, 0, sizes[part]))).toEqual(Array.from(values));
      }
      first += sizes[part++];
    }
    expect(part).toBe(3);
  });

  it("comes as it is written: a batch is out before the next one is asked for", async () => {
    const { pieces } = await written(kind, [4, 4, 4]);
    expect(pieces[0]).toBeGreaterThan(0);
    expect(pieces[1]).toBeGreaterThan(pieces[0]);
    expect(pieces[2]).toBeGreaterThan(pieces[1]);
  });

  it("is the same bytes for the same columns, and refuses others or none", async () => {
    const [first, second] = [await written(kind, [3, 2]), await written(kind, [3, 2])];
    expect(first.bytes.equals(second.bytes)).toBe(true);
    const writer = createArrowColumnWriter(() => {}, kind);
    await expect(writer.finish(new Map())).rejects.toMatchObject({ code: "too-few-exits" });
    await writer.append(columns(0, 2), 2);
    await expect(writer.append(columns(0, 2).slice(1), 2)).rejects.toMatchObject({ code: "shape-mismatch" });
  });
});

it("a file keeps metadata that are known at its end, a stream begins without the magic bytes of a file", async () => {
  const [file, stream] = [await written("file", [2]), await written("stream", [2])];
  expect(tableFromIPC(file.bytes).schema.metadata.get("note")).toBe("kept");
  expect(file.bytes.toString("latin1", 0, 6)).toBe("ARROW1");
  expect(stream.bytes.readInt32LE(0)).toBe(-1);
});
