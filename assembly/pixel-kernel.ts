/**
 * Logits per pixel in SIMD WebAssembly (AssemblyScript), four pixels at a time, from the planes [exit, class, pixel] in which they lie in
 * a file. Every float32 and float64 operation is that of the plain twins (src/kernels/logit-scorer.ts, row-answers.ts, natural-log.ts),
 * in their order, so the two agree bit for bit; tests hold them to it.
 *
 * The host (src/kernels/simd-pixel-scorer.ts) lays out the memory. Past the last logit at least 64 bytes must be readable; what stands
 * there has no influence.
 */
import { lowerLanes, upperLanes } from "./lane-totals";
import { lanesBelow } from "./largest";
import { logConstantBytes, naturalLog, storeLogConstants } from "./natural-log";
import {
  addUp,
  argmax,
  distanceAt,
  entries,
  entryBytes,
  others,
  padding,
  placeTerms,
  read32,
  read64,
  referenceAt,
  rounded,
  secondTerm,
  squares,
  termAt,
  termsSize,
  top,
  total,
  totalLater,
  weighted,
} from "./pixel-terms";

/** What is wanted beside predictions. */
const wantsTop1: i32 = 1;
const wantsTopDiff: i32 = 2;
const wantsEntropy: i32 = 4;
const wantsBrier: i32 = 8;
const wantsDistance: i32 = 16;

let classCount: i32 = 0;
let logClassCount: f64 = 0;
let logConstants: usize = 0;
/** Float64 totals of (p − q)². */
let distances: usize = 0;
/** Of the last exit: its argmax, and the float64 p of that. */
let referenceArgmax: v128 = i32x4.splat(0);
let referenceTop: v128 = f64x2.splat(0);
let referenceTopLater: v128 = f64x2.splat(0);

/** Bytes of working memory for `classes` logits per pixel. */
export function workSize(classes: i32): i32 {
  return logConstantBytes + 32 + <i32>termsSize(classes);
}

/** @param work start of the working memory, a multiple of 16; `logClasses` is ln of `classes` */
export function configure(classes: i32, logClasses: f64, work: usize): void {
  classCount = classes;
  logClassCount = logClasses;
  logConstants = work;
  storeLogConstants(logConstants);
  distances = work + logConstantBytes;
  placeTerms(classes, distances + 32);
}

/**
 * Scores `pixels` × `exits`, of each pixel the last exit first, which the others are compared with.
 *
 * What is written are planes [exit, pixels rounded up to a multiple of 4]: int32 predictions; float32 top1, top-diff and entropy; float64
 * Brier scores and ‖p − p_L‖² (not of the last exit). All have their place; those that are not `wanted` are left alone.
 *
 * @param x planes [exit, class, pixel], float64 if `is64` is not 0
 * @param labels int32 per pixel, rounded up to a multiple of 4, each a class
 * @returns 0 where a pixel cannot be scored
 */
export function scorePixels(
  x: usize,
  is64: i32,
  pixels: i32,
  exits: i32,
  labels: usize,
  wanted: i32,
  scores: usize,
): i32 {
  const valueShift: usize = is64 ? 3 : 2;
  const stride = <usize>pixels << valueShift;
  const padded: usize = (pixels + 3) & ~3;
  const plane = padded * exits;
  for (let pixel = 0; pixel < pixels; pixel += 4) {
    const inside = lanesBelow(pixels - pixel);
    for (let exit = exits - 1; exit >= 0; exit--) {
      const from = x + <usize>(exit * classCount) * stride + (<usize>pixel << valueShift);
      const unusable = is64 ? read64(from, stride) : read32(from, stride);
      if (v128.any_true(v128.and(unusable, inside))) return 0;
      const cell = <usize>exit * padded + pixel;
      const at = scores + (cell << 2);
      v128.store(at, argmax);
      writeConfidences(at + (plane << 2), plane << 2, wanted);
      const wideAt = scores + (plane << 4) + (cell << 3);
      if (wanted & wantsBrier) writeBrier(labels + (<usize>pixel << 2), wideAt);
      if (wanted & wantsDistance) {
        if (exit == exits - 1) keepReference();
        else compare(wideAt + (plane << 3));
      }
    }
  }
  return 1;
}

function writeConfidences(at: usize, plane: usize, wanted: i32): void {
  const m = lowerLanes(top);
  const mLater = upperLanes(top);
  if (wanted & wantsTop1) v128.store(at, rounded(f64x2.div(m, total), f64x2.div(mLater, totalLater)));
  if (wanted & wantsTopDiff) {
    const next = secondTerm();
    const first = f64x2.div(f64x2.sub(m, lowerLanes(next)), total);
    const later = f64x2.div(f64x2.sub(mLater, upperLanes(next)), totalLater);
    v128.store(at + plane, rounded(clamped(first, 1), clamped(later, 1)));
  }
  if (wanted & wantsEntropy) {
    const first = entropyOf(total, m, v128.load(weighted));
    v128.store(at + 2 * plane, rounded(first, entropyOf(totalLater, mLater, v128.load(weighted, 16))));
  }
}

@inline
function clamped(x: v128, upper: f64): v128 {
  return f64x2.max(f64x2.splat(0), f64x2.min(f64x2.splat(upper), x));
}

