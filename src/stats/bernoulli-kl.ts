import { deviance } from "./deviance.ts";

/**
 * How many nats per sample tell a coin of bias a from one of bias b? The Kullback–Leibler divergence
 * `a·ln(a/b) + (1−a)·ln((1−a)/(1−b))` with 0·ln 0 = 0; at least 0, 0 at a = b.
 *
 * Computed as a sum of two deviances, whose linear parts cancel each other on paper: for a near b the two logarithms
 * would lose most digits, and n = 10^6 of them multiply what is left.
 *
 * @param a in [0, 1]
 * @param b in (0, 1)
 * @see W. Hoeffding, J. Amer. Statist. Assoc. 58 (1963), Theorem 1: P(mean ≤ a) ≤ exp(−n·kl(a, b)) for a ≤ b
 * @example bernoulliKl(0, 0.05) // 0.05129… = −ln 0.95
 */
export function bernoulliKl(a: number, b: number): number {
  if (!(a >= 0 && a <= 1)) throw new RangeError(`observed mean is ${a}, expected a number from 0 to 1`);
  if (!(b > 0 && b < 1)) throw new RangeError(`tested mean is ${b}, expected a number between 0 and 1`);
  // −ln(1 − b) by log1p: 1 − b keeps no digit of a tiny b.
  if (a === 0) return -Math.log1p(-b);
  return deviance(a, b) + deviance(1 - a, 1 - b);
}
