import { deviance } from "./deviance.ts";
import { stirlingError } from "./stirling-error.ts";

/**
 * ln P(Bin(n, p) = k), accurate to about 1e-15 times its own size or 1e-13, whichever is larger, up to n = 10^6.
 *
 * `ln n! − ln k! − ln (n−k)! + k·ln p + (n−k)·ln(1−p)`, rearranged so that nothing large cancels:
 * `σ(n) − σ(k) − σ(n−k) − D(k; np) − D(n−k; n(1−p)) + ½·ln(n / (2πk(n−k)))`, σ the Stirling error, D the deviance.
 *
 * @param k integer 0 … n
 * @param n integer ≥ 1
 * @param p in (0, 1)
 * @see C. Loader, Fast and Accurate Computation of Binomial Probabilities (2000)
 */
export function logBinomialMass(k: number, n: number, p: number): number {
  if (k === 0) return n * Math.log1p(-p);
  if (k === n) return n * Math.log(p);
  const rest = n - k;
  const corrections = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  const distance = deviance(k, n * p) + deviance(rest, n * (1 - p));
  return corrections - distance + 0.5 * Math.log(n / (2 * Math.PI * k) / rest);
}
