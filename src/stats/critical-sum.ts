import { binomialCdf } from "./binomial.ts";
import { requireCount, requireProbability } from "./domain.ts";
import { hoeffdingBentkusPValue } from "./hoeffding-bentkus.ts";
import { turningPoint } from "./root.ts";

/**
 * The most losses among n samples that still certify "risk ≤ ε" exactly: max{S : P(Bin(n, ε) ≤ S) ≤ δ}. The decision
 * depends on the threshold only through S, so a sweep computes this once and then compares sums.
 *
 * @param n integer ≥ 1
 * @param epsilon in (0, 1)
 * @param delta in (0, 1)
 * @returns an integer, or −∞ if even S = 0 is not certified
 * @throws RangeError if an argument is outside its domain
 * @example clopperPearsonCriticalSum(1000, 0.05, 0.1) // 40
 */
export function clopperPearsonCriticalSum(n: number, epsilon: number, delta: number): number {
  requireArguments(n, epsilon, delta);
  if (binomialCdf(0, n, epsilon) > delta) return Number.NEGATIVE_INFINITY;
  let certified = 0;
  let refused = n;
  while (refused - certified > 1) {
    const middle = Math.floor((certified + refused) / 2);
    if (binomialCdf(middle, n, epsilon) <= delta) certified = middle;
    else refused = middle;
  }
  return certified;
}

/**
 * The largest sum of losses in [0, 1] that certifies "risk ≤ ε" by Hoeffding–Bentkus: sup{S : p(S, n, ε) ≤ δ}, found
 * to the last bit. The p-value never falls as S grows; Bentkus's part jumps just above integers, so the answer is
 * either an integer plus the slack of 1e-9 that the p-value grants (37.000000001) or the root of Hoeffding's part
 * (1.107…). `S <= s*` is the same decision as `p(S) <= δ`: add no further slack.
 *
 * For losses bounded by B the critical clipped sum is B · s*(n, ε/B, δ).
 *
 * @param n integer ≥ 1
 * @param epsilon in (0, 1)
 * @param delta in (0, 1)
 * @returns a number in [0, nε), or −∞ if even S = 0 is not certified
 * @throws RangeError if an argument is outside its domain
 * @example hoeffdingBentkusCriticalSum(100, 0.05, 0.1) // 1.107…
 */
export function hoeffdingBentkusCriticalSum(n: number, epsilon: number, delta: number): number {
  requireArguments(n, epsilon, delta);
  const certified = (sum: number) => hoeffdingBentkusPValue(sum, n, epsilon) <= delta;
  if (!certified(0)) return Number.NEGATIVE_INFINITY;
  // At S = nε Hoeffding's part is 1 and Bentkus's at least e/2: never certified.
  return turningPoint(certified, 0, n * epsilon).low;
}

function requireArguments(n: number, epsilon: number, delta: number): void {
  requireCount("sample count", n, 1);
  requireProbability("epsilon", epsilon);
  requireProbability("delta", delta);
}
