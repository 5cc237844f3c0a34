import type { Floats } from "../exits/types.ts";

/**
 * From this size on a row is shifted by its maximum first. Logits that matter are then within a factor of 1.5 of it, so that is exact.
 */
export const largestUnshifted = 128;

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
