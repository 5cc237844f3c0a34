import { methodLabel } from "../control/methods.ts";
import type { ThresholdFile } from "../control/threshold-file.ts";
import type { Efficiency } from "../exits/efficiency.ts";
import type { ReportDocument, ReportFact } from "./document.ts";
import { formatNumber, formatPercent, formatRule, formatThreshold } from "./format.ts";
import { type CalibrationContext, calibrationPanels } from "./panels/calibration-panels.ts";

/** A threshold file as a report: the headline first, then the promise. */
export function calibrationDocument(file: ThresholdFile, context: CalibrationContext | null = null): ReportDocument {
  const certified = file.policy !== "never-exit";
  return {
    title: "eexit calibration",
    verdict: file.policy,
    statements: [headline(file), file.statement],
    facts: facts(file),
    tables: exitTable(file),
    checks: [
      {
        name: `${file.risk} ≤ ${file.epsilon} (${methodName(file)})`,
        outcome: certified ? "passed" : "failed",
        message: certified ? formatRule(file) : "nothing could be certified",
      },
    ],
    cautions: file.cautions,
    json: file,
    panels: () => calibrationPanels(file, context),
    provenance: Object.entries(file.meta ?? {}).map(([label, value]) => ({ label, value })),
  };
}

/** One line: the decision and what it brings, in the unit it is known in. */
function headline(file: ThresholdFile): string {
  const gain = savingText(file);
  switch (file.policy) {
    case "never-exit":
      return file.reference
        ? `reference row (row ${file.reference.row}, λ = ${file.reference.lambda}): ${methodName(file)} certifies no row at ε = ${file.epsilon}`
        : `never exit: ${methodName(file)} certifies no threshold at ε = ${file.epsilon}`;
    case "first-exit":
      return file.guarantee === "none" || file.crc === "last-pass"
        ? `the lowest threshold passes at ε = ${file.epsilon} (nothing is certified): leave at the first exit${gain}`
        : `every threshold is certified at ε = ${file.epsilon}: leave at the first exit${gain}`;
    case "threshold":
      return `threshold ${formatThreshold(file.threshold)} (${file.confidence ?? "λ"})${gain}`;
  }
}

/** Savings are always said of something: of exits, of MACs, of the reference row's steps. */
export function savingText({ efficiency }: Pick<ThresholdFile, "efficiency">): string {
  if (!efficiency) return "";
  const { saving, costUnit, measuredOn } = efficiency;
  const own = measuredOn === "table" ? " (the table's own means: it has none per sample)" : "";
  const [label, value] = meanFact(efficiency);
  return `: ${label} ${value}, ${formatPercent(saving)} of ${costUnit} saved${own}`;
}

/** "mean exit", "2.3"; of a loss table in another unit, which knows no exits, "mean", "41.5 steps". */
export function meanFact({ meanExit, meanCost, exitShare, costUnit }: Efficiency): [label: string, value: string] {
  return exitShare === null && costUnit !== "exits"
    ? ["mean", `${formatNumber(meanCost)} ${costUnit}`]
    : ["mean exit", formatNumber(meanExit)];
}

/** `ucb:star`, `crc:first-failure`, `naive`. */
export function methodName({ method, bound, crc }: Pick<ThresholdFile, "method" | "bound" | "crc">): string {
  return methodLabel({ name: method, bound, crc: crc ?? null });
}

function facts(file: ThresholdFile): ReportFact[] {
  const { calibration } = file;
  const entries: [string, string | null][] = [
    ["risk", `${file.risk}${file.clip ? " (clipped)" : ""}, range [${file.lossRange.join(", ")}]`],
    ["ε", String(file.epsilon)],
    ["δ", file.delta === null ? null : String(file.delta)],
    ["method", methodName(file)],
    ["guarantee", file.guarantee],
    ["rule", formatRule(file)],
    ["confidence", file.confidence],
    ["thresholds tested", file.grid],
    ["calibration samples", formatNumber(calibration.samples)],
    ["empirical risk", formatNumber(calibration.empiricalRisk)],
    ["risk upper bound", calibration.riskUpperBound === null ? null : formatNumber(calibration.riskUpperBound)],
    ...(file.efficiency ? [meanFact(file.efficiency)] : []),
    ["saving", file.efficiency ? `${formatPercent(file.efficiency.saving)} of ${file.efficiency.costUnit}` : null],
    ["shuffle seed", calibration.shuffled ? String(calibration.seed) : "none (file order)"],
    ["data sha256", calibration.sha256],
  ];
  return entries.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

function exitTable({ efficiency, exitNames, costs }: ThresholdFile): ReportDocument["tables"] {
  if (!efficiency?.exitShare) return [];
  return [
    {
      title: "Where calibration samples leave",
      columns: [
        { key: "exit", label: "exit", align: "left" },
        { key: "share", label: "share", align: "right", show: "percent" },
        { key: "cost", label: `cost (${efficiency.costUnit})`, align: "right" },
      ],
      rows: efficiency.exitShare.map((share, l) => [exitNames?.[l] ?? String(l + 1), share, costs?.[l] ?? l + 1]),
    },
  ];
}
