/**
 * The hot loop over logits in SIMD WebAssembly (AssemblyScript): the recipe of src/kernels/logit-scorer.ts, four float32 lanes at a
 * time. Every float32 operation is that of the plain twin, in its order, so the two agree bit for bit; tests hold them to it.
 *
 * The host (src/kernels/simd-scorer.ts) lays out the memory: rows of logits, and working memory for one row. Past the last logit at
 * least 64 bytes must be readable; what stands there has no influence.
 */
import { keep, keepArgmax, measure, referenceArgmax } from "./row-distances";
import { classCount, layOut, layoutSize } from "./row-layout";
import { close32, open32, read64, reduceOpen, term } from "./row-reading";
import { asksForDistances, configureColumns, writeColumns } from "./table-columns";

export { read32, read64, term } from "./row-reading";

/** Bytes of working memory for rows of `classes` logits. */
export function workSize(classes: i32): i32 {
  return layoutSize(classes);
}

/** @param work start of the working memory, a multiple of 16 */
export function configure(classes: i32, work: usize): void {
  layOut(classes, work);
  configureColumns(classes);
}

/**
 * Scores all rows of `samples` × `exits`, of each sample the last exit first, which the others are compared with, and fills the columns
 * that a list asks for (table-columns.ts). A row is measured while the next one is reduced: square roots keep one of the processor's four
 * units busy, and the reduction needs the others.
 *
 * @param is64 not 0 for float64 logits
 * @param labels int32 per sample, or 0
 * @param record room for one
 * @returns the cell that cannot be scored, where it ends, or −1
 */
export function scoreBlock(
  x: usize,
  is64: i32,
  samples: i32,
  exits: i32,
  labels: usize,
  columns: usize,
  record: usize,
): i32 {
  const rowBytes: usize = classCount << (is64 ? 3 : 2);
  const distances = asksForDistances(columns);
  let waiting = -1;
  for (let sample = 0; sample < samples; sample++) {
    for (let exit = exits - 1; exit >= 0; exit--) {
      const cell = sample * exits + exit;
      const from = x + <usize>cell * rowBytes;
      const isOpen = !is64 && open32(from);
      if (waiting >= 0) finish(waiting, exits, labels, columns, distances, isOpen, record);
      else if (isOpen) reduceOpen();
      if (!isOpen && !is64) return cell;
      if ((is64 ? read64(from, record) : close32(record)) < 0) return cell;
      waiting = cell;
    }
  }
  if (waiting >= 0) finish(waiting, exits, labels, columns, distances, false, record);
  return -1;
}

/** Measures the row that was read last, reduces the open one if there is one, and writes the cell of the former. */
function finish(
  cell: i32,
  exits: i32,
  labels: usize,
  columns: usize,
  distances: bool,
  isOpen: bool,
  record: usize,
): void {
  const sample = cell / exits;
  const isLast = cell == sample * exits + exits - 1;
  if (!distances) {
    if (isLast) keepArgmax();
    if (isOpen) reduceOpen();
  } else if (isLast) keep(isOpen);
  else measure(record, isOpen);
  const label = labels ? i32.load(labels + (sample << 2)) : -1;
  if (labels) f64.store(record, term(label), 40);
  f64.store(record, term(referenceArgmax), 48);
  writeColumns(columns, cell, isLast, label, record);
}

/** Keeps the row that was read last as the reference of `compare`. */
export function keepReference(): void {
  keep(false);
}

/** Measures the row that was read last against the reference: Σ (√p − √q)² and Σ (p − q)² go into the record. */
export function compare(record: usize): void {
  measure(record, false);
}
