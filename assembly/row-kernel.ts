/**
 * The hot loop over logits in SIMD WebAssembly (AssemblyScript): the recipe of src/kernels/logit-scorer.ts, four float32 lanes at a
 * time. Every float32 operation is that of the plain twin, in its order, so the two agree bit for bit; tests hold them to it.
 *
 * The host (src/kernels/simd-scorer.ts) lays out the memory: rows of logits, and working memory for one row. Past the last logit at
 * least 64 bytes must be readable; what stands there has no influence.
 */
import {
  constantBytes,
  halfTerm,
  polynomial,
  shiftedPower,
  smallestExponent,
  storeConstants,
  wholeTerm,
} from "./exponential";
import { joined, lowerLanes, upperLanes } from "./lane-totals";
import { findTwoLargest, lanesBelow, largest, positionOf, second } from "./largest";

/** From this size of the maximum on a row is shifted by it first. */
const largestUnshifted: f32 = 128;

let classCount: i32 = 0;
/** Float32 rows padded to 16 numbers: own and reference h, reference √p, the two parts of a logit, d, w; and a padded tail. */
let ownHalves: usize = 0;
let referenceHalves: usize = 0;
let referenceRoots: usize = 0;
let highs: usize = 0;
let rests: usize = 0;
let exponents: usize = 0;
let halfPowers: usize = 0;
let tail: usize = 0;
/** Float64: S, Σ t², Σ t·d, t of the second largest, Σ (√p − √q)², Σ (p − q)². */
let results: usize = 0;
/** Vectors: what exponential.ts needs, then maximum, high, low, floor and 1/√S of the row in all lanes. */
let constants: usize = 0;
let rowConstants: usize = 0;

/** The row that was read last: where its float32 parts stand, its maximum as `RowShift` says. */
let row: usize = 0;
let isPair: bool = false;
let maximum: f32 = 0;
let maximumRest: f32 = 0;
let high: f32 = 0;
let low: f32 = 0;
let floor: f32 = 0;
let argmax: i32 = 0;
let total: f64 = 1;
let referenceArgmax: i32 = 0;
let referenceTotal: f64 = 1;

/** Bytes of working memory for rows of `classes` logits. */
export function workSize(classes: i32): i32 {
  return 7 * paddedBytes(classes) + 384;
}

function paddedBytes(classes: i32): i32 {
  return ((classes + 15) & ~15) * 4;
}

/** @param work start of the working memory, a multiple of 16; its first 48 bytes are the results */
export function configure(classes: i32, work: usize): void {
  const padded: usize = paddedBytes(classes);
  classCount = classes;
  results = work;
  tail = work + 64;
  constants = work + 128;
  rowConstants = constants + constantBytes;
  storeConstants(constants);
  ownHalves = work + 384;
  referenceHalves = ownHalves + padded;
  referenceRoots = referenceHalves + padded;
  highs = referenceRoots + padded;
  rests = highs + padded;
  exponents = rests + padded;
  halfPowers = exponents + padded;
}

/** Reads float32 logits. Returns the argmax, or −1 when the row cannot be scored (NaN, +∞, −∞ only). */
export function read32(x: usize): i32 {
  findTwoLargest(x, classCount);
  if (largest == -Infinity || largest == Infinity) return -1;
  argmax = positionOf(x, classCount, largest);
  let next = second;
  row = x;
  isPair = false;
  if (abs(largest) < largestUnshifted) setShift(largest, 0);
  else {
    const offset = f32x4.splat(largest);
    for (let i: usize = 0, end: usize = classCount * 4; i < end; i += 16) {
      v128.store(highs + i, f32x4.sub(v128.load(x + i), offset));
    }
    row = highs;
    next -= largest;
    setShift(0, 0);
  }
  const top = row + argmax * 4;
  f32.store(top, -Infinity);
  raiseRow();
  sumRow();
  f32.store(top, maximum);
  f64.store(results, termOf(next, 0), 24);
  return total == total ? argmax : -1;
}

