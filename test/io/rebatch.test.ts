import { expect, it } from "vitest";
import { copyOf, sliceRows } from "../../src/exits/exit-table.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import { rebatched } from "../../src/io/rebatch.ts";

/** Rows `first` to `first + count` of a table whose values count on. */
function rows(first: number, count: number): ExitTable {
  const numbers = (width: number) => Array.from({ length: count * width }, (_, i) => first * width + i);
  const kind = { name: "gap", lower: 0, upper: 1e9, binary: false };
  return {
    sampleCount: count,
    exitCount: 2,
    classCount: null,
    confidences: new Map([["top1", Float32Array.from(numbers(2))]]),
    predictions: Int32Array.from(numbers(2)),
    labels: Int32Array.from(numbers(1)),
    losses: new Map([["gap", { kind, values: Float64Array.from(numbers(2)) }]]),
    brier: null,
  };
}

/** Tables of these sizes, all in the same memory: what was handed on before is overwritten. */
async function* passing(sizes: readonly number[]): AsyncGenerator<ExitTable> {
  const room = rows(0, Math.max(...sizes));
  let first = 0;
  for (const size of sizes) {
    const table = rows(first, size);
    room.predictions!.fill(-1);
    room.confidences.get("top1")!.set(table.confidences.get("top1")!);
    room.predictions!.set(table.predictions!);
    room.labels!.set(table.labels!);
    room.losses.get("gap")!.values.set(table.losses.get("gap")!.values);
    yield sliceRows(room, 0, size);
    first += size;
  }
}

it.each([
  [
    [4, 4, 4],
    [4, 4, 4],
  ],
  [
    [4, 4, 1],
    [4, 4, 1],
  ],
  [
    [1, 1, 1, 1, 1],
    [4, 1],
  ],
  [
    [3, 0, 6, 2],
    [4, 4, 3],
  ],
  [[11], [4, 4, 3]],
  [[2], [2]],
])("tables of %j rows become tables of %j, though their memory is used again", async (sizes, expected) => {
  let first = 0;
  const found: number[] = [];
  for await (const table of rebatched(passing(sizes), 4)) {
    expect(copyOf(table)).toEqual(rows(first, table.sampleCount));
    found.push(table.sampleCount);
    first += table.sampleCount;
  }
  expect(found).toEqual(expected);
});
