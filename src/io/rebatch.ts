import { appendTables, copyOf, sliceRows } from "../exits/exit-table.ts";
import type { ExitTable } from "../exits/types.ts";

/** Rows of a record batch: about 1 MB of a table with all columns. */
export const BATCH_ROWS = 1 << 12;

/**
 * The same rows in tables of exactly `rowCount` rows (the last may be shorter), however they came: a written table must not
 * depend on the number of shards. A table is good until the next is asked for, and so may those be that come.
 */
export async function* rebatched(tables: AsyncIterable<ExitTable>, rowCount: number): AsyncGenerator<ExitTable> {
  let held: ExitTable[] = [];
  let heldRows = 0;
  for await (const table of tables) {
    for (let row = 0; row < table.sampleCount; ) {
      const rows = sliceRows(table, row, Math.min(table.sampleCount, row + rowCount - heldRows));
      row += rows.sampleCount;
      if (rows.sampleCount === rowCount) {
        yield rows;
        continue;
      }
      held.push(copyOf(rows));
      heldRows += rows.sampleCount;
      if (heldRows < rowCount) continue;
      yield appendTables(held);
      held = [];
      heldRows = 0;
    }
  }
  if (heldRows > 0) yield appendTables(held);
}