/** The same for float64 logits. */
export function read64(x: usize): i32 {
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
  isPair = true;
  row = highs;
  const offset = abs(first) < <f64>largestUnshifted ? 0 : first;
  const rounded = <f32>(first - offset);
  setShift(rounded, <f32>(first - offset - <f64>rounded));
  for (let i = 0; i < classCount; i++) splitInto(f64.load(x + (i << 3)) - offset, highs + (i << 2), rests + (i << 2));
  const end: usize = paddedBytes(classCount);
  for (let i: usize = classCount * 4; i < end; i += 4) splitInto(-Infinity, highs + i, rests + i);
  splitInto(-Infinity, highs + (at << 2), rests + (at << 2));
  raisePairs();
  sumRow();
  splitInto(next - offset, tail, tail + 4);
  f64.store(results, termOf(f32.load(tail), f32.load(tail, 4)), 24);
  return argmax;
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
  high = rounded + 384 - 384;
  low = rounded - high;
  floor = rounded + smallestExponent;
  v128.store(rowConstants, f32x4.splat(maximum));
  v128.store(rowConstants, f32x4.splat(high), 16);
  v128.store(rowConstants, f32x4.splat(low), 32);
  v128.store(rowConstants, f32x4.splat(floor), 48);
}

/** t of the class `index` of the row that was read last. */
export function term(index: i32): f64 {
  if (index == argmax) return 1;
  const at: usize = index << 2;
  return termOf(f32.load(row + at), isPair ? f32.load(rests + at) : 0);
}

function termOf(value: f32, restOf: f32): f64 {
  const isBelow = value < floor;
  if (isBelow) value = floor;
  const rest: f32 = isBelow ? 0 : restOf - maximumRest;
  const d = f32x4.splat(value - maximum + rest);
  const power = shiftedPower(d, v128.load(constants), v128.load(constants, 16));
  const w = halfPowerOfPair(f32x4.splat(value), f32x4.splat(rest), power);
  return f32x4.extract_lane(wholeTerm(w, power, v128.load(constants, 160)), 0);
}

/** w of a logit in two parts; `rest` is its second less the maximum's. */
function halfPowerOfPair(x: v128, rest: v128, power: v128): v128 {
  const k = f32x4.sub(power, v128.load(constants, 16));
  const near = f32x4.sub(x, f32x4.add(f32x4.mul(k, v128.load(constants, 32)), v128.load(rowConstants, 16)));
  const low = f32x4.add(f32x4.mul(k, v128.load(constants, 48)), v128.load(rowConstants, 32));
  return polynomial(
    f32x4.sub(near, f32x4.sub(low, rest)),
    v128.load(constants, 64),
    v128.load(constants, 80),
    v128.load(constants, 96),
    v128.load(constants, 112),
    v128.load(constants, 128),
    v128.load(constants, 144),
  );
}

/**
 * d and w of float32 logits. A loop of its own: together with the sums below, a turn would be too long for a processor to have several of
 * them in flight, and waiting for results it would take twice the time.
 */
function raiseRow(): void {
  const inverse = v128.load(constants);
  const rounding = v128.load(constants, 16);
  const twoLn2High = v128.load(constants, 32);
  const twoLn2Low = v128.load(constants, 48);
  const c6 = v128.load(constants, 64);
  const c5 = v128.load(constants, 80);
  const c4 = v128.load(constants, 96);
  const c3 = v128.load(constants, 112);
  const c2 = v128.load(constants, 128);
  const half = v128.load(constants, 144);
  const vm = v128.load(rowConstants);
  const vhigh = v128.load(rowConstants, 16);
  const vlow = v128.load(rowConstants, 32);
  const vfloor = v128.load(rowConstants, 48);
  const whole: usize = (classCount & ~15) * 4;
  const end: usize = paddedBytes(classCount);
  let from = row;
  for (let i: usize = 0; i < end; i += 16, from += 16) {
    if (i == whole) from = padTail(from, classCount & 15);
    const x = f32x4.pmax(v128.load(from), vfloor);
    const d = f32x4.sub(x, vm);
    const k = f32x4.sub(shiftedPower(d, inverse, rounding), rounding);
    let u = f32x4.sub(x, f32x4.add(f32x4.mul(k, twoLn2High), vhigh));
    u = f32x4.sub(u, f32x4.add(f32x4.mul(k, twoLn2Low), vlow));
    v128.store(exponents + i, d);
    v128.store(halfPowers + i, polynomial(u, c6, c5, c4, c3, c2, half));
  }
}

