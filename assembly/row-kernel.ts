/**
 * The hot loop over logits in SIMD WebAssembly (AssemblyScript): the recipe of src/kernels/logit-scorer.ts, four float32 lanes at a
 * time. Every float32 operation is that of the plain twin, in its order, so the two agree bit for bit; tests hold them to it.
 *
 * The host (src/kernels/simd-scorer.ts) lays out the memory: rows of logits, and working memory for one row. Past the last logit at
 * least 64 bytes must be readable; what stands there has no influence.
 */
import {
  constantBytes,
  reduced,
  roundingShift,
  scaledExponential,
  smallestExponent,
  storeConstants,
} from "./exponential";
import { joined, lowerLanes, upperLanes } from "./lane-totals";
import { findTwoLargest, lanesBelow, largest, positionOf, second } from "./largest";
import { asksForDistances, configureColumns, writeColumns } from "./table-columns";

/** From this size of the maximum on a row is shifted by it first. */
const largestUnshifted: f32 = 128;
/** Working memory in front of the groups: padded tail, constants, constants of the row, sums of distances. */
const headBytes: i32 = 64 + constantBytes + 80 + 64;

let classCount: i32 = 0;
/** One float32 number per class, padded to 16 numbers. */
let planeBytes: usize = 0;
let tail: usize = 0;
/** Vectors: what exponential.ts needs, then maximum, floor, two rounding shifts and 1/S of the row in all lanes. */
let constants: usize = 0;
let rowConstants: usize = 0;
/** Σ (√p − √q)² and Σ (p − q)² so far, two vectors each. */
let distanceSums: usize = 0;
/**
 * A group of sixteen classes holds six numbers of each, 64 bytes apart: d, the reduced logit u, its power of two, and t; p and √p of the
 * reference. One address then serves a loop.
 */
let groups: usize = 0;
let groupsEnd: usize = 0;
const exponents: usize = 0;
const remainders: usize = 64;
const powers: usize = 128;
const terms: usize = 192;
const shares: usize = 256;
const roots: usize = 320;
const groupBytes: usize = 384;
/** The two parts of a logit. */
let highs: usize = 0;
let rests: usize = 0;

/** The row that is open: its maximum is known, its terms are not. Where its float32 parts stand, and its shift. */
let row: usize = 0;
let openArgmax: i32 = 0;
let offset: f32 = 0;
let maximum: f32 = 0;
let maximumRest: f32 = 0;
let floor: f32 = 0;
/** The row that was read last: its term and S. */
let argmax: i32 = 0;
let top: f32 = 1;
let total: f64 = 1;
let referenceArgmax: i32 = 0;
let referenceTop: f32 = 1;
let referenceTotal: f64 = 1;

/** Bytes of working memory for rows of `classes` logits. */
export function workSize(classes: i32): i32 {
  return headBytes + 8 * paddedBytes(classes);
}

function paddedBytes(classes: i32): i32 {
  return ((classes + 15) & ~15) * 4;
}

/** @param work start of the working memory, a multiple of 16 */
export function configure(classes: i32, work: usize): void {
  classCount = classes;
  planeBytes = paddedBytes(classes);
  configureColumns(classes);
  tail = work;
  constants = work + 64;
  rowConstants = constants + constantBytes;
  storeConstants(constants);
  distanceSums = rowConstants + 80;
  groups = work + headBytes;
  groupsEnd = groups + (planeBytes >> 6) * groupBytes;
  highs = groupsEnd;
  rests = highs + planeBytes;
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
    if (isLast) referenceArgmax = argmax;
    if (isOpen) reduceOpen();
  } else if (isLast) keep(isOpen);
  else measure(record, isOpen);
  const label = labels ? i32.load(labels + (sample << 2)) : -1;
  if (labels) f64.store(record, term(label), 40);
  f64.store(record, term(referenceArgmax), 48);
  writeColumns(columns, cell, isLast, label, record);
}

/** Reads float32 logits and writes a record. Returns the argmax, or −1 when the row cannot be scored (NaN, +∞, −∞ only). */
export function read32(x: usize, record: usize): i32 {
  f64.store(record, -1, 72);
  if (!open32(x)) return -1;
  reduceOpen();
  return close32(record);
}

