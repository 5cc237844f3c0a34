// Logits of four pixels to terms and their sums over the classes: src/kernels/logit-scorer.ts with a pixel in each lane.
import {
  constantBytes,
  reduced,
  roundingShift,
  scaledExponential,
  smallestExponent,
  storeConstants,
} from "./exponential";
import { lowerLanes, upperLanes } from "./lane-totals";

/** From this size of the maximum on a pixel's logits are shifted by it first. */
const largestUnshifted: f64 = 128;

/**
 * Every class has an entry of vectors: d, the reduced logit u and its power of two, t, t², t·d; p of the reference and (p − q)², which
 * pixel-kernel.ts takes; the two parts of a float64 logit. Entries are padded to a multiple of 16 by masked classes. Behind those stand a
 * masked class, the largest logit and the second largest.
 */
export const entryBytes: usize = 160;
const remainderAt: usize = 16;
const powerAt: usize = 32;
export const termAt: usize = 48;
const squareAt: usize = 64;
const weightedAt: usize = 80;
export const referenceAt: usize = 96;
export const distanceAt: usize = 112;
const highAt: usize = 128;
const restAt: usize = 144;

let classCount: i32 = 0;
let constants: usize = 0;
export let entries: usize = 0;
/** Where the padding begins, and where it ends and the three others begin. */
export let padding: usize = 0;
export let others: usize = 0;
/** Float64 totals of the first two pixels and of the others: Σ t, Σ t², Σ t·d. */
let sums: usize = 0;
export let squares: usize = 0;
export let weighted: usize = 0;

/** The largest logit m in two parts, m − 43, and what rounds x / ln 2. */
let maximum: v128 = f32x4.splat(0);
let maximumRest: v128 = f32x4.splat(0);
let floor: v128 = f32x4.splat(0);
let rounding: v128 = f32x4.splat(0);
/** The class of the largest logit, its term M, and S. */
export let argmax: v128 = i32x4.splat(0);
export let top: v128 = f32x4.splat(0);
export let total: v128 = f64x2.splat(0);
export let totalLater: v128 = f64x2.splat(0);

function paddedBytes(classes: i32): usize {
  return <usize>((classes + 15) & ~15) * entryBytes;
}

/** Bytes of working memory for `classes` logits per pixel. */
export function termsSize(classes: i32): usize {
  return <usize>constantBytes + 96 + paddedBytes(classes) + 3 * entryBytes;
}

/** @param work start of the working memory, a multiple of 16 */
export function placeTerms(classes: i32, work: usize): void {
  classCount = classes;
  constants = work;
  storeConstants(constants);
  sums = constants + constantBytes;
  squares = sums + 32;
  weighted = squares + 32;
  entries = weighted + 32;
  padding = entries + <usize>classes * entryBytes;
  others = entries + paddedBytes(classes);
}

/** Term of the second largest logit. */
export function secondTerm(): v128 {
  return v128.load(others + 2 * entryBytes, termAt);
}

/** Reads float32 logits of four pixels, `stride` bytes from class to class. Returns which pixels cannot be scored, as a mask. */
export function read32(x: usize, stride: usize): v128 {
  const one = i32x4.splat(1);
  let first = f32x4.splat(-Infinity);
  let next = first;
  let at = i32x4.splat(-1);
  let k = i32x4.splat(0);
  let isNaN = k;
  let from = x;
  for (let left = classCount; left > 0; left--, from += stride) {
    const value = v128.load(from);
    at = v128.bitselect(k, at, f32x4.gt(value, first));
    next = f32x4.pmax(next, f32x4.pmin(first, value));
    first = f32x4.pmax(first, value);
    isNaN = v128.or(isNaN, f32x4.ne(value, value));
    k = i32x4.add(k, one);
  }
  argmax = at;
  const size = f32x4.abs(first);
  const offset = v128.and(first, f32x4.ge(size, f32x4.splat(<f32>largestUnshifted)));
  const nothing = f32x4.splat(0);
  setShift(f32x4.sub(first, offset), nothing);
  reduce32(x, stride, offset);
  sumUp(f32x4.sub(next, offset), nothing);
  return v128.or(isNaN, f32x4.eq(size, f32x4.splat(Infinity)));
}

