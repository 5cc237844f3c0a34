/**
 * Rows of logits, one open and one read. A row is open when its maximum is known and its terms are not; it is reduced while the one before is
 * measured, and read when its record is written.
 */
import { findTwoLargest, lanesBelow, largest, positionOf, second } from "./largest";
import {
  classCount,
  groups,
  groupsEnd,
  highs,
  numbersOf,
  planeBytes,
  rests,
  tail,
  terms,
  wholeEnd,
} from "./row-layout";
import { maximum, maximumRest, raiseTerms, reduceGroups, reducePairs, setShift, sumTerms, termOf } from "./row-terms";

/** From this size of the maximum on a row is shifted by it first. */
const largestUnshifted: f32 = 128;

/** The open row: where its float32 parts stand, and its shift. */
export let row: usize = 0;
let openArgmax: i32 = 0;
let offset: f32 = 0;
/** The row that was read last: its argmax, the term of that, and S. */
export let argmax: i32 = 0;
export let top: f32 = 1;
export let total: f64 = 1;

/** Reads float32 logits and writes a record. Returns the argmax, or −1 when the row cannot be scored (NaN, +∞, −∞ only). */
export function read32(x: usize, record: usize): i32 {
  f64.store(record, -1, 72);
  if (!open32(x)) return -1;
  reduceOpen();
  return close32(record);
}

/** Finds the maximum of float32 logits and puts −∞ in its place. Returns false for a row that cannot be scored. */
export function open32(x: usize): bool {
  findTwoLargest(x, classCount);
  if (largest == -Infinity || largest == Infinity) return false;
  openArgmax = positionOf(x, classCount, largest);
  row = x;
  offset = 0;
  if (abs(largest) >= largestUnshifted) {
    offset = largest;
    const shift = f32x4.splat(offset);
    for (let i: usize = 0; i < planeBytes; i += 16) v128.store(highs + i, f32x4.sub(v128.load(x + i), shift));
    row = highs;
  }
  setShift(largest - offset, 0);
  f32.store(row + (openArgmax << 2), -Infinity);
  return true;
}

/** The record of the open row, which was reduced. Returns the argmax, −1 if a logit was NaN. */
export function close32(record: usize): i32 {
  f32.store(row + (openArgmax << 2), maximum);
  argmax = openArgmax;
  return writeSums(second - offset, 0, record);
}

/** As `read32`, for float64 logits. */
export function read64(x: usize, record: usize): i32 {
  f64.store(record, -1, 72);
  let first: f64 = -Infinity;
  let next: f64 = -Infinity;
  let at: i32 = -1;
  for (let i = 0; i < classCount; i++) {
    const value = f64.load(x + (i << 3));
    if (value > first) {
      next = first;
      first = value;
      at = i;
    } else if (value > next) next = value;
    else if (value != value) return -1;
  }
  if (at < 0 || first == Infinity) return -1;
  argmax = at;
  const offset = abs(first) < <f64>largestUnshifted ? 0 : first;
  const rounded = <f32>(first - offset);
  setShift(rounded, <f32>(first - offset - <f64>rounded));
  for (let i = 0; i < classCount; i++) splitInto(f64.load(x + (i << 3)) - offset, highs + (i << 2), rests + (i << 2));
  for (let i: usize = classCount * 4; i < planeBytes; i += 4) splitInto(-Infinity, highs + i, rests + i);
  splitInto(-Infinity, highs + (at << 2), rests + (at << 2));
  reducePairs();
  splitInto(next - offset, tail, tail + 4);
  return writeSums(f32.load(tail), f32.load(tail, 4), record);
}

/** x as the sum of two float32 numbers. */
function splitInto(x: f64, highAt: usize, restAt: usize): void {
  const rounded = <f32>x;
  f32.store(highAt, rounded);
  f32.store(restAt, <f32>(x - <f64>rounded));
}

/**
 * d, u and the power of two of the open row. This loop, that of the terms and that of the sums are three: in one, what it needs would not
 * fit the 16 registers that V8 uses, and it would take twice the time.
 */
export function reduceOpen(): void {
  reduceGroups(row, groups, wholeEnd());
  if (wholeEnd() < groupsEnd) reduceGroups(openTail(), wholeEnd(), groupsEnd);
}

/** The last logits of the open row that fill no group, followed by masked ones. */
export function openTail(): usize {
  const from = row + ((classCount & ~15) << 2);
  const count = classCount & 15;
  const masked = f32x4.splat(-Infinity);
  for (let i = 0; i < 4; i++) {
    const v = v128.bitselect(v128.load(from + (i << 4)), masked, lanesBelow(count - (i << 2)));
    v128.store(tail + (i << 4), v);
  }
  return tail;
}

/** The record of the row whose reduced logits are there, given its second largest logit. Returns the argmax, −1 if a logit was NaN. */
function writeSums(next: f32, nextRest: f32, record: usize): i32 {
  raiseTerms();
  sumTerms(record);
  top = termOf(maximum, maximumRest);
  total = <f64>top + f64.load(record);
  const weighted = f64.load(record, 24);
  if (weighted != weighted) return -1;
  f32.store(numbersOf(argmax), top, terms);
  f64.store(record, total);
  f64.store(record, top, 8);
  f64.store(record, termOf(next, nextRest), 32);
  f64.store(record, argmax, 72);
  return argmax;
}

/** t of the class `index` of the row that was read last. */
export function term(index: i32): f64 {
  return f32.load(numbersOf(index), terms);
}
