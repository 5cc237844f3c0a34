import type { Caution } from "../control/types.ts";
import type { ReportCheck, ReportDocument } from "./document.ts";
import { formatNumber, formatPercent, formatPValue } from "./format.ts";
import { checkPanels } from "./panels/check-panels.ts";

type Verdict = "holds" | "broken" | "inconclusive";

/** Check JSON, version 1, as it is read back. */
export interface SavedCheck {
  readonly format: "eexit-check";
  readonly verdict: Verdict;
  readonly risk: string;
  readonly epsilon: number;
  readonly delta: number;
  readonly alpha: number;
  readonly samples: number;
  readonly observedRisk: number;
  readonly pHolds: number;
  readonly pBroken: number;
  readonly samplesNeeded: number | null;
  readonly meanExit: number | null;
  readonly saving: number | null;
  readonly gates: readonly {
    readonly name: string;
    readonly limit: number;
    readonly found: number;
    readonly passed: boolean;
  }[];
  readonly baseline: {
    readonly verdict: Verdict;
    readonly compare: "relative" | "absolute";
    readonly margin: number;
    readonly observedDifference: number;
  } | null;
  readonly cautions: readonly Caution[];
}

const outcomes = { holds: "passed", broken: "failed", inconclusive: "skipped" } as const;

/** A check without its threshold file: the verdict and what it rests on; where samples leave is not in the answer. */
export function savedCheckDocument(saved: SavedCheck): ReportDocument {
  const { risk, epsilon, observedRisk, samples } = saved;
  return {
    title: `eexit check of ${risk} ≤ ${epsilon}`,
    verdict: saved.verdict,
    statements: [`Observed risk ${formatNumber(observedRisk)} on ${samples} fresh samples; the level is ${epsilon}.`],
    facts: factsOf(saved),
    tables: [],
    checks: checksOf(saved),
    cautions: saved.cautions,
    json: saved,
    panels: () => checkPanels({ epsilon, observed: observedRisk, file: null, efficiency: null }),
  };
}

function factsOf(saved: SavedCheck): ReportDocument["facts"] {
  const { epsilon, delta, alpha, samplesNeeded, meanExit, saving } = saved;
  const entries: [string, string | null][] = [
    [`p (risk ≥ ${epsilon})`, `${formatPValue(saved.pHolds)} (holds at δ = ${delta})`],
    [`p (risk ≤ ${epsilon})`, `${formatPValue(saved.pBroken)} (broken at α = ${alpha})`],
    ["new samples that would decide", samplesNeeded === null ? null : formatNumber(samplesNeeded)],
    ["mean exit", meanExit === null ? null : formatNumber(meanExit)],
    ["saving", saving === null ? null : formatPercent(saving)],
  ];
  return entries.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

function checksOf({ verdict, baseline, gates }: SavedCheck): ReportCheck[] {
  const checks: ReportCheck[] = [{ name: "verdict", outcome: outcomes[verdict], message: verdict }];
  if (baseline) {
    const { compare, margin, observedDifference } = baseline;
    checks.push({
      name: "baseline",
      outcome: outcomes[baseline.verdict],
      message: `${baseline.verdict} at margin ${margin}: mean ${compare} difference ${formatNumber(observedDifference)}`,
    });
  }
  for (const { name, limit, found, passed } of gates) {
    const message = `found ${formatNumber(found)}, limit ${formatNumber(limit)}`;
    checks.push({ name, outcome: passed ? "passed" : "failed", message });
  }
  return checks;
}