/** Finds the maximum of float32 logits and puts −∞ in its place. Returns false for a row that cannot be scored. */
function open32(x: usize): bool {
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
function close32(record: usize): i32 {
  f32.store(row + (openArgmax << 2), maximum);
  argmax = openArgmax;
  return writeSums(second - offset, 0, record);
}

/** The same for float64 logits. */
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

function setShift(rounded: f32, rest: f32): void {
  maximum = rounded;
  maximumRest = rest;
  floor = rounded + smallestExponent;
  const power = rounded * f32x4.extract_lane(v128.load(constants), 0) + roundingShift - roundingShift;
  v128.store(rowConstants, f32x4.splat(rounded));
  v128.store(rowConstants, f32x4.splat(floor), 16);
  v128.store(rowConstants, f32x4.splat(roundingShift - power), 32);
}

/** t of the class `index` of the row that was read last. */
export function term(index: i32): f64 {
  return f32.load(numbersOf(index), terms);
}

/** Where the six numbers of a class begin. */
@inline
function numbersOf(index: i32): usize {
  return groups + <usize>(index >> 4) * groupBytes + ((index & 15) << 2);
}

/** The groups that hold nothing but classes end here; one that is padded may follow. */
@inline
function wholeEnd(): usize {
  return groups + <usize>(classCount >> 4) * groupBytes;
}

/** t of a single logit, given in two parts. */
function termOf(value: f32, rest: f32): f32 {
  if (value < floor) {
    value = floor;
    rest = 0;
  }
  const x = f32x4.splat(value);
  const rounding = v128.load(rowConstants, 32);
  const power = f32x4.add(f32x4.mul(x, v128.load(constants)), rounding);
  return f32x4.extract_lane(exponentialOf(reducedPair(x, f32x4.splat(rest), f32x4.sub(power, rounding)), power), 0);
}

function reducedPair(x: v128, rest: v128, k: v128): v128 {
  const near = f32x4.sub(x, f32x4.mul(k, v128.load(constants, 16)));
  return f32x4.sub(near, f32x4.sub(f32x4.mul(k, v128.load(constants, 32)), rest));
}

function exponentialOf(u: v128, power: v128): v128 {
  return scaledExponential(
    u,
    power,
    v128.load(constants, 48),
    v128.load(constants, 64),
    v128.load(constants, 80),
    v128.load(constants, 96),
    v128.load(constants, 112),
    v128.load(constants, 128),
  );
}

/**
 * d, u and the power of two of the open row. This loop, that of the terms and that of the sums are three: in one, what it needs would not
 * fit the 16 registers that V8 uses, and it would take twice the time.
 */
function reduceOpen(): void {
  reduceGroups(row, groups, wholeEnd());
  if (wholeEnd() < groupsEnd) reduceGroups(openTail(), wholeEnd(), groupsEnd);
}

function reduceGroups(from: usize, start: usize, end: usize): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const vm = v128.load(rowConstants);
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  for (let at = start; at < end; at += groupBytes, from += 64) {
    reduceGroup(from, at, inverse, ln2High, ln2Low, vm, vfloor, rounding);
  }
}

@inline
function reduceGroup(
  from: usize,
  at: usize,
  inverse: v128,
  ln2High: v128,
  ln2Low: v128,
  vm: v128,
  vfloor: v128,
  rounding: v128,
): void {
  let x = f32x4.pmax(v128.load(from), vfloor);
  let power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents);
  v128.store(at, power, powers);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders);

  x = f32x4.pmax(v128.load(from, 16), vfloor);
  power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents + 16);
  v128.store(at, power, powers + 16);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders + 16);

  x = f32x4.pmax(v128.load(from, 32), vfloor);
  power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents + 32);
  v128.store(at, power, powers + 32);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders + 32);

  x = f32x4.pmax(v128.load(from, 48), vfloor);
  power = f32x4.add(f32x4.mul(x, inverse), rounding);
  v128.store(at, f32x4.sub(x, vm), exponents + 48);
  v128.store(at, power, powers + 48);
  v128.store(at, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), remainders + 48);
}

/** The last logits of the open row that fill no group, followed by masked ones. */
function openTail(): usize {
  const from = row + ((classCount & ~15) << 2);
  const count = classCount & 15;
  const masked = f32x4.splat(-Infinity);
  for (let i = 0; i < 4; i++) {
    const v = v128.bitselect(v128.load(from + (i << 4)), masked, lanesBelow(count - (i << 2)));
    v128.store(tail + (i << 4), v);
  }
  return tail;
}

