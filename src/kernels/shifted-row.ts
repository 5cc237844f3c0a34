import type { Floats } from "../exits/types.ts";

/** The largest logit m of a row in the parts that softmax-terms.ts subtracts, all float32. */
export interface RowShift {
  /** m rounded to float32, and what that leaves (0 for float32 logits). */
  largest: number;
  largestRest: number;
  /** `largest` as a multiple of 2^−15, and what that leaves. */
  high: number;
  low: number;
  /** m − 43.5: smaller logits count as this one. */
  floor: number;
}

/** From this size on a row is shifted by its maximum first. Logits that matter are then within a factor of 2 of it, so that is exact. */
export const largestUnshifted = 128;
/** 1.5 · 2^8: adding it to a float32 below 128 rounds that to a multiple of 2^−15. */
const splittingShift = 384;

/** @param largest the row's maximum as a float32 or float64 number, below 128 in size */
export function setShift(shift: RowShift, largest: number, smallestExponent: number): void {
  const f = Math.fround;
  const rounded = f(largest);
  shift.largest = rounded;
  shift.largestRest = f(largest - rounded);
  shift.high = f(f(rounded + splittingShift) - splittingShift);
  shift.low = rounded - shift.high;
  shift.floor = f(rounded + smallestExponent);
}

/**
 * Writes x − offset for the `count` logits from `base` on as the sum of two float32 numbers: `highs` and, of float64 logits, what
 * rounding to it leaves. A float64 logit that is a float32 number gives the same bits in both types.
 */
export function splitRow(
  values: Floats,
  base: number,
  offset: number,
  count: number,
  highs: Float32Array,
  rests: Float32Array,
): void {
  if (values instanceof Float32Array) {
    for (let i = 0; i < count; i++) highs[i] = values[base + i] - offset;
    rests.fill(0, 0, count);
    return;
  }
  for (let i = 0; i < count; i++) {
    const x = values[base + i] - offset;
    highs[i] = x;
    rests[i] = x - highs[i];
  }
}
