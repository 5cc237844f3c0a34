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

/** From this size of the maximum on a row is shifted by it first. */
const largestUnshifted: f32 = 128;
/** Float64 numbers that a row leaves behind: see `writeSums` and `scoreBlock`. */
const recordBytes: usize = 80;
/** Working memory in front of the planes: padded tail, constants, constants of the row. */
const headBytes: i32 = 64 + constantBytes + 80;

let classCount: i32 = 0;
/** A plane holds one float32 number per class, padded to 16 numbers. */
let planeBytes: usize = 0;
let tail: usize = 0;
/** Vectors: what exponential.ts needs, then maximum, floor, two rounding shifts and 1/S of the row in all lanes. */
let constants: usize = 0;
let rowConstants: usize = 0;
/** d, the reduced logit u, its power of two, and t; p and √p of the reference; the two parts of a logit. */
let exponents: usize = 0;
let remainders: usize = 0;
let powers: usize = 0;
let terms: usize = 0;
let referenceShares: usize = 0;
let referenceRoots: usize = 0;
let highs: usize = 0;
let rests: usize = 0;

/** The row that was read last: where its float32 parts stand, its maximum and floor, its term and S. */
let row: usize = 0;
let maximum: f32 = 0;
let maximumRest: f32 = 0;
let floor: f32 = 0;
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
  tail = work;
  constants = work + 64;
  rowConstants = constants + constantBytes;
  storeConstants(constants);
  exponents = work + headBytes;
  remainders = exponents + planeBytes;
  powers = remainders + planeBytes;
  terms = powers + planeBytes;
  referenceShares = terms + planeBytes;
  referenceRoots = referenceShares + planeBytes;
  highs = referenceRoots + planeBytes;
  rests = highs + planeBytes;
}

/**
 * Reads all rows of `samples` × `exits`, of each sample the last exit first, which the others are compared with if `distances` is not 0.
 * Of each row, `records` gets S, the term of the maximum, Σ t², Σ t·d, the term of the second largest logit, of the sample's label and of
 * the last exit's maximum, Σ (√p − √q)², Σ (p − q)², and the argmax: −1 where it ends, for a row that cannot be scored.
 *
 * @param is64 not 0 for float64 logits
 * @param labels int32 per sample, or 0
 */
export function scoreBlock(
  x: usize,
  is64: i32,
  samples: i32,
  exits: i32,
  labels: usize,
  distances: i32,
  records: usize,
): void {
  const rowBytes: usize = classCount << (is64 ? 3 : 2);
  for (let sample = 0; sample < samples; sample++) {
    for (let exit = exits - 1; exit >= 0; exit--) {
      const index: usize = sample * exits + exit;
      const record = records + index * recordBytes;
      const found = is64 ? read64(x + index * rowBytes, record) : read32(x + index * rowBytes, record);
      if (found < 0) return;
      if (exit == exits - 1) {
        referenceArgmax = found;
        if (distances) keepReference();
      } else if (distances) compare(record);
      if (labels) f64.store(record, term(i32.load(labels + (sample << 2))), 40);
      f64.store(record, term(referenceArgmax), 48);
    }
  }
}

