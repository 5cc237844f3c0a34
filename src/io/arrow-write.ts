import type { ExitTable } from "../exits/types.ts";
import { createArrowColumnWriter, type NumberColumn } from "./arrow-columns-write.ts";

/** Writes exit tables, one record batch each, as one Arrow IPC file. */
export interface ArrowTableWriter {
  /** Appends the rows of a table with the same exits, measures and risks as the first. Its arrays may be reused afterwards. */
  append(table: ExitTable): Promise<void>;
  /**
   * Writes the footer. `metadata` becomes the schema's metadata: the schema of an IPC file stands in its footer, so a hash
   * of everything written can still go in here.
   */
  finish(metadata: ReadonlyMap<string, string>): Promise<void>;
}

/**
 * A streaming writer of exit tables: columns `confidence:<measure>` FixedSizeList<float32>[L], `prediction`
 * FixedSizeList<int32>[L], `label` int32, `loss:<risk>`, `brier` and `miou` FixedSizeList<float64>[L]; what a table lacks has no
 * column. Equal tables give equal bytes.
 */
export function createArrowTableWriter(write: (bytes: Uint8Array) => void | Promise<void>): ArrowTableWriter {
  const writer = createArrowColumnWriter(write, "file");
  return {
    append: (table) => writer.append(columnsOf(table), table.sampleCount),
    finish: (metadata) => writer.finish(metadata),
  };
}

function columnsOf(table: ExitTable): NumberColumn[] {
  const width = table.exitCount;
  const columns: NumberColumn[] = [];
  for (const [measure, values] of table.confidences) columns.push({ name: `confidence:${measure}`, values, width });
  if (table.predictions) columns.push({ name: "prediction", values: table.predictions, width });
  if (table.labels) columns.push({ name: "label", values: table.labels, width: 0 });
  for (const [risk, { values }] of table.losses) columns.push({ name: `loss:${risk}`, values, width });
  if (table.brier) columns.push({ name: "brier", values: table.brier, width });
  if (table.meanIou) columns.push({ name: "miou", values: table.meanIou, width });
  return columns;
}