/** The same of logits in two parts. */
function reducePairs(): void {
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  const maximumRests = f32x4.splat(maximumRest);
  for (let i: usize = 0; i < planeBytes; i += 16) {
    const given = v128.load(highs + i);
    const isBelow = f32x4.lt(given, vfloor);
    const x = f32x4.pmax(given, vfloor);
    const rest = v128.load(rests + i);
    const power = f32x4.add(f32x4.mul(x, v128.load(constants)), rounding);
    const at = numbersOf(<i32>(i >> 2));
    v128.store(at, power, powers);
    v128.store(at, reducedPair(x, v128.andnot(rest, isBelow), f32x4.sub(power, rounding)), remainders);
    const restBelow = v128.andnot(f32x4.sub(rest, maximumRests), isBelow);
    v128.store(at, f32x4.add(f32x4.sub(x, v128.load(rowConstants)), restBelow), exponents);
  }
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

/** t from u and its power of two. */
function raiseTerms(): void {
  const c6 = v128.load(constants, 48);
  const c5 = v128.load(constants, 64);
  const c4 = v128.load(constants, 80);
  const c3 = v128.load(constants, 96);
  const c2 = v128.load(constants, 112);
  const one = v128.load(constants, 128);
  for (let at = groups; at < groupsEnd; at += groupBytes) {
    v128.store(at, scaledExponential(v128.load(at, remainders), v128.load(at, powers), c6, c5, c4, c3, c2, one), terms);
    v128.store(at, scaledExponential(v128.load(at, remainders + 16), v128.load(at, powers + 16), c6, c5, c4, c3, c2, one), terms + 16);
    v128.store(at, scaledExponential(v128.load(at, remainders + 32), v128.load(at, powers + 32), c6, c5, c4, c3, c2, one), terms + 32);
    v128.store(at, scaledExponential(v128.load(at, remainders + 48), v128.load(at, powers + 48), c6, c5, c4, c3, c2, one), terms + 48);
  }
}

/** Σ t, Σ t² and Σ t·d from t and d. */
function sumTerms(record: usize): void {
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let q0 = t0;
  let q1 = t0;
  let w0 = t0;
  let w1 = t0;
  for (let at = groups; at < groupsEnd; at += groupBytes) {
    let t = v128.load(at, terms);
    let ts = t;
    let qs = f32x4.mul(t, t);
    let ws = f32x4.mul(t, v128.load(at, exponents));

    t = v128.load(at, terms + 16);
    ts = f32x4.add(ts, t);
    qs = f32x4.add(qs, f32x4.mul(t, t));
    ws = f32x4.add(ws, f32x4.mul(t, v128.load(at, exponents + 16)));

    t = v128.load(at, terms + 32);
    const tsLater = t;
    const qsLater = f32x4.mul(t, t);
    const wsLater = f32x4.mul(t, v128.load(at, exponents + 32));

    t = v128.load(at, terms + 48);
    ts = f32x4.add(ts, f32x4.add(tsLater, t));
    qs = f32x4.add(qs, f32x4.add(qsLater, f32x4.mul(t, t)));
    ws = f32x4.add(ws, f32x4.add(wsLater, f32x4.mul(t, v128.load(at, exponents + 48))));

    t0 = f64x2.add(t0, lowerLanes(ts));
    t1 = f64x2.add(t1, upperLanes(ts));
    q0 = f64x2.add(q0, lowerLanes(qs));
    q1 = f64x2.add(q1, upperLanes(qs));
    w0 = f64x2.add(w0, lowerLanes(ws));
    w1 = f64x2.add(w1, upperLanes(ws));
  }
  f64.store(record, joined(t0, t1));
  f64.store(record, joined(q0, q1), 16);
  f64.store(record, joined(w0, w1), 24);
}

/** Keeps the row that was read last as the reference of `compare`. */
export function keepReference(): void {
  keep(false);
}

/** Measures the row that was read last against the reference: Σ (√p − √q)² and Σ (p − q)² go into the record. */
export function compare(record: usize): void {
  measure(record, false);
}

/** Keeps the reference and reduces the open row, if there is one. */
function keep(isOpen: bool): void {
  referenceArgmax = argmax;
  referenceTop = top;
  referenceTotal = total;
  const scale = shareScale();
  if (isOpen) {
    keepGroups(row, groups, wholeEnd(), scale, true);
    if (wholeEnd() < groupsEnd) keepGroups(openTail(), wholeEnd(), groupsEnd, scale, true);
  } else keepGroups(0, groups, groupsEnd, scale, false);
  f32.store(numbersOf(argmax), 0, shares);
  f32.store(numbersOf(argmax), 0, roots);
}

/** @param isOpen known where it is compiled, so that there are two loops */
@inline
function keepGroups(from: usize, start: usize, end: usize, scale: v128, isOpen: bool): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const vm = v128.load(rowConstants);
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  for (let at = start; at < end; at += groupBytes, from += 64) {
    for (let i: usize = at; i < at + 64; i += 16) {
      const share = f32x4.mul(v128.load(i, terms), scale);
      v128.store(i, share, shares);
      v128.store(i, f32x4.sqrt(share), roots);
    }
    if (isOpen) reduceGroup(from, at, inverse, ln2High, ln2Low, vm, vfloor, rounding);
  }
}