/** Reads float32 logits and writes a record. Returns the argmax, or −1 when the row cannot be scored (NaN, +∞, −∞ only). */
export function read32(x: usize, record: usize): i32 {
  f64.store(record, -1, 72);
  findTwoLargest(x, classCount);
  if (largest == -Infinity || largest == Infinity) return -1;
  argmax = positionOf(x, classCount, largest);
  row = x;
  let offset: f32 = 0;
  if (abs(largest) >= largestUnshifted) {
    offset = largest;
    const shift = f32x4.splat(offset);
    for (let i: usize = 0; i < planeBytes; i += 16) v128.store(highs + i, f32x4.sub(v128.load(x + i), shift));
    row = highs;
  }
  setShift(largest - offset, 0);
  const at = row + argmax * 4;
  f32.store(at, -Infinity);
  const whole: usize = (classCount & ~15) * 4;
  reduceRow(row, 0, whole);
  if (classCount & 15) reduceRow(paddedTail(row + whole, classCount & 15), whole, 64);
  f32.store(at, maximum);
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
  return f32.load(terms + (index << 2));
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
 * d, u and the power of two of `bytes` of float32 logits, a multiple of 64. This loop, that of the terms and that of the sums are three:
 * in one, what it needs would not fit the 16 registers that V8 uses, and it would take twice the time.
 */
function reduceRow(from: usize, at: usize, bytes: usize): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const vm = v128.load(rowConstants);
  const vfloor = v128.load(rowConstants, 16);
  const rounding = v128.load(rowConstants, 32);
  let d = exponents + at;
  let u = remainders + at;
  let y = powers + at;
  for (const end = from + bytes; from < end; from += 64, d += 64, u += 64, y += 64) {
    let x = f32x4.pmax(v128.load(from), vfloor);
    let power = f32x4.add(f32x4.mul(x, inverse), rounding);
    v128.store(d, f32x4.sub(x, vm));
    v128.store(y, power);
    v128.store(u, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low));

    x = f32x4.pmax(v128.load(from, 16), vfloor);
    power = f32x4.add(f32x4.mul(x, inverse), rounding);
    v128.store(d, f32x4.sub(x, vm), 16);
    v128.store(y, power, 16);
    v128.store(u, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), 16);

    x = f32x4.pmax(v128.load(from, 32), vfloor);
    power = f32x4.add(f32x4.mul(x, inverse), rounding);
    v128.store(d, f32x4.sub(x, vm), 32);
    v128.store(y, power, 32);
    v128.store(u, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), 32);

    x = f32x4.pmax(v128.load(from, 48), vfloor);
    power = f32x4.add(f32x4.mul(x, inverse), rounding);
    v128.store(d, f32x4.sub(x, vm), 48);
    v128.store(y, power, 48);
    v128.store(u, reduced(x, f32x4.sub(power, rounding), ln2High, ln2Low), 48);
  }
}