/** h, and Σ t, Σ t² and Σ t·d, from d and w. */
function sumRow(): void {
  const inverse = v128.load(constants);
  const rounding = v128.load(constants, 16);
  const one = v128.load(constants, 160);
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let q0 = t0;
  let q1 = t0;
  let w0 = t0;
  let w1 = t0;
  const end: usize = paddedBytes(classCount);
  for (let i: usize = 0; i < end; i += 64) {
    let d = v128.load(exponents + i);
    let w = v128.load(halfPowers + i);
    let power = shiftedPower(d, inverse, rounding);
    v128.store(ownHalves + i, halfTerm(w, power, one));
    let t = wholeTerm(w, power, one);
    let ts = t;
    let qs = f32x4.mul(t, t);
    let ws = f32x4.mul(t, d);

    d = v128.load(exponents + i, 16);
    w = v128.load(halfPowers + i, 16);
    power = shiftedPower(d, inverse, rounding);
    v128.store(ownHalves + i, halfTerm(w, power, one), 16);
    t = wholeTerm(w, power, one);
    ts = f32x4.add(ts, t);
    qs = f32x4.add(qs, f32x4.mul(t, t));
    ws = f32x4.add(ws, f32x4.mul(t, d));

    d = v128.load(exponents + i, 32);
    w = v128.load(halfPowers + i, 32);
    power = shiftedPower(d, inverse, rounding);
    v128.store(ownHalves + i, halfTerm(w, power, one), 32);
    t = wholeTerm(w, power, one);
    const tsLater = t;
    const qsLater = f32x4.mul(t, t);
    const wsLater = f32x4.mul(t, d);

    d = v128.load(exponents + i, 48);
    w = v128.load(halfPowers + i, 48);
    power = shiftedPower(d, inverse, rounding);
    v128.store(ownHalves + i, halfTerm(w, power, one), 48);
    t = wholeTerm(w, power, one);
    ts = f32x4.add(ts, f32x4.add(tsLater, t));
    qs = f32x4.add(qs, f32x4.add(qsLater, f32x4.mul(t, t)));
    ws = f32x4.add(ws, f32x4.add(wsLater, f32x4.mul(t, d)));

    t0 = f64x2.add(t0, lowerLanes(ts));
    t1 = f64x2.add(t1, upperLanes(ts));
    q0 = f64x2.add(q0, lowerLanes(qs));
    q1 = f64x2.add(q1, upperLanes(qs));
    w0 = f64x2.add(w0, lowerLanes(ws));
    w1 = f64x2.add(w1, upperLanes(ws));
  }
  total = 1 + joined(t0, t1);
  f64.store(results, total);
  f64.store(results, joined(q0, q1), 8);
  f64.store(results, joined(w0, w1), 16);
}

/** The last `count` logits, followed by masked ones up to 16. */
function padTail(from: usize, count: i32): usize {
  const masked = f32x4.splat(-Infinity);
  for (let i = 0; i < 4; i++) {
    const v = v128.bitselect(v128.load(from + (i << 4)), masked, lanesBelow(count - (i << 2)));
    v128.store(tail + (i << 4), v);
  }
  return tail;
}

/** d and w of logits in two parts. */
function raisePairs(): void {
  const vfloor = v128.load(rowConstants, 48);
  for (let i: usize = 0, end: usize = paddedBytes(classCount); i < end; i += 16) {
    const given = v128.load(highs + i);
    const x = f32x4.pmax(given, vfloor);
    const rest = v128.andnot(f32x4.sub(v128.load(rests + i), f32x4.splat(maximumRest)), f32x4.lt(given, vfloor));
    const d = f32x4.add(f32x4.sub(x, f32x4.splat(maximum)), rest);
    v128.store(exponents + i, d);
    v128.store(
      halfPowers + i,
      halfPowerOfPair(x, rest, shiftedPower(d, v128.load(constants), v128.load(constants, 16))),
    );
  }
}

