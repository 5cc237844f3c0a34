// Writes the Arrow files of sample-data/broken. Their entries in manifest.json are made by make_broken.py.
// usage: node make-broken-arrow.js DIGITS_DIR BROKEN_DIR        (needs the package apache-arrow)
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as arrow from "apache-arrow";
import { exitRows, integerColumn, ipcBytes, listColumn } from "./arrow-table.js";
import { readNpy } from "./npy.js";

const ROWS = 8;

const [, , digits, broken] = process.argv;
const logits = readNpy(join(digits, "logits_cal.npy"));
const [, exits, classes] = logits.shape;
const write = (name, bytes) => writeFileSync(join(broken, name), bytes);

/** The logits of the first rows; `nullExit` (1-based) has a null in row 3. */
function logitColumns(nullExit = null) {
  const column = (exit) => listColumn(exitRows(logits, exit - 1, 0, ROWS), classes, exit === nullExit ? 3 : null);
  return Object.fromEntries(Array.from({ length: exits }, (_, k) => [`exit_${k + 1}`, column(k + 1)]));
}

/** The only place of `needle` in `bytes`. */
function onlyIndexOf(bytes, needle) {
  const at = bytes.indexOf(needle);
  if (at < 0 || bytes.indexOf(needle, at + 1) >= 0) throw new Error("expected exactly one place to patch");
  return at;
}

function int64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}

const file = Buffer.from(ipcBytes([logitColumns()], "file"));
write("arrow-truncated.arrow", file.subarray(0, Math.floor(file.length * 0.6)));

const stream = Buffer.from(ipcBytes([logitColumns()], "stream"));
const longMetadata = Buffer.from(stream);
longMetadata.writeInt32LE(2 ** 30, 4);
write("arrow-metadata-of-1-gb.arrows", longMetadata);

// The body is 8 rows of 10 float32 for each exit; no other number of the message is that large.
const longBody = Buffer.from(stream);
int64(2 ** 40).copy(longBody, onlyIndexOf(longBody, int64(ROWS * classes * 4 * exits)));
write("arrow-body-of-2-to-the-40.arrows", longBody);

const counted = (from) => integerColumn(BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(from + i)));
write("arrow-without-logits.arrow", ipcBytes([{ height: counted(160), weight: counted(60) }], "file"));
write("arrow-null.arrow", ipcBytes([logitColumns(2)], "file"));

const rowStarts = Int32Array.from({ length: ROWS + 1 }, (_, i) => (i < ROWS ? i * classes : i * classes - 1));
const values = exitRows(logits, 0, 0, ROWS).subarray(0, rowStarts[ROWS]);
const unevenLists = arrow.makeData({
  type: new arrow.List(new arrow.Field("item", new arrow.Float32(), false)),
  length: ROWS,
  nullCount: 0,
  valueOffsets: rowStarts,
  child: arrow.makeData({ type: new arrow.Float32(), length: values.length, nullCount: 0, data: values }),
});
write("arrow-uneven-lists.arrow", ipcBytes([{ ...logitColumns(), exit_1: unevenLists }], "file"));
