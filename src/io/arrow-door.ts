/**
 * The one place that knows apache-arrow. Loading it takes 25 ms and more, so it happens in the command that writes Arrow and
 * not before; reading does not need it. Only what writing needs is loaded, two thirds of the package.
 */
export type { Data } from "apache-arrow/data";
export type { RecordBatchWriter } from "apache-arrow/ipc/writer";
export type { Field, Schema } from "apache-arrow/schema";
export type { DataType } from "apache-arrow/type";

export type Arrow = typeof import("apache-arrow/data") &
  typeof import("apache-arrow/io/stream") &
  typeof import("apache-arrow/ipc/writer") &
  typeof import("apache-arrow/recordbatch") &
  typeof import("apache-arrow/schema") &
  typeof import("apache-arrow/type");

export async function loadArrow(): Promise<Arrow> {
  const [data, stream, writer, batch, schema, type] = await Promise.all([
    import("apache-arrow/data"),
    import("apache-arrow/io/stream"),
    import("apache-arrow/ipc/writer"),
    import("apache-arrow/recordbatch"),
    import("apache-arrow/schema"),
    import("apache-arrow/type"),
  ]);
  return { ...data, ...stream, ...writer, ...batch, ...schema, ...type };
}
