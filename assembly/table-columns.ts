// The columns of an exit table, filled from the records of its rows: the block's counterpart of src/kernels/score-rows.ts.
import { brierOf, entropyOf, hellingerOf, logOf, squaredDistanceOf, topDiffOf } from "./row-answers";

// A list of columns holds their addresses in this order (src/kernels/simd-scorer.ts), 0 for one that is not asked for.
const predictions: usize = 0;
const top1: usize = 4;
const topDiff: usize = 8;
const entropy: usize = 12;
const brier: usize = 16;
const predictionGap: usize = 20;
const predictionConsistency: usize = 24;
const brierGap: usize = 28;
const brierConsistency: usize = 32;
const brierConsistencyTop: usize = 36;
const hellinger: usize = 40;

let logClassCount: f64 = 1;
/** The full network's row of the sample: what its other exits are compared with. */
let fullPrediction: i32 = 0;
let fullBrier: f64 = 0;
let fullBrierTop: f64 = 0;

export function configureColumns(classCount: i32): void {
  logClassCount = logOf(<f64>classCount);
}

export function asksForDistances(columns: usize): bool {
  return (i32.load(columns, brierConsistency) | i32.load(columns, hellinger)) != 0;
}

/**
 * Writes a cell of every column from the record of its row; of each sample the last exit comes first.
 * @param label of the sample; −1 without, when nothing that needs it is asked for
 */
export function writeColumns(columns: usize, cell: i32, isLast: bool, label: i32, record: usize): void {
  const total = f64.load(record);
  const top = f64.load(record, 8);
  const prediction = <i32>f64.load(record, 72);
  i32.store(column(columns, predictions) + (cell << 2), prediction);
  let at = column(columns, top1);
  if (at) f32.store(at + (cell << 2), <f32>(top / total));
  at = column(columns, topDiff);
  if (at) f32.store(at + (cell << 2), <f32>topDiffOf(total, top, f64.load(record, 32)));
  at = column(columns, entropy);
  if (at) f32.store(at + (cell << 2), <f32>entropyOf(total, top, f64.load(record, 24), logClassCount));
  writeLosses(columns, cell << 3, isLast, label, prediction, record);
}

function writeLosses(columns: usize, at: usize, isLast: bool, label: i32, prediction: i32, record: usize): void {
  const brierAt = column(columns, brier);
  const gapAt = column(columns, brierGap);
  let score: f64 = 0;
  if (brierAt | gapAt) score = brierFor(record, f64.load(record, 40));
  if (brierAt) f64.store(brierAt + at, score);
  const topAt = column(columns, brierConsistencyTop);
  const scoreTop = topAt ? brierFor(record, f64.load(record, 48)) : 0;
  if (isLast) {
    fullPrediction = prediction;
    fullBrier = score;
    fullBrierTop = scoreTop;
  }
  if (gapAt) f64.store(gapAt + at, score - fullBrier);
  if (topAt) f64.store(topAt + at, scoreTop - fullBrierTop);
  let to = column(columns, predictionConsistency);
  if (to) f64.store(to + at, prediction == fullPrediction ? 0 : 1);
  to = column(columns, predictionGap);
  if (to) f64.store(to + at, <f64>(<i32>(prediction != label) - <i32>(fullPrediction != label)));
  to = column(columns, brierConsistency);
  if (to) f64.store(to + at, isLast ? 0 : squaredDistanceOf(f64.load(record, 64)));
  to = column(columns, hellinger);
  if (to) f64.store(to + at, isLast ? 0 : hellingerOf(f64.load(record, 56)));
}

function brierFor(record: usize, term: f64): f64 {
  return brierOf(f64.load(record), f64.load(record, 8), f64.load(record, 16), term);
}

@inline
function column(columns: usize, which: usize): usize {
  return i32.load(columns + which);
}