/** Keeps the row that was read last as the reference of `compare`. */
export function keepReference(): void {
  const kept = ownHalves;
  ownHalves = referenceHalves;
  referenceHalves = kept;
  referenceArgmax = argmax;
  referenceTotal = total;
  const scale = rootScale();
  for (let i: usize = 0, end: usize = paddedBytes(classCount); i < end; i += 16) {
    v128.store(referenceRoots + i, f32x4.mul(v128.load(kept + i), scale));
  }
  f32.store(referenceRoots + (argmax << 2), 0);
}

/** 1/√S in float32 in all lanes: times h it gives √p. By way of memory, or it would be computed in every turn of the loop. */
function rootScale(): v128 {
  v128.store(rowConstants, f32x4.splat(<f32>(1 / sqrt(total))), 64);
  return v128.load(rowConstants, 64);
}

/** Measures the row that was read last against the reference; the results are Σ (√p − √q)² and Σ (p − q)². */
export function compare(): void {
  const same = argmax == referenceArgmax;
  const hereAt = ownHalves + (referenceArgmax << 2);
  const thereAt = referenceRoots + (argmax << 2);
  const here = f32.load(hereAt);
  const there: f64 = same ? 1 : f32.load(referenceHalves + (argmax << 2));
  const kept = f32.load(thereAt);
  f32.store(ownHalves + (argmax << 2), 0);
  f32.store(hereAt, 0);
  f32.store(thereAt, 0);
  sumDistances();
  f32.store(thereAt, kept);
  addClass(1, there);
  if (!same) addClass(here, 1);
}

function sumDistances(): void {
  const scale = rootScale();
  let r0 = f64x2.splat(0);
  let r1 = r0;
  let s0 = r0;
  let s1 = r0;
  const distance = referenceRoots - ownHalves;
  for (let at = ownHalves, end: usize = ownHalves + paddedBytes(classCount); at < end; at += 64) {
    let p = f32x4.mul(v128.load(at), scale);
    let q = v128.load(at + distance);
    let difference = f32x4.sub(p, q);
    let product = f32x4.mul(difference, f32x4.add(p, q));
    let rs = f32x4.mul(difference, difference);
    let ss = f32x4.mul(product, product);

    p = f32x4.mul(v128.load(at, 16), scale);
    q = v128.load(at + distance, 16);
    difference = f32x4.sub(p, q);
    product = f32x4.mul(difference, f32x4.add(p, q));
    rs = f32x4.add(rs, f32x4.mul(difference, difference));
    ss = f32x4.add(ss, f32x4.mul(product, product));

    p = f32x4.mul(v128.load(at, 32), scale);
    q = v128.load(at + distance, 32);
    difference = f32x4.sub(p, q);
    product = f32x4.mul(difference, f32x4.add(p, q));
    const rsLater = f32x4.mul(difference, difference);
    const ssLater = f32x4.mul(product, product);

    p = f32x4.mul(v128.load(at, 48), scale);
    q = v128.load(at + distance, 48);
    difference = f32x4.sub(p, q);
    product = f32x4.mul(difference, f32x4.add(p, q));
    rs = f32x4.add(rs, f32x4.add(rsLater, f32x4.mul(difference, difference)));
    ss = f32x4.add(ss, f32x4.add(ssLater, f32x4.mul(product, product)));

    r0 = f64x2.add(r0, lowerLanes(rs));
    r1 = f64x2.add(r1, upperLanes(rs));
    s0 = f64x2.add(s0, lowerLanes(ss));
    s1 = f64x2.add(s1, upperLanes(ss));
  }
  f64.store(results, joined(r0, r1), 32);
  f64.store(results, joined(s0, s1), 40);
}

/** Adds one class in float64, given its h in the row and in the reference. */
function addClass(half: f64, referenceHalf: f64): void {
  const root = half / sqrt(total);
  const referenceRoot = referenceHalf / sqrt(referenceTotal);
  const difference = root - referenceRoot;
  const product = difference * (root + referenceRoot);
  f64.store(results, f64.load(results, 32) + difference * difference, 32);
  f64.store(results, f64.load(results, 40) + product * product, 40);
}