/** 1 − (ln S/M − W/S)/ln C. */
function entropyOf(s: v128, m: v128, w: v128): v128 {
  const entropy = f64x2.sub(naturalLog(f64x2.div(s, m), logConstants), f64x2.div(w, s));
  return clamped(f64x2.sub(f64x2.splat(1), f64x2.div(entropy, f64x2.splat(logClassCount))), 1);
}

function writeBrier(labels: usize, at: usize): void {
  const label = v128.load(labels);
  const t = v128.bitselect(top, gathered(label, termAt), i32x4.eq(label, argmax));
  v128.store(at, brierOf(total, lowerLanes(top), v128.load(squares), lowerLanes(t)));
  v128.store(at, brierOf(totalLater, upperLanes(top), v128.load(squares, 16), upperLanes(t)), 16);
}

/** (M² + Q)/S² − 2 t/S + 1 with the t of the label. */
function brierOf(s: v128, m: v128, q: v128, t: v128): v128 {
  const own = f64x2.div(f64x2.add(f64x2.mul(m, m), q), f64x2.mul(s, s));
  return clamped(f64x2.add(f64x2.sub(own, f64x2.div(f64x2.add(t, t), s)), f64x2.splat(1)), 2);
}

/** Of each lane the number that its class has in its entry. */
function gathered(classes: v128, vectorAt: usize): v128 {
  const from = entries + vectorAt;
  let values = f32x4.splat(f32.load(from + <usize>i32x4.extract_lane(classes, 0) * entryBytes));
  values = f32x4.replace_lane(values, 1, f32.load(from + <usize>i32x4.extract_lane(classes, 1) * entryBytes, 4));
  values = f32x4.replace_lane(values, 2, f32.load(from + <usize>i32x4.extract_lane(classes, 2) * entryBytes, 8));
  return f32x4.replace_lane(values, 3, f32.load(from + <usize>i32x4.extract_lane(classes, 3) * entryBytes, 12));
}

/** 1/S in float32: times t it gives p. */
function shareScale(): v128 {
  const one = f64x2.splat(1);
  return rounded(f64x2.div(one, total), f64x2.div(one, totalLater));
}

/** Keeps the exit that was read last as the reference of `compare`. */
function keepReference(): void {
  const scale = shareScale();
  for (let entry = entries; entry < padding; entry += entryBytes) {
    v128.store(entry, f32x4.mul(v128.load(entry, termAt), scale), referenceAt);
  }
  v128.store(others, f32x4.mul(v128.load(others, termAt), scale), referenceAt);
  referenceArgmax = argmax;
  referenceTop = f64x2.div(lowerLanes(top), total);
  referenceTopLater = f64x2.div(upperLanes(top), totalLater);
}

/** ‖p − q‖² of the exit that was read last and the reference. The maxima of both stay out of the float32 sums. */
function compare(at: usize): void {
  const scale = shareScale();
  const one = i32x4.splat(1);
  const own = argmax;
  const other = referenceArgmax;
  let k = i32x4.splat(0);
  for (let entry = entries; entry < padding; entry += entryBytes) {
    const isLargest = v128.or(i32x4.eq(k, own), i32x4.eq(k, other));
    const difference = v128.andnot(differenceOf(entry, scale), isLargest);
    v128.store(entry, f32x4.mul(difference, difference), distanceAt);
    k = i32x4.add(k, one);
  }
  if (padding < others) padDistances(scale);
  addUp(distanceAt, distances);
  const same = i32x4.eq(own, other);
  const there = gathered(own, referenceAt);
  const here = gathered(other, termAt);
  const first = withLargest(
    v128.load(distances),
    total,
    lowerLanes(top),
    lowerLanes(here),
    lowerLanes(there),
    referenceTop,
    i64x2.extend_low_i32x4_s(same),
  );
  const later = withLargest(
    v128.load(distances, 16),
    totalLater,
    upperLanes(top),
    upperLanes(here),
    upperLanes(there),
    referenceTopLater,
    i64x2.extend_high_i32x4_s(same),
  );
  v128.store(at, clamped(first, 2));
  v128.store(at, clamped(later, 2), 16);
}

@inline
function differenceOf(entry: usize, scale: v128): v128 {
  return f32x4.sub(f32x4.mul(v128.load(entry, termAt), scale), v128.load(entry, referenceAt));
}

/** The padding's (p − q)², computed once: it is a subnormal number, which takes a processor long. */
function padDistances(scale: v128): void {
  const difference = differenceOf(others, scale);
  const square = f32x4.mul(difference, difference);
  for (let entry = padding; entry < others; entry += entryBytes) v128.store(entry, square, distanceAt);
}

/** Adds the class of the exit's own maximum to a sum, then that of the reference's, once where they are the same. */
function withLargest(
  sum: v128,
  s: v128,
  m: v128,
  here: v128,
  there: v128,
  reference: v128,
  isSame: v128,
): v128 {
  const own = f64x2.sub(f64x2.div(m, s), v128.bitselect(reference, there, isSame));
  const other = v128.andnot(f64x2.sub(f64x2.div(here, s), reference), isSame);
  return f64x2.add(f64x2.add(sum, f64x2.mul(own, own)), f64x2.mul(other, other));
}
