import type { CheckResult } from "../control/check.ts";
import type { ThresholdFile } from "../control/threshold-file.ts";
import type { Caution } from "../control/types.ts";
import type { Efficiency } from "../exits/efficiency.ts";
import { meanFact } from "./calibration-document.ts";
import type { ReportCheck, ReportDocument, ReportFact } from "./document.ts";
import { formatCount, formatNumber, formatPercent, formatPValue, formatRule } from "./format.ts";
import { checkPanels } from "./panels/check-panels.ts";

/** A point estimate against a limit; no test. */
export interface Gate {
  readonly name: "max-mean-exit" | "min-saving";
  readonly limit: number;
  readonly found: number;
  readonly passed: boolean;
}

export interface BaselineResult extends CheckResult {
  /** Which losses were paired. */
  readonly mode: "relative" | "absolute";
  readonly margin: number;
}

export interface CheckFacts {
  readonly file: ThresholdFile;
  readonly result: CheckResult;
  /** Nothing was tested: what is deployed has risk 0 relative to itself. */
  readonly byConstruction: boolean;
  readonly delta: number;
  readonly alpha: number;
  readonly efficiency: Efficiency | null;
  readonly gates: readonly Gate[];
  /** Inconclusive fails, here as in the exit status. */
  readonly strict: boolean;
  readonly baseline: BaselineResult | null;
  readonly cautions: readonly Caution[];
}

/** Check JSON, version 1, and the same for people. The verdict is broken when the risk or the comparison is. */
export function checkDocument(facts: CheckFacts): ReportDocument {
  const verdict = facts.baseline?.verdict === "broken" ? "broken" : facts.result.verdict;
  return {
    title: `eexit check of ${facts.file.risk} ≤ ${facts.file.epsilon}`,
    verdict,
    // What decides comes first: with a baseline the verdict may be its own.
    statements: facts.baseline ? ordered(facts.baseline, sentence(facts)) : [sentence(facts)],
    facts: listedFacts(facts),
    tables: [],
    checks: [
      riskCheck(facts),
      ...(facts.baseline ? [baselineCheck(facts.baseline, facts.strict)] : []),
      ...facts.gates.map(gateCheck),
    ],
    cautions: [...facts.cautions, ...(facts.baseline?.cautions ?? [])],
    json: jsonAnswer(facts, verdict),
    panels: () =>
      checkPanels({
        epsilon: facts.file.epsilon,
        observed: facts.result.observedRisk,
        file: facts.file,
        efficiency: facts.efficiency,
      }),
  };
}

function jsonAnswer(
  { file, result, delta, alpha, efficiency, gates, baseline, cautions }: CheckFacts,
  verdict: string,
): object {
  return {
    format: "eexit-check",
    version: 1,
    verdict,
    risk: file.risk,
    epsilon: file.epsilon,
    delta,
    alpha,
    samples: result.sampleCount,
    observedRisk: result.observedRisk,
    pHolds: result.pHolds,
    pBroken: result.pBroken,
    samplesNeeded: result.samplesNeeded,
    meanExit: efficiency?.meanExit ?? null,
    saving: efficiency?.saving ?? null,
    gates: gates.map(({ name, limit, found, passed }) => ({ name, limit, found, passed })),
    baseline: baseline && {
      verdict: baseline.verdict,
      compare: baseline.mode,
      margin: baseline.margin,
      observedDifference: baseline.observedRisk,
      pHolds: baseline.pHolds,
      pBroken: baseline.pBroken,
      samplesNeeded: baseline.samplesNeeded,
    },
    cautions: [...cautions, ...(baseline?.cautions ?? [])].map(({ code, message }) => ({ code, message })),
  };
}

function sentence({ file, result, byConstruction, delta, alpha }: CheckFacts): string {
  const observed = `observed risk ${formatNumber(result.observedRisk)} on ${formatCount(result.sampleCount, "fresh sample")}`;
  if (byConstruction)
    return `The file deploys the ${file.source ? "reference row" : "full network"}, whose risk relative to itself is 0: holds by construction.`;
  switch (result.verdict) {
    case "holds":
      return `The risk is below ${file.epsilon}: "risk ≥ ${file.epsilon}" is rejected at δ = ${delta} (${observed}).`;
    case "broken":
      return `The risk is above ${file.epsilon}: "risk ≤ ${file.epsilon}" is rejected at α = ${alpha} (${observed}).`;
    case "inconclusive":
      return `Neither "risk ≥ ${file.epsilon}" nor "risk ≤ ${file.epsilon}" can be rejected (${observed}); for a healthy threshold this is normal.${neededText(result)}`;
  }
}

