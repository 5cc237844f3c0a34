import { tableFromIPC } from "apache-arrow";
import { expect, it } from "vitest";
import type { ExitTable } from "../../src/exits/types.ts";
import { openArrow } from "../../src/io/arrow-read.ts";
import { createArrowTableWriter } from "../../src/io/arrow-write.ts";
import { memorySource } from "../../src/io/byte-source.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";

function tableOf(rows: number, seed: number, brier: boolean): ExitTable {
  const numbers = (scale: number) => Float64Array.from({ length: rows * 3 }, (_, i) => Math.sin(seed + i) * scale);
  const kind = { name: "hellinger", lower: 0, upper: 1, binary: false };
  return {
    sampleCount: rows,
    exitCount: 3,
    classCount: 10,
    confidences: new Map([["top1", Float32Array.from(numbers(1))]]),
    predictions: Int32Array.from(numbers(9)),
    labels: Int32Array.from({ length: rows }, (_, i) => i),
    losses: new Map([["hellinger", { kind, values: numbers(0.5) }]]),
    brier: brier ? numbers(2) : null,
  };
}

async function written(tables: ExitTable[], metadata: [string, string][]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const writer = createArrowTableWriter((bytes) => {
    chunks.push(bytes.slice());
  });
  for (const table of tables) await writer.append(table);
  await writer.finish(new Map(metadata));
  return new Uint8Array(Buffer.concat(chunks));
}

it("writes one batch per table that both readers read, with metadata known only at the end", async () => {
  const tables = [tableOf(5, 1, true), tableOf(2, 2, true)];
  const bytes = await written(tables, [["eexit", '{"sha256":"abc"}']]);

  const theirs = tableFromIPC(bytes);
  expect(theirs.schema.fields.map((field) => field.name)).toEqual([
    "confidence:top1",
    "prediction",
    "label",
    "loss:hellinger",
    "brier",
  ]);
  expect(theirs.schema.metadata.get("eexit")).toBe('{"sha256":"abc"}');
  expect(theirs.batches.map((batch) => batch.numRows)).toEqual([5, 2]);
  expect(Array.from(theirs.getChild("label")!)).toEqual([0, 1, 2, 3, 4, 0, 1]);
  expect(Array.from(theirs.getChild("loss:hellinger")!.get(5))).toEqual(
    Array.from(tables[1]!.losses.get("hellinger")!.values.subarray(0, 3)),
  );

  const content = await openArrow(memorySource("table.arrow", bytes));
  expect(content.metadata.get("eexit")).toBe('{"sha256":"abc"}');
  let index = 0;
  for await (const part of content.parts()) {
    const table = tables[index++]!;
    const values = (name: string) => readFloatRows(part.get(name)!, 0, table.sampleCount);
    expect(part.get("confidence:top1")!.shape).toEqual([table.sampleCount, 3]);
    expect(values("confidence:top1")).toEqual(table.confidences.get("top1"));
    expect(Array.from(values("prediction"))).toEqual(Array.from(table.predictions!));
    expect(values("loss:hellinger")).toEqual(table.losses.get("hellinger")!.values);
    expect(values("brier")).toEqual(table.brier);
  }
  expect(index).toBe(2);
});

it("gives equal bytes for equal tables", async () => {
  const once = await written([tableOf(4, 3, false)], [["eexit", "{}"]]);
  expect(Buffer.from(once).equals(await written([tableOf(4, 3, false)], [["eexit", "{}"]]))).toBe(true);
});

it("refuses a table with other columns, and no table at all", async () => {
  await expect(written([tableOf(4, 3, false), tableOf(4, 3, true)], [])).rejects.toThrow("expected confidence:top1[3]");
  await expect(written([], [])).rejects.toThrow("0 rows to write");
});
