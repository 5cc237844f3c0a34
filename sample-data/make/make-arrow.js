// Writes logits_cal.arrow and logits_test.arrow from the NPY arrays of the same folder.
// usage: node make-arrow.js DIGITS_DIR        (needs the package apache-arrow)
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exitRows, integerColumn, ipcBytes, listColumn } from "./arrow-table.js";
import { readNpy } from "./npy.js";

// Two record batches per file, so that readers meet a file with several.
const BATCH_ROWS = 250;

const folder = process.argv[2];
for (const part of ["cal", "test"]) {
  const logits = readNpy(join(folder, `logits_${part}.npy`));
  const labels = readNpy(join(folder, `labels_${part}.npy`));
  const [rows, exits, classes] = logits.shape;
  const batches = [];
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    const stop = Math.min(rows, start + BATCH_ROWS);
    const columns = {};
    for (let k = 0; k < exits; k++) columns[`exit_${k + 1}`] = listColumn(exitRows(logits, k, start, stop), classes);
    columns.label = integerColumn(labels.values.slice(start, stop));
    batches.push(columns);
  }
  writeFileSync(join(folder, `logits_${part}.arrow`), ipcBytes(batches, "file"));
}
