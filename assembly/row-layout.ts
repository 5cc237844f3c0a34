/**
 * Where the working memory of the row kernel is, and what stands in it: a padded tail, constants, constants of the row, sums of distances,
 * then the numbers of the classes, then the parts of the logits.
 */
import { constantBytes, storeConstants } from "./exponential";
import { logConstantBytes, storeLogConstants } from "./natural-log";

/** In front of the groups. */
const headBytes: i32 = 64 + constantBytes + 80 + 64 + logConstantBytes;

export let classCount: i32 = 0;
/** One float32 number per class, padded to 16 numbers. */
export let planeBytes: usize = 0;
export let tail: usize = 0;
/** Vectors: what exponential.ts needs, then maximum, floor, two rounding shifts and 1/S of the row in all lanes. */
export let constants: usize = 0;
export let rowConstants: usize = 0;
/** Σ (√p − √q)² and Σ (p − q)² so far, two vectors each. */
export let distanceSums: usize = 0;
export let logConstants: usize = 0;
/**
 * A group of sixteen classes holds six numbers of each, 64 bytes apart: d, the reduced logit u, its power of two, and t; p and √p of the
 * reference. One address then serves a loop.
 */
export let groups: usize = 0;
export let groupsEnd: usize = 0;
export const exponents: usize = 0;
export const remainders: usize = 64;
export const powers: usize = 128;
export const terms: usize = 192;
export const shares: usize = 256;
export const roots: usize = 320;
export const groupBytes: usize = 384;
/** The two parts of a logit. */
export let highs: usize = 0;
export let rests: usize = 0;

/** Bytes of working memory for rows of `classes` logits. */
export function layoutSize(classes: i32): i32 {
  return headBytes + 8 * paddedBytes(classes);
}

function paddedBytes(classes: i32): i32 {
  return ((classes + 15) & ~15) * 4;
}

/** @param work start of the working memory, a multiple of 16 */
export function layOut(classes: i32, work: usize): void {
  classCount = classes;
  planeBytes = paddedBytes(classes);
  tail = work;
  constants = work + 64;
  rowConstants = constants + constantBytes;
  storeConstants(constants);
  distanceSums = rowConstants + 80;
  logConstants = distanceSums + 64;
  storeLogConstants(logConstants);
  groups = work + headBytes;
  groupsEnd = groups + (planeBytes >> 6) * groupBytes;
  highs = groupsEnd;
  rests = highs + planeBytes;
}

/** Where the six numbers of a class begin. */
@inline
export function numbersOf(index: i32): usize {
  return groups + <usize>(index >> 4) * groupBytes + ((index & 15) << 2);
}

/** The groups that hold nothing but classes end here; one that is padded may follow. */
@inline
export function wholeEnd(): usize {
  return groups + <usize>(classCount >> 4) * groupBytes;
}
