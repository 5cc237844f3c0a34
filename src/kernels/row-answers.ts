import { clamp } from "./exit-scorer.ts";
import { naturalLog } from "./natural-log.ts";

/**
 * What a row's sums say, in float64 (logit-scorer.ts names them): S = `total`, M = `top`, the term of the maximum, Q = `squares`,
 * W = `weighted`. Both scorers answer by these.
 */

/** (M − t₂)/S. @param second t₂, the term of the second largest logit */
export function topDiffOf(total: number, top: number, second: number): number {
  return clamp((top - second) / total, 0, 1);
}

/** 1 − (ln S/M − W/S)/ln C. */
export function entropyOf(total: number, top: number, weighted: number, logClassCount: number): number {
  return clamp(1 - (naturalLog(total / top) - weighted / total) / logClassCount, 0, 1);
}

/** (M² + Q)/S² − 2 t_k/S + 1. @param term t_k of the class that the score is about */
export function brierOf(total: number, top: number, squares: number, term: number): number {
  return clamp((top * top + squares) / (total * total) - (2 * term) / total + 1, 0, 2);
}

/** @param squares Σ (p − q)² */
export function squaredDistanceOf(squares: number): number {
  return clamp(squares, 0, 2);
}

/** @param roots Σ (√p − √q)², twice the squared distance */
export function hellingerOf(roots: number): number {
  return clamp(Math.sqrt(roots / 2), 0, 1);
}
