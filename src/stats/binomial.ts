import { betaFraction } from "./beta-fraction.ts";
import { logBinomialMass } from "./binomial-mass.ts";
import { requireCount, requireProbability } from "./domain.ts";
import { turningPoint } from "./root.ts";

/**
 * P(Bin(n, p) ≤ k): how likely are at most k losses among n samples if each has one with probability p?
 *
 * `Σ_{j≤k} C(n, j) p^j (1−p)^(n−j) = I_{1−p}(n−k, k+1)`. The smaller tail is computed, as its first term times a
 * continued fraction, and the other one is its complement: both keep relative accuracy 1e-10 up to n = 10^6, down to
 * 1e-300 (summing from j = 0, or 1 − the other tail, loses all digits near 1e-16).
 *
 * @param k integer; below 0 gives 0, n and above give 1
 * @param n integer ≥ 1
 * @param p in [0, 1]
 * @throws RangeError if an argument is outside its domain
 * @see NIST Digital Library of Mathematical Functions, 8.17.5 (https://dlmf.nist.gov/8.17#i)
 * @example binomialCdf(0, 45, 0.05) // 0.09944…: no loss among 45 samples certifies a risk of 5 % at δ = 0.1
 */
export function binomialCdf(k: number, n: number, p: number): number {
  requireTailArguments(k, n, p);
  if (k < 0) return 0;
  if (k >= n || p === 0) return 1;
  if (p === 1) return 0;
  return k === 0 || lowerTailIsSmall(k, n, p) ? lowerTail(k, n, p) : 1 - upperTail(k + 1, n, p);
}

/**
 * P(Bin(n, p) ≥ k), the mirror image: how likely are at least k losses? Same method, accuracy and domain as
 * `binomialCdf`; k ≤ 0 gives 1, k above n gives 0.
 *
 * @example binomialUpperTail(3, 10, 0.1) // 0.0701…
 */
export function binomialUpperTail(k: number, n: number, p: number): number {
  requireTailArguments(k, n, p);
  if (k <= 0) return 1;
  if (k > n || p === 0) return 0;
  if (p === 1) return 1;
  return k < n && lowerTailIsSmall(k - 1, n, p) ? 1 - lowerTail(k - 1, n, p) : upperTail(k, n, p);
}

/**
 * The largest risk that k losses among n samples leave plausible: u with P(Bin(n, u) ≤ k) = δ. With probability at least
 * 1 − δ over the sample, the true risk of 0/1 losses is at most u. Exact, of two neighbouring doubles the
 * upper one; relative accuracy 1e-10 down to δ = 1e-100.
 *
 * In the literature BetaInv(1 − δ; k+1, n−k); the tail is inverted directly, because 1 − δ is 1 in double precision for
 * δ below 1e-16.
 *
 * @param k integer 0 … n, the number of losses; k = n gives 1
 * @param n integer ≥ 1
 * @param delta in (0, 1)
 * @throws RangeError if an argument is outside its domain
 * @see C. J. Clopper, E. S. Pearson, Biometrika 26 (1934)
 * @example clopperPearsonUpper(0, 100, 0.1) // 0.02276…
 */
export function clopperPearsonUpper(k: number, n: number, delta: number): number {
  requireBoundArguments(k, n, delta);
  if (k === n) return 1;
  if (k === 0) return -Math.expm1(Math.log(delta) / n);
  return turningPoint((u) => binomialCdf(k, n, u) > delta, 0, 1).high;
}

/**
 * The smallest risk that k losses among n samples leave plausible: l with P(Bin(n, l) ≥ k) = δ. With probability at
 * least 1 − δ the true risk is at least l. Of two neighbouring doubles the lower one; k = 0 gives 0. Otherwise as
 * `clopperPearsonUpper`.
 *
 * @example clopperPearsonLower(100, 100, 0.1) // 0.97723…
 */
export function clopperPearsonLower(k: number, n: number, delta: number): number {
  requireBoundArguments(k, n, delta);
  if (k === 0) return 0;
  if (k === n) return Math.exp(Math.log(delta) / n);
  return turningPoint((l) => binomialUpperTail(k, n, l) <= delta, 0, 1).low;
}

function requireTailArguments(k: number, n: number, p: number): void {
  requireCount("sample count", n, 1);
  if (!Number.isInteger(k)) throw new RangeError(`loss count is ${k}, expected an integer`);
  if (!(p >= 0 && p <= 1)) throw new RangeError(`probability is ${p}, expected a number from 0 to 1`);
}

/** Whether k lies clearly below the mean, which is also where the fraction of the lower tail converges quickly. */
function lowerTailIsSmall(k: number, n: number, p: number): boolean {
  return p * (n + 3) > k + 2;
}

/** P(X ≤ k) for 0 ≤ k < n: P(X = k) · p · F(n−k, k+1; 1−p). */
function lowerTail(k: number, n: number, p: number): number {
  const mass = Math.exp(logBinomialMass(k, n, p));
  return k === 0 ? mass : Math.min(1, mass * p * betaFraction(n - k, k + 1, 1 - p));
}

/** P(X ≥ k) for 1 ≤ k ≤ n: P(X = k) · (1−p) · F(k, n−k+1; p). */
function upperTail(k: number, n: number, p: number): number {
  const mass = Math.exp(logBinomialMass(k, n, p));
  return k === n ? mass : Math.min(1, mass * (1 - p) * betaFraction(k, n - k + 1, p));
}

function requireBoundArguments(k: number, n: number, delta: number): void {
  requireCount("sample count", n, 1);
  requireCount("loss count", k, 0);
  if (k > n) throw new RangeError(`loss count is ${k}, expected at most the sample count ${n}`);
  requireProbability("delta", delta);
}