function neededText({ samplesNeeded }: CheckResult, observed = "observed risk"): string {
  if (samplesNeeded === null) return ` No realistic number of new samples would decide at this ${observed}.`;
  return ` About ${samplesNeeded} new samples (not these again) would decide with power 0.8 at this ${observed}.`;
}

/** The same for the one line of an annotation or a test case. */
function neededNote({ verdict, samplesNeeded }: CheckResult): string {
  if (verdict !== "inconclusive") return "";
  return samplesNeeded === null
    ? "; no realistic number of new samples would decide"
    : `; about ${samplesNeeded} new ones would decide with power 0.8`;
}

function baselineSentence(baseline: BaselineResult): string {
  const difference = `mean ${baseline.mode} difference ${formatNumber(baseline.observedRisk)}`;
  switch (baseline.verdict) {
    case "holds":
      return `Against the baseline: proven to be worse by less than ${baseline.margin} (${difference}).`;
    case "broken":
      return `Against the baseline: worse by more than ${baseline.margin} (${difference}).`;
    case "inconclusive":
      return `Against the baseline: neither better nor worse than the margin ${baseline.margin} can be shown (${difference}).${neededText(baseline, "difference")}`;
  }
}

function listedFacts({ file, result, delta, alpha, efficiency }: CheckFacts): ReportFact[] {
  const entries: [string, string][] = [
    ["observed risk", formatNumber(result.observedRisk)],
    ["samples", formatNumber(result.sampleCount)],
    [`p (risk ≥ ${file.epsilon})`, `${formatPValue(result.pHolds)} (holds at δ = ${delta})`],
    [`p (risk ≤ ${file.epsilon})`, `${formatPValue(result.pBroken)} (broken at α = ${alpha})`],
    ...relativeTo(file),
    ["rule", formatRule(file)],
  ];
  if (efficiency) {
    const [label, mean] = meanFact(efficiency);
    const own = efficiency.measuredOn === "table" ? "; the table's own means" : "";
    const before = file.efficiency ? formatNumber(file.efficiency.meanExit) : "unknown";
    entries.push([label, `${mean} (calibration ${before}${own})`]);
    entries.push(["saving", `${formatPercent(efficiency.saving)} of ${efficiency.costUnit}`]);
  }
  return entries.map(([label, value]) => ({ label, value }));
}

function outcomeOf({ verdict }: CheckResult, strict: boolean): ReportCheck["outcome"] {
  if (verdict === "inconclusive") return strict ? "failed" : "skipped";
  return verdict === "holds" ? "passed" : "failed";
}

/** A loss table's risk is relative to its reference row, or nothing, and a reader has to know which. */
function relativeTo({ reference, cautions }: ThresholdFile): [string, string][] {
  if (!reference) return [];
  const absolute = cautions.some(({ code }) => code === "reference-not-zero");
  const row = `row ${reference.row}, λ = ${reference.lambda}`;
  return [
    ["relative to", absolute ? `nothing: losses as supplied (reference row: ${row})` : `the reference row, ${row}`],
  ];
}

function ordered(baseline: BaselineResult, risk: string): string[] {
  const compared = baselineSentence(baseline);
  return baseline.verdict === "broken" ? [compared, risk] : [risk, compared];
}

function riskCheck(facts: CheckFacts): ReportCheck {
  return {
    name: "risk",
    outcome: outcomeOf(facts.result, facts.strict),
    message: `${facts.result.verdict}: observed ${formatNumber(facts.result.observedRisk)} on ${formatCount(facts.result.sampleCount, "sample")}${neededNote(facts.result)}`,
  };
}

function baselineCheck(baseline: BaselineResult, strict: boolean): ReportCheck {
  return {
    name: "baseline",
    outcome: outcomeOf(baseline, strict),
    message: `${baseline.verdict} at margin ${baseline.margin}: mean ${baseline.mode} difference ${formatNumber(baseline.observedRisk)}${neededNote(baseline)}`,
  };
}

function gateCheck({ name, limit, found, passed }: Gate): ReportCheck {
  const comparison = name === "max-mean-exit" ? "at most" : "at least";
  return {
    name,
    outcome: passed ? "passed" : "failed",
    message: `found ${formatNumber(found)}, expected ${comparison} ${formatNumber(limit)}`,
  };
}