/** The same for float64 logits, which are split into two float32 numbers each. */
export function read64(x: usize, stride: usize): v128 {
  const one = i64x2.splat(1);
  let first = f64x2.splat(-Infinity);
  let firstLater = first;
  let next = first;
  let nextLater = first;
  let at = i64x2.splat(-1);
  let atLater = at;
  let k = i64x2.splat(0);
  let isNaN = k;
  let isNaNLater = k;
  let from = x;
  for (let left = classCount; left > 0; left--, from += stride) {
    const value = v128.load(from);
    at = v128.bitselect(k, at, f64x2.gt(value, first));
    next = f64x2.pmax(next, f64x2.pmin(first, value));
    first = f64x2.pmax(first, value);
    isNaN = v128.or(isNaN, f64x2.ne(value, value));

    const later = v128.load(from, 16);
    atLater = v128.bitselect(k, atLater, f64x2.gt(later, firstLater));
    nextLater = f64x2.pmax(nextLater, f64x2.pmin(firstLater, later));
    firstLater = f64x2.pmax(firstLater, later);
    isNaNLater = v128.or(isNaNLater, f64x2.ne(later, later));
    k = i64x2.add(k, one);
  }
  argmax = i32x4.shuffle(at, atLater, 0, 2, 4, 6);
  const size = f64x2.abs(first);
  const sizeLater = f64x2.abs(firstLater);
  const offset = v128.and(first, f64x2.ge(size, f64x2.splat(largestUnshifted)));
  const offsetLater = v128.and(firstLater, f64x2.ge(sizeLater, f64x2.splat(largestUnshifted)));
  split(f64x2.sub(first, offset), f64x2.sub(firstLater, offsetLater), others);
  setShift(v128.load(others, highAt), v128.load(others, restAt));
  for (let entry = entries; entry < padding; entry += entryBytes, x += stride) {
    split(f64x2.sub(v128.load(x), offset), f64x2.sub(v128.load(x, 16), offsetLater), entry);
  }
  reduce64();
  split(f64x2.sub(next, offset), f64x2.sub(nextLater, offsetLater), others);
  sumUp(v128.load(others, highAt), v128.load(others, restAt));
  const isInfinite = f64x2.eq(size, f64x2.splat(Infinity));
  const isInfiniteLater = f64x2.eq(sizeLater, f64x2.splat(Infinity));
  return i32x4.shuffle(v128.or(isNaN, isInfinite), v128.or(isNaNLater, isInfiniteLater), 0, 2, 4, 6);
}

/** Two and two float64 numbers in float32. */
@inline
export function rounded(first: v128, later: v128): v128 {
  return i64x2.shuffle(f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(later), 0, 2);
}

/** Four float64 numbers as the sums of two float32 numbers. */
function split(first: v128, later: v128, entry: usize): void {
  const high = rounded(first, later);
  v128.store(entry, high, highAt);
  v128.store(entry, rounded(f64x2.sub(first, lowerLanes(high)), f64x2.sub(later, upperLanes(high))), restAt);
}

function setShift(largest: v128, rest: v128): void {
  maximum = largest;
  maximumRest = rest;
  floor = f32x4.add(largest, f32x4.splat(smallestExponent));
  const shift = f32x4.splat(roundingShift);
  const power = f32x4.sub(f32x4.add(f32x4.mul(largest, v128.load(constants)), shift), shift);
  rounding = f32x4.sub(shift, power);
}

/** d, u and the power of two of every class; the largest counts as masked. */
function reduce32(x: usize, stride: usize, offset: v128): void {
  const inverse = v128.load(constants);
  const ln2High = v128.load(constants, 16);
  const ln2Low = v128.load(constants, 32);
  const one = i32x4.splat(1);
  const m = maximum;
  const low = floor;
  const round = rounding;
  const largestAt = argmax;
  let k = i32x4.splat(0);
  for (let entry = entries; entry < padding; entry += entryBytes, x += stride) {
    const given = v128.bitselect(low, f32x4.sub(v128.load(x), offset), i32x4.eq(k, largestAt));
    const value = f32x4.pmax(given, low);
    const power = f32x4.add(f32x4.mul(value, inverse), round);
    v128.store(entry, f32x4.sub(value, m));
    v128.store(entry, reduced(value, f32x4.sub(power, round), ln2High, ln2Low), remainderAt);
    v128.store(entry, power, powerAt);
    k = i32x4.add(k, one);
  }
}

/** The same of logits in two parts. */
function reduce64(): void {
  let k = i32x4.splat(0);
  for (let entry = entries; entry < padding; entry += entryBytes) {
    const high = v128.load(entry, highAt);
    const rest = v128.load(entry, restAt);
    const isBelow = v128.or(f32x4.lt(high, floor), i32x4.eq(k, argmax));
    reduceOne(v128.bitselect(floor, high, isBelow), v128.andnot(rest, isBelow), entry);
    v128.store(entry, f32x4.add(v128.load(entry), v128.andnot(f32x4.sub(rest, maximumRest), isBelow)));
    k = i32x4.add(k, i32x4.splat(1));
  }
}

