import * as arrow from "apache-arrow";

/** Column of `values.length / width` lists of `width` float32. `nullRow` marks one list as null. */
export function listColumn(values, width, nullRow = null) {
  const count = values.length / width;
  const type = new arrow.FixedSizeList(width, new arrow.Field("item", new arrow.Float32(), false));
  const child = arrow.makeData({ type: new arrow.Float32(), length: values.length, nullCount: 0, data: values });
  if (nullRow === null) return arrow.makeData({ type, length: count, nullCount: 0, child });
  const nullBitmap = new Uint8Array(Math.ceil(count / 64) * 8).fill(255);
  nullBitmap[nullRow >> 3] &= ~(1 << (nullRow & 7));
  return arrow.makeData({ type, length: count, nullCount: 1, nullBitmap, child });
}

/** Column of int64. */
export function integerColumn(values) {
  return arrow.makeData({ type: new arrow.Int64(), length: values.length, nullCount: 0, data: values });
}

/** Rows `start` to `stop` of one exit of logits `{ shape: [rows, exits, classes], values }`, as float32 in C order. */
export function exitRows({ shape, values }, exitIndex, start, stop) {
  const [, exits, classes] = shape;
  const picked = new Float32Array((stop - start) * classes);
  for (let row = start; row < stop; row++) {
    const from = (row * exits + exitIndex) * classes;
    picked.set(values.subarray(from, from + classes), (row - start) * classes);
  }
  return picked;
}

/** Bytes of an Arrow IPC file or stream with the given record batches, each a record of name → column data. */
export function ipcBytes(batches, form) {
  const fields = Object.entries(batches[0]).map(
    ([name, data]) =>
      new arrow.Field(
        name,
        data.type,
        batches.some((batch) => batch[name].nullCount > 0),
      ),
  );
  const schema = new arrow.Schema(fields);
  const recordBatches = batches.map((columns) => {
    const children = Object.values(columns);
    const type = new arrow.Struct(fields);
    return new arrow.RecordBatch(schema, arrow.makeData({ type, length: children[0].length, nullCount: 0, children }));
  });
  return arrow.tableToIPC(new arrow.Table(schema, recordBatches), form);
}
