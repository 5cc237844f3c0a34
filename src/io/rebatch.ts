import { appendTables, sliceRows } from "../exits/exit-table.ts";
import type { ExitTable } from "../exits/types.ts";

/** Rows of a record batch: about 1 MB of a table with all columns. */
export const BATCH_ROWS = 1 << 12;

/**
 * The same rows in tables of exactly `rowCount` rows (the last may be shorter), however they came: a written table must not
 * depend on the number of shards.
 */
export async function* rebatched(tables: AsyncIterable<ExitTable>, rowCount: number): AsyncGenerator<ExitTable> {
  let waiting: ExitTable[] = [];
  let waitingRows = 0;
  for await (const table of tables) {
    if (table.sampleCount === 0) continue;
    waiting.push(table);
    waitingRows += table.sampleCount;
    if (waitingRows < rowCount) continue;
    const joined = appendTables(waiting);
    const whole = waitingRows - (waitingRows % rowCount);
    for (let start = 0; start < whole; start += rowCount) yield sliceRows(joined, start, start + rowCount);
    waiting = whole < waitingRows ? [sliceRows(joined, whole, waitingRows)] : [];
    waitingRows -= whole;
  }
  if (waitingRows > 0) yield appendTables(waiting);
}