/** u and the power of two of a logit in two parts, and d but for the second. */
function reduceOne(value: v128, rest: v128, entry: usize): void {
  const power = f32x4.add(f32x4.mul(value, v128.load(constants)), rounding);
  const k = f32x4.sub(power, rounding);
  const near = f32x4.sub(value, f32x4.mul(k, v128.load(constants, 16)));
  v128.store(entry, f32x4.sub(value, maximum));
  v128.store(entry, f32x4.sub(near, f32x4.sub(f32x4.mul(k, v128.load(constants, 32)), rest)), remainderAt);
  v128.store(entry, power, powerAt);
}

/** Terms of all entries from their reduced logits, given the second largest, and the sums over the classes. */
function sumUp(second: v128, secondRest: v128): void {
  reduceOne(floor, f32x4.splat(0), others);
  reduceOne(maximum, maximumRest, others + entryBytes);
  const isBelow = f32x4.lt(second, floor);
  reduceOne(v128.bitselect(floor, second, isBelow), v128.andnot(secondRest, isBelow), others + 2 * entryBytes);
  raiseTerms(entries, padding);
  raiseTerms(others, others + 3 * entryBytes);
  for (let entry = padding; entry < others; entry += entryBytes) {
    v128.store(entry, v128.load(others, termAt), termAt);
    v128.store(entry, v128.load(others, squareAt), squareAt);
    v128.store(entry, v128.load(others, weightedAt), weightedAt);
  }
  addUp(termAt, sums);
  addUp(squareAt, squares);
  addUp(weightedAt, weighted);
  top = v128.load(others + entryBytes, termAt);
  total = f64x2.add(lowerLanes(top), v128.load(sums));
  totalLater = f64x2.add(upperLanes(top), v128.load(sums, 16));
}

/** t, t² and t·d from u, its power of two and d. A loop by itself: with the reduction its constants would not fit V8's registers. */
function raiseTerms(entry: usize, end: usize): void {
  const c6 = v128.load(constants, 48);
  const c5 = v128.load(constants, 64);
  const c4 = v128.load(constants, 80);
  const c3 = v128.load(constants, 96);
  const c2 = v128.load(constants, 112);
  const one = v128.load(constants, 128);
  for (; entry < end; entry += entryBytes) {
    const t = scaledExponential(v128.load(entry, remainderAt), v128.load(entry, powerAt), c6, c5, c4, c3, c2, one);
    v128.store(entry, t, termAt);
    v128.store(entry, f32x4.mul(t, t), squareAt);
    v128.store(entry, f32x4.mul(t, v128.load(entry)), weightedAt);
  }
}

/**
 * Adds up one vector of all entries, padding included, as src/kernels/lane-sums.ts has it: four totals in float64, of classes 4 apart, to
 * which four classes at a time go in float32.
 */
export function addUp(vectorAt: usize, to: usize): void {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let aLater = a;
  let bLater = a;
  let cLater = a;
  let dLater = a;
  for (let from = entries + vectorAt; from < others; from += 16 * entryBytes) {
    let four = fourOf(from);
    a = f64x2.add(a, lowerLanes(four));
    aLater = f64x2.add(aLater, upperLanes(four));
    four = fourOf(from + entryBytes);
    b = f64x2.add(b, lowerLanes(four));
    bLater = f64x2.add(bLater, upperLanes(four));
    four = fourOf(from + 2 * entryBytes);
    c = f64x2.add(c, lowerLanes(four));
    cLater = f64x2.add(cLater, upperLanes(four));
    four = fourOf(from + 3 * entryBytes);
    d = f64x2.add(d, lowerLanes(four));
    dLater = f64x2.add(dLater, upperLanes(four));
  }
  v128.store(to, f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  v128.store(to, f64x2.add(f64x2.add(aLater, bLater), f64x2.add(cLater, dLater)), 16);
}

/** A class, and those 4, 8 and 12 behind it. */
@inline
function fourOf(from: usize): v128 {
  return f32x4.add(
    f32x4.add(v128.load(from), v128.load(from, 4 * entryBytes)),
    f32x4.add(v128.load(from, 8 * entryBytes), v128.load(from, 12 * entryBytes)),
  );
}
