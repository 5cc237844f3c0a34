import type { Floats } from "./types.ts";

/**
 * The strict exit rule: leave at the first exit l ≤ L−1 whose `confidence > threshold`, else at exit L.
 * Strict, because a float32 softmax is exactly 1 from a logit margin of about 20, and a threshold of 1 must mean "never".
 *
 * @param confidences row-major `[sampleCount, exitCount]`, the last exit's never read
 * @returns zero-based exit index per sample, `[sampleCount]`
 */
export function exitsTaken(
  confidences: Floats,
  sampleCount: number,
  exitCount: number,
  threshold: number,
): Uint16Array {
  const taken = new Uint16Array(sampleCount);
  for (let i = 0; i < sampleCount; i++) {
    let exit = 0;
    while (exit < exitCount - 1 && !(confidences[i * exitCount + exit] > threshold)) exit++;
    taken[i] = exit;
  }
  return taken;
}