/** 1/S in float32 in all lanes: times t it gives p. By way of memory, or it would be computed in every turn of the loop. */
function shareScale(): v128 {
  v128.store(rowConstants, f32x4.splat(<f32>(1 / total)), 64);
  return v128.load(rowConstants, 64);
}

/** Measures the row that was read last and reduces the open one, if there is one. The two maxima are added in float64. */
function measure(record: usize, isOpen: bool): void {
  const same = argmax == referenceArgmax;
  const own = numbersOf(argmax);
  const other = numbersOf(referenceArgmax);
  const here = f32.load(other, terms);
  const keptShare = f32.load(own, shares);
  const keptRoot = f32.load(own, roots);
  f32.store(own, 0, terms);
  f32.store(other, 0, terms);
  f32.store(own, 0, shares);
  f32.store(own, 0, roots);
  sumDistances(record, isOpen);
  f32.store(own, keptShare, shares);
  f32.store(own, keptRoot, roots);
  f32.store(other, here, terms);
  f32.store(own, top, terms);
  const there: f64 = same ? <f64>referenceTop / referenceTotal : keptShare;
  addClass(record, <f64>top / total, there);
  if (!same) addClass(record, <f64>here / total, <f64>referenceTop / referenceTotal);
}

function sumDistances(record: usize, isOpen: bool): void {
  for (let i: usize = 0; i < 64; i += 16) v128.store(distanceSums + i, f64x2.splat(0));
  const scale = shareScale();
  if (isOpen) {
    measureGroups(row, groups, wholeEnd(), scale, true);
    if (wholeEnd() < groupsEnd) measureGroups(openTail(), wholeEnd(), groupsEnd, scale, true);
  } else measureGroups(0, groups, groupsEnd, scale, false);
  f64.store(record, joined(v128.load(distanceSums), v128.load(distanceSums, 16)), 56);
  f64.store(record, joined(v128.load(distanceSums, 32), v128.load(distanceSums, 48)), 64);
}

/** As `keepGroups`. Sums are kept in memory, which leaves the registers to the rest. */
@inline
function measureGroups(from: usize, start: usize, end: usize, scale: v128, isOpen: bool): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const vm = v128.load(rowConstants);
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  const sums = distanceSums;
  for (let at = start; at < end; at += groupBytes, from += 64) {
    let p = f32x4.mul(v128.load(at, terms), scale);
    let difference = f32x4.sub(p, v128.load(at, shares));
    let apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots));
    let ss = f32x4.mul(difference, difference);
    let rs = f32x4.mul(apart, apart);

    p = f32x4.mul(v128.load(at, terms + 16), scale);
    difference = f32x4.sub(p, v128.load(at, shares + 16));
    apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots + 16));
    ss = f32x4.add(ss, f32x4.mul(difference, difference));
    rs = f32x4.add(rs, f32x4.mul(apart, apart));

    p = f32x4.mul(v128.load(at, terms + 32), scale);
    difference = f32x4.sub(p, v128.load(at, shares + 32));
    apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots + 32));
    const ssLater = f32x4.mul(difference, difference);
    const rsLater = f32x4.mul(apart, apart);

    p = f32x4.mul(v128.load(at, terms + 48), scale);
    difference = f32x4.sub(p, v128.load(at, shares + 48));
    apart = f32x4.sub(f32x4.sqrt(p), v128.load(at, roots + 48));
    ss = f32x4.add(ss, f32x4.add(ssLater, f32x4.mul(difference, difference)));
    rs = f32x4.add(rs, f32x4.add(rsLater, f32x4.mul(apart, apart)));

    v128.store(sums, f64x2.add(v128.load(sums), lowerLanes(rs)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), upperLanes(rs)), 16);
    v128.store(sums, f64x2.add(v128.load(sums, 32), lowerLanes(ss)), 32);
    v128.store(sums, f64x2.add(v128.load(sums, 48), upperLanes(ss)), 48);
    if (isOpen) reduceGroup(from, at, inverse, ln2High, ln2Low, vm, vfloor, rounding);
  }
}

/** Adds one class in float64, given its probability in the row and in the reference. */
function addClass(record: usize, share: f64, referenceShare: f64): void {
  const difference = share - referenceShare;
  const roots = sqrt(share) - sqrt(referenceShare);
  f64.store(record, f64.load(record, 56) + roots * roots, 56);
  f64.store(record, f64.load(record, 64) + difference * difference, 64);
}
