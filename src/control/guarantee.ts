import type { RiskPath } from "../exits/risk-path.ts";
import type { LossKind } from "../exits/types.ts";
import type { Guarantee, Level, Policy, ResolvedMethod } from "./types.ts";

/**
 * What a method may promise on a given path (STATISTICS §5).
 *
 * First-failure CRC controls the expected risk only where a theorem says so: one early exit, all thresholds swept (Theorem
 * FF), or one early exit with losses that are never negative, which makes every sample's loss monotone in λ. Elsewhere the
 * telescoping argument breaks and the promise is a heuristic.
 *
 * @param relative whether the losses are 0 at the full network or reference row; false only for some loss tables
 */
export function guaranteeOf(
  method: ResolvedMethod,
  pathKind: RiskPath["kind"],
  exitCount: number | null,
  kind: LossKind,
  relative = true,
): Guarantee {
  if (method.name === "naive") return "none";
  if (method.name !== "crc") return "high-probability";
  // Its proof starts from a loss of 0 at the safest choice, which a reference row with losses of its own does not have.
  if (method.crc === "monotone") return relative ? "expectation" : "heuristic";
  if (method.crc === "last-pass") return "heuristic";
  const singleEarlyExit = exitCount === 2 && pathKind !== "table";
  return singleEarlyExit && (pathKind === "exact" || kind.lower >= 0) ? "expectation" : "heuristic";
}

export interface StatementFacts {
  readonly guarantee: Guarantee;
  readonly policy: Policy;
  readonly sampleCount: number;
  readonly level: Level;
  readonly risk: string;
  /** "the full network", or the reference row of a loss table in words. */
  readonly reference: string;
  /** Mean loss of what is deployed when nothing is certified; null when that is 0 by definition. */
  readonly referenceRisk?: number | null;
  /** Share in [0, 1] of samples whose loss is not monotone in λ. */
  readonly nonMonotoneShare: number;
}

/** The honest sentence: what is promised, under which assumption. */
export function statement(facts: StatementFacts): string {
  if (facts.policy === "never-exit") return neverExitStatement(facts);
  const { epsilon, delta } = facts.level;
  const risk = `the risk (${riskWords(facts)})`;
  switch (facts.guarantee) {
    case "high-probability":
      return (
        `With probability at least ${complement(delta)} over the draw of ${facts.sampleCount} calibration samples, ` +
        `${risk} is at most ${epsilon} on new samples from the same distribution (i.i.d.; no monotonicity assumed).` +
        accuracyRemark(facts)
      );
    case "expectation":
      return (
        `Averaged over draws of ${facts.sampleCount} calibration samples, ${risk} is at most ${epsilon} on an exchangeable ` +
        `new sample; a single calibration may exceed it.${accuracyRemark(facts, " on average")}`
      );
    case "heuristic":
      return (
        `Heuristic: aims at an average risk (${riskWords(facts)}) of at most ${epsilon}, but no theorem covers it here: ` +
        `losses are ${monotoneWords(facts.nonMonotoneShare)}.`
      );
    case "none":
      return `No guarantee: the empirical risk on ${facts.sampleCount} samples is at most ${epsilon}; the true risk exceeds it in about half of all calibrations.`;
  }
}

function neverExitStatement({ level, sampleCount, reference, referenceRisk, risk }: StatementFacts): string {
  const fallback =
    referenceRisk == null
      ? "whose risk relative to itself is 0 by construction"
      : `whose own mean loss on these samples is ${Number(referenceRisk.toPrecision(3))} and about which nothing is promised`;
  return (
    `Nothing could be certified at ε = ${level.epsilon} with ${sampleCount} calibration samples (${risk}): deploy ` +
    `${reference}, ${fallback}.`
  );
}

function riskWords({ risk, reference, referenceRisk }: StatementFacts): string {
  return referenceRisk == null ? `${risk}, relative to ${reference}` : `${risk}, as supplied`;
}

/** What was seen in the samples; a share of 0 proves nothing about others. */
function monotoneWords(share: number): string {
  if (share === 0) return "monotone in these samples, but not by construction";
  return `not monotone for ${percent(share)} of the samples`;
}

/** Label-free safety: 1[ŷ_l≠y] − 1[ŷ_L≠y] ≤ 1[ŷ_l≠ŷ_L] for every sample, so agreement bounds the accuracy drop. */
function accuracyRemark({ risk, level }: StatementFacts, scope = ""): string {
  return risk === "prediction-consistency"
    ? ` Hence the accuracy drop is at most ${level.epsilon}${scope} too, without one label.`
    : "";
}

/** 1 − δ in the digits a person would write: 0.9, not 0.9000000000000000x. */
export function complement(delta: number): number {
  return Number((1 - delta).toPrecision(12));
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
