/**
 * How far is an observed count x from an expected one M, in nats? `x·ln(x/M) + M − x`, at least 0, 0 at x = M, with
 * 0·ln 0 = 0.
 *
 * The formula cancels where x is near M (at x = 10^5, M = x + 1 the terms are 1, the result 5e-6). There, with
 * v = (x − M)/(x + M), the series `(x − M)·v + 2x·Σ_{j≥1} v^(2j+1)/(2j+1)` has no cancellation.
 *
 * @param observed x ≥ 0
 * @param expected M > 0
 * @see C. Loader, Fast and Accurate Computation of Binomial Probabilities (2000): the deviance term
 * @example deviance(0, 3) // 3
 */
export function deviance(observed: number, expected: number): number {
  if (observed === 0) return expected;
  const gap = observed - expected;
  if (Math.abs(gap) >= 0.1 * (observed + expected)) return observed * Math.log(observed / expected) - gap;
  const v = gap / (observed + expected);
  let sum = gap * v;
  let power = 2 * observed * v;
  // v² is below 0.01 here: after 8 terms the next one is under 1e-16 of the sum.
  for (let j = 1; j <= 9; j++) {
    power *= v * v;
    sum += power / (2 * j + 1);
  }
  return sum;
}
