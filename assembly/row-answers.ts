// What the sums of a row say, as src/kernels/row-answers.ts: the same float64 operations in the same order.
import { naturalLog } from "./natural-log";
import { logConstants } from "./row-layout";

/** ln x for a normal number of at least 1. */
export function logOf(x: f64): f64 {
  return f64x2.extract_lane(naturalLog(f64x2.splat(x), logConstants), 0);
}

export function topDiffOf(total: f64, top: f64, second: f64): f64 {
  return clamp((top - second) / total, 0, 1);
}

export function entropyOf(total: f64, top: f64, weighted: f64, logClassCount: f64): f64 {
  return clamp(1 - (logOf(total / top) - weighted / total) / logClassCount, 0, 1);
}

export function brierOf(total: f64, top: f64, squares: f64, term: f64): f64 {
  return clamp((top * top + squares) / (total * total) - (2 * term) / total + 1, 0, 2);
}

export function squaredDistanceOf(squares: f64): f64 {
  return clamp(squares, 0, 2);
}

export function hellingerOf(roots: f64): f64 {
  return clamp(sqrt(roots / 2), 0, 1);
}

@inline
function clamp(x: f64, lower: f64, upper: f64): f64 {
  return max(lower, min(upper, x));
}
