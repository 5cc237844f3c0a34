import { sumOf } from "./sum.ts";

/** Mean and spread of repeated measurements, in the unit of the values. */
export interface MeanAndDeviation {
  readonly mean: number;
  /** Sample standard deviation (divisor n − 1); NaN for a single value, which says nothing about spread. */
  readonly deviation: number;
}

/**
 * `mean = Σx/n`, `deviation = √(Σ(x − mean)²/(n − 1))`, in two passes with compensated sums (the one-pass formula
 * Σx² − n·mean² cancels). No values give NaN for both.
 *
 * @param values finite; `[n]`
 */
export function meanAndDeviation(values: ArrayLike<number>): MeanAndDeviation {
  const n = values.length;
  const mean = sumOf(values) / n;
  const squares = new Float64Array(n);
  for (let i = 0; i < n; i++) squares[i] = (values[i] - mean) ** 2;
  return { mean, deviation: n < 2 ? Number.NaN : Math.sqrt(sumOf(squares) / (n - 1)) };
}

/**
 * The q-quantile with linear interpolation between order statistics, position q·(n − 1) (type 7, the default of numpy
 * and R).
 *
 * @param sortedValues ascending, at least one; `[n]`
 * @param q in [0, 1]
 * @throws RangeError for no values or q outside [0, 1]
 * @see R. J. Hyndman, Y. Fan, Sample Quantiles in Statistical Packages, Amer. Statist. 50 (1996), definition 7
 * @example quantile([1, 2, 3, 4], 0.25) // 1.75
 */
export function quantile(sortedValues: ArrayLike<number>, q: number): number {
  if (sortedValues.length === 0) throw new RangeError("quantile of no values");
  if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile level is ${q}, expected a number from 0 to 1`);
  const position = q * (sortedValues.length - 1);
  const index = Math.floor(position);
  const low = sortedValues[index];
  // Without this, two infinite neighbours would give NaN.
  if (index === position) return low;
  return low + (position - index) * (sortedValues[index + 1] - low);
}
