import { assertSameColumns, copyOf, copyRows, sliceRows, tableLike } from "../exits/exit-table.ts";
import type { ExitTable } from "../exits/types.ts";

/** Rows of a record batch: about 1 MB of a table with all columns. */
export const BATCH_ROWS = 1 << 12;

/**
 * The same rows in tables of exactly `rowCount` rows (the last may be shorter), however they came: a written table must not
 * depend on the number of shards. A table is good until the next is asked for, and so may those be that come.
 */
export async function* rebatched(tables: AsyncIterable<ExitTable>, rowCount: number): AsyncGenerator<ExitTable> {
  /** Rows that wait for more, as many as `heldRows`: a copy of the first, then a table that is filled again and again. */
  let held: ExitTable | null = null;
  let heldRows = 0;
  for await (const table of tables) {
    for (let row = 0; row < table.sampleCount; ) {
      const rows = sliceRows(table, row, Math.min(table.sampleCount, row + rowCount - heldRows));
      row += rows.sampleCount;
      if (rows.sampleCount === rowCount) {
        yield rows;
        continue;
      }
      if (held === null) held = copyOf(rows);
      else {
        assertSameColumns(held, rows, "input 1", "a later input");
        held = roomFor(rowCount, held, heldRows);
        copyRows(rows, held, heldRows);
      }
      heldRows += rows.sampleCount;
      if (heldRows < rowCount) continue;
      yield held;
      heldRows = 0;
    }
  }
  if (held !== null && heldRows > 0) yield sliceRows(held, 0, heldRows);
}

/** A table of `rowCount` rows that begins with those that are held: the same one, once it is that large. */
function roomFor(rowCount: number, held: ExitTable, heldRows: number): ExitTable {
  if (held.sampleCount === rowCount) return held;
  const room = tableLike(held, rowCount);
  copyRows(sliceRows(held, 0, heldRows), room, 0);
  return room;
}
