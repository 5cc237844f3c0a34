/**
 * The one place that knows apache-arrow. Loading it takes 120–400 ms, so it happens in the command that writes Arrow and
 * not before; reading does not need it.
 */
export type { Data, DataType, Field, RecordBatchWriter, Schema } from "apache-arrow";
export type Arrow = typeof import("apache-arrow");

export function loadArrow(): Promise<Arrow> {
  return import("apache-arrow");
}
