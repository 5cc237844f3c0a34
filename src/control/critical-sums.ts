import { clopperPearsonCriticalSum, hoeffdingBentkusCriticalSum } from "../stats/critical-sum.ts";

/** Critical sums by question: every split of a sweep asks the same ones, and one costs up to 50 binomial tails. */
const knownSums = new Map<string, number>();
const MOST_KNOWN = 10_000;

/** {@link clopperPearsonCriticalSum} or {@link hoeffdingBentkusCriticalSum}, looked up where it was asked before. */
export function criticalSum(bound: "cp" | "hb", n: number, epsilon: number, delta: number): number {
  const key = `${bound} ${n} ${epsilon} ${delta}`;
  let sum = knownSums.get(key);
  if (sum === undefined) {
    sum = (bound === "cp" ? clopperPearsonCriticalSum : hoeffdingBentkusCriticalSum)(n, epsilon, delta);
    if (knownSums.size >= MOST_KNOWN) knownSums.clear();
    knownSums.set(key, sum);
  }
  return sum;
}
