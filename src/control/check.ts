import type { LossKind } from "../exits/types.ts";
import { binomialCdf, binomialUpperTail } from "../stats/binomial.ts";
import { bettingPValue, mirrorStarLogWealth, starLogWealth } from "../stats/star.ts";
import { sumOf } from "../stats/sum.ts";
import { inRowOrder, type RowOrder } from "./problem.ts";
import { samplesToDecide } from "./samples-to-decide.ts";
import type { Caution } from "./types.ts";

/** `holds`: "risk ≥ ε" is rejected; `broken`: "risk ≤ ε" is; `inconclusive`: neither, as usual for a healthy threshold. */
export type Verdict = "holds" | "broken" | "inconclusive";

/** Fresh losses under the deployed rule, and what they are tested against. */
export interface CheckRequest {
  /** Relative losses at λ̂ in file order, `[sampleCount]`, within the range of `kind`. */
  readonly losses: Float64Array;
  readonly kind: LossKind;
  /** The level to test: H: R ≥ level (rejected: holds) and H: R ≤ level (rejected: broken). */
  readonly epsilon: number;
  /** Error probability of "holds". */
  readonly delta: number;
  /** Error probability of "broken". */
  readonly alpha: number;
  readonly order: RowOrder;
}

/** What the two tests say of fresh rows. */
export interface CheckResult {
  readonly verdict: Verdict;
  readonly sampleCount: number;
  readonly observedRisk: number;
  /** p-value of H: R ≥ ε; a betting p-value has the design δ and floors near it. */
  readonly pHolds: number;
  /** p-value of H: R ≤ ε, with the design α. */
  readonly pBroken: number;
  /** About how many NEW rows would decide at the observed risk with power 0.8; null when decided, or beyond a million. */
  readonly samplesNeeded: number | null;
  readonly cautions: readonly Caution[];
}

/**
 * Has the risk regressed? Two one-sided tests: the exact binomial for losses declared 0/1, betting (STaR and its mirror
 * image) for all others. "Inconclusive" is the normal verdict for a healthy threshold, whose true risk lies close below ε.
 */
export function check(request: CheckRequest): CheckResult {
  const { losses, kind, epsilon, delta, alpha } = request;
  const n = losses.length;
  const observedRisk = sumOf(losses) / n;
  const { pHolds, pBroken } = kind.binary ? exactTests(request) : bettingTests(request);
  const holds = pHolds <= delta;
  const broken = pBroken <= alpha;
  const verdict: Verdict = broken ? "broken" : holds ? "holds" : "inconclusive";
  const cautions: Caution[] = [];
  if (holds && broken) {
    cautions.push({
      code: "order-dependent",
      message:
        "both tests reject: the rows change along the shuffled order or the sample is tiny; the verdict is broken, collect new rows",
    });
  }
  const samplesNeeded = verdict === "inconclusive" ? samplesToDecide(losses, kind, { epsilon, delta, alpha }) : null;
  return { verdict, sampleCount: n, observedRisk, pHolds, pBroken, samplesNeeded, cautions };
}

function exactTests({ losses, epsilon }: CheckRequest): { pHolds: number; pBroken: number } {
  const count = Math.round(sumOf(losses));
  return {
    pHolds: binomialCdf(count, losses.length, epsilon),
    pBroken: binomialUpperTail(count, losses.length, epsilon),
  };
}

function bettingTests({ losses, kind, epsilon, delta, alpha, order }: CheckRequest): {
  pHolds: number;
  pBroken: number;
} {
  const shuffled = inRowOrder(losses, order);
  return {
    pHolds: settled(bettingPValue(starLogWealth(shuffled, epsilon, delta, kind.upper)), delta),
    pBroken: settled(bettingPValue(mirrorStarLogWealth(shuffled, epsilon, alpha, kind.lower)), alpha),
  };
}

/** A wealth that stopped exactly at its goal ln(1/δ) has p = δ up to rounding; it must compare as reached. */
function settled(pValue: number, design: number): number {
  return Math.abs(pValue - design) <= 1e-12 * design ? design : pValue;
}

/**
 * Paired comparison with a baseline on the same rows in the same order: d = new − old in [a − B, B − a], so never the
 * binomial test. Broken: E d ≤ margin is rejected; holds ("proven"): E d ≥ margin is rejected.
 */
export function comparePaired(
  newLosses: Float64Array,
  oldLosses: Float64Array,
  kind: LossKind,
  request: { readonly margin: number; readonly delta: number; readonly alpha: number; readonly order: RowOrder },
): CheckResult {
  const width = kind.upper - kind.lower;
  const { margin, ...rest } = request;
  return check({
    ...rest,
    losses: newLosses.map((loss, i) => loss - oldLosses[i]),
    kind: { name: `${kind.name} difference`, lower: -width, upper: width, binary: false },
    epsilon: margin,
  });
}
