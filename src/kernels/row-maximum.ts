import type { Floats } from "../exits/types.ts";
import type { RowProblem } from "./row-defect.ts";

/** What one pass over the logits of one row leaves behind. One is reused for all rows. */
export interface RowMaximum {
  /** Position of the largest value, the lowest on a tie; −1 when every value is −∞. */
  argmax: number;
  /** NaN when the row holds one. */
  largest: number;
  /** The largest of the others: equal to `largest` on a tie, −∞ when there is none. */
  second: number;
}

/**
 * Finds the two largest of `values[base … base + classCount)`, compared as they are given: the prediction is exact.
 *
 * Float32 and float64 rows have their own copy of the loop below: one loop that sees both array types is 2–3 times slower.
 * @returns false when the row cannot be used: NaN, +∞, or −∞ everywhere (−∞ elsewhere is a mask)
 */
export function findMaximum(values: Floats, base: number, classCount: number, found: RowMaximum): boolean {
  const clean =
    values instanceof Float32Array
      ? findMaximum32(values, base, classCount, found)
      : findMaximum64(values, base, classCount, found);
  return clean && found.argmax >= 0 && found.largest !== Number.POSITIVE_INFINITY;
}

/** What is wrong with a row that `findMaximum` cannot use. */
export function rowProblem({ largest, argmax }: RowMaximum): RowProblem {
  return Number.isNaN(largest) ? "nan" : argmax < 0 ? "all-masked" : "infinite";
}

function findMaximum32(values: Float32Array, base: number, classCount: number, found: RowMaximum): boolean {
  let largest = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  let argmax = -1;
  for (let i = 0; i < classCount; i++) {
    const x = values[base + i];
    if (x > largest) {
      second = largest;
      largest = x;
      argmax = i;
    } else if (x > second) second = x;
    else if (Number.isNaN(x)) {
      found.largest = x;
      return false;
    }
  }
  found.argmax = argmax;
  found.largest = largest;
  found.second = second;
  return true;
}

function findMaximum64(values: Float64Array, base: number, classCount: number, found: RowMaximum): boolean {
  let largest = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  let argmax = -1;
  for (let i = 0; i < classCount; i++) {
    const x = values[base + i];
    if (x > largest) {
      second = largest;
      largest = x;
      argmax = i;
    } else if (x > second) second = x;
    else if (Number.isNaN(x)) {
      found.largest = x;
      return false;
    }
  }
  found.argmax = argmax;
  found.largest = largest;
  found.second = second;
  return true;
}