/** The last `count` logits, followed by masked ones up to 16. */
function paddedTail(from: usize, count: i32): usize {
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
    v128.store(powers + i, power);
    v128.store(remainders + i, reducedPair(x, v128.andnot(rest, isBelow), f32x4.sub(power, rounding)));
    const restBelow = v128.andnot(f32x4.sub(rest, maximumRests), isBelow);
    v128.store(exponents + i, f32x4.add(f32x4.sub(x, v128.load(rowConstants)), restBelow));
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
  f32.store(terms + (argmax << 2), top);
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
  let u = remainders;
  let y = powers;
  for (let t = terms, end = terms + planeBytes; t < end; t += 32, u += 32, y += 32) {
    v128.store(t, scaledExponential(v128.load(u), v128.load(y), c6, c5, c4, c3, c2, one));
    v128.store(t, scaledExponential(v128.load(u, 16), v128.load(y, 16), c6, c5, c4, c3, c2, one), 16);
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
  let from = exponents;
  for (let at = terms, end = terms + planeBytes; at < end; at += 64, from += 64) {
    let t = v128.load(at);
    let ts = t;
    let qs = f32x4.mul(t, t);
    let ws = f32x4.mul(t, v128.load(from));

    t = v128.load(at, 16);
    ts = f32x4.add(ts, t);
    qs = f32x4.add(qs, f32x4.mul(t, t));
    ws = f32x4.add(ws, f32x4.mul(t, v128.load(from, 16)));

    t = v128.load(at, 32);
    const tsLater = t;
    const qsLater = f32x4.mul(t, t);
    const wsLater = f32x4.mul(t, v128.load(from, 32));

    t = v128.load(at, 48);
    ts = f32x4.add(ts, f32x4.add(tsLater, t));
    qs = f32x4.add(qs, f32x4.add(qsLater, f32x4.mul(t, t)));
    ws = f32x4.add(ws, f32x4.add(wsLater, f32x4.mul(t, v128.load(from, 48))));

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
  referenceArgmax = argmax;
  referenceTop = top;
  referenceTotal = total;
  const scale = shareScale();
  for (let i: usize = 0; i < planeBytes; i += 16) {
    const share = f32x4.mul(v128.load(terms + i), scale);
    v128.store(referenceShares + i, share);
    v128.store(referenceRoots + i, f32x4.sqrt(share));
  }
  f32.store(referenceShares + (argmax << 2), 0);
  f32.store(referenceRoots + (argmax << 2), 0);
}

/** 1/S in float32 in all lanes: times t it gives p. By way of memory, or it would be computed in every turn of the loop. */
function shareScale(): v128 {
  v128.store(rowConstants, f32x4.splat(<f32>(1 / total)), 64);
  return v128.load(rowConstants, 64);
}

/** Measures the row that was read last against the reference: Σ (√p − √q)² and Σ (p − q)² go into the record. */
export function compare(record: usize): void {
  const same = argmax == referenceArgmax;
  const own = terms + (argmax << 2);
  const other = terms + (referenceArgmax << 2);
  const share = referenceShares + (argmax << 2);
  const root = referenceRoots + (argmax << 2);
  const here = f32.load(other);
  const keptShare = f32.load(share);
  const keptRoot = f32.load(root);
  f32.store(own, 0);
  f32.store(other, 0);
  f32.store(share, 0);
  f32.store(root, 0);
  sumDistances(record);
  f32.store(share, keptShare);
  f32.store(root, keptRoot);
  f32.store(other, here);
  f32.store(own, top);
  const there: f64 = same ? <f64>referenceTop / referenceTotal : keptShare;
  addClass(record, <f64>top / total, there);
  if (!same) addClass(record, <f64>here / total, <f64>referenceTop / referenceTotal);
}

function sumDistances(record: usize): void {
  const scale = shareScale();
  let r0 = f64x2.splat(0);
  let r1 = r0;
  let s0 = r0;
  let s1 = r0;
  let share = referenceShares;
  let root = referenceRoots;
  for (let at = terms, end = terms + planeBytes; at < end; at += 64, share += 64, root += 64) {
    let p = f32x4.mul(v128.load(at), scale);
    let difference = f32x4.sub(p, v128.load(share));
    let roots = f32x4.sub(f32x4.sqrt(p), v128.load(root));
    let ss = f32x4.mul(difference, difference);
    let rs = f32x4.mul(roots, roots);

    p = f32x4.mul(v128.load(at, 16), scale);
    difference = f32x4.sub(p, v128.load(share, 16));
    roots = f32x4.sub(f32x4.sqrt(p), v128.load(root, 16));
    ss = f32x4.add(ss, f32x4.mul(difference, difference));
    rs = f32x4.add(rs, f32x4.mul(roots, roots));

    p = f32x4.mul(v128.load(at, 32), scale);
    difference = f32x4.sub(p, v128.load(share, 32));
    roots = f32x4.sub(f32x4.sqrt(p), v128.load(root, 32));
    const ssLater = f32x4.mul(difference, difference);
    const rsLater = f32x4.mul(roots, roots);

    p = f32x4.mul(v128.load(at, 48), scale);
    difference = f32x4.sub(p, v128.load(share, 48));
    roots = f32x4.sub(f32x4.sqrt(p), v128.load(root, 48));
    ss = f32x4.add(ss, f32x4.add(ssLater, f32x4.mul(difference, difference)));
    rs = f32x4.add(rs, f32x4.add(rsLater, f32x4.mul(roots, roots)));

    r0 = f64x2.add(r0, lowerLanes(rs));
    r1 = f64x2.add(r1, upperLanes(rs));
    s0 = f64x2.add(s0, lowerLanes(ss));
    s1 = f64x2.add(s1, upperLanes(ss));
  }
  f64.store(record, joined(r0, r1), 56);
  f64.store(record, joined(s0, s1), 64);
}

/** Adds one class in float64, given its probability in the row and in the reference. */
function addClass(record: usize, share: f64, referenceShare: f64): void {
  const difference = share - referenceShare;
  const roots = sqrt(share) - sqrt(referenceShare);
  f64.store(record, f64.load(record, 56) + roots * roots, 56);
  f64.store(record, f64.load(record, 64) + difference * difference, 64);
}
