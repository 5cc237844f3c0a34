import type { ThresholdFile } from "../control/threshold-file.ts";
import { isBuiltInRisk, riskCatalogue } from "../exits/loss-kinds.ts";
import { meanFact, methodName } from "./calibration-document.ts";
import type { ReportDocument, ReportFact } from "./document.ts";
import { type Deployment, deployment } from "./explain-deployment.ts";
import { assumptions, notPromised, promise } from "./explain-promise.ts";
import { formatCount, formatNumber, formatPercent, formatRange } from "./format.ts";

/** A threshold file in plain words: what to deploy, what is promised and what is not, and on what it rests. */
export function explainDocument(file: ThresholdFile): ReportDocument {
  const deploy = deployment(file);
  const assumed = assumptions(file);
  return {
    title: "eexit threshold file",
    verdict: file.policy,
    statements: [
      deploy.sentence,
      `Promised: ${file.statement}`,
      `Not promised: ${notPromised(file).join("; ")}.`,
      ...(assumed.length > 0 ? [`Assumed: ${assumed.join("; ")}.`] : []),
      `Calibrated: ${calibrated(file)}`,
      `Efficiency: ${efficiencySentence(file)}`,
    ],
    facts: facts(file, deploy),
    tables: shareTable(file),
    checks: [],
    cautions: file.cautions,
    json: jsonAnswer(file, deploy, assumed),
  };
}

function calibrated({ calibration, policy }: ThresholdFile): string {
  const { samples, ignored, ignoredPixels, shuffled, seed, sha256, empiricalRisk, riskUpperBound } = calibration;
  const out = [
    ...(ignored ? [formatCount(ignored, "row")] : []),
    ...(ignoredPixels ? [formatCount(ignoredPixels, "pixel")] : []),
  ];
  const left = out.length > 0 ? ` (${out.join(" and ")} left out by label)` : "";
  const order = shuffled ? `rows shuffled once with seed ${seed}` : "rows in file order";
  const bound = riskUpperBound === null ? "" : `, upper bound on the true risk ${formatNumber(riskUpperBound)}`;
  const risk = policy === "never-exit" ? "" : `; empirical risk ${formatNumber(empiricalRisk)}${bound}`;
  return `on ${formatCount(samples, "sample")}${left}, data hash ${sha256.slice(0, 12)}…, ${order}${risk}.`;
}

function efficiencySentence({ efficiency, exits }: ThresholdFile): string {
  if (!efficiency) return "not known, the loss table held no exits.";
  const { meanCost, fullCost, costUnit, saving, measuredOn } = efficiency;
  const depth = exits === null ? "" : ` of ${exits}`;
  const [label, mean] = meanFact(efficiency);
  const used =
    costUnit === "exits" || label === "mean"
      ? ""
      : ` ${formatNumber(meanCost)} of ${formatNumber(fullCost)} ${costUnit} used,`;
  const remark = costUnit === "exits" ? " (exits are not time)" : "";
  const own = measuredOn === "table" ? "; the table's own means, it has none per sample" : "";
  return `${label} ${mean}${depth},${used} ${formatPercent(saving)} of ${costUnit} saved${remark}${own}.`;
}

function facts(file: ThresholdFile, deploy: Deployment): ReportFact[] {
  const description = isBuiltInRisk(file.risk) ? `, the ${riskCatalogue[file.risk].description}` : "";
  const { iou } = file;
  const classes =
    iou === "present" ? "those present in the labels or the prediction of an image" : "all, absent ones as 0";
  const entries: [string, string][] = [
    ["rule", deploy.pseudoCode],
    ["numpy", deploy.numpy],
    ["risk", `${file.risk}${file.clip ? " (clipped)" : ""} in ${formatRange(...file.lossRange)}${description}`],
    ...(iou === undefined ? [] : ([["IoU over", `classes: ${classes}`]] as [string, string][])),
    ["ε", String(file.epsilon)],
    ...(file.delta === null ? [] : ([["δ", String(file.delta)]] as [string, string][])),
    ["method", `${methodName(file)} on thresholds: ${file.grid}`],
    ["promise", promise(file)],
    ["written by", `${file.tool.name} ${file.tool.version}`],
    ...Object.entries(file.meta ?? {}),
  ];
  return entries.map(([label, value]) => ({ label, value }));
}

function shareTable({ efficiency, exitNames, costs }: ThresholdFile): ReportDocument["tables"] {
  if (!efficiency?.exitShare) return [];
  return [
    {
      title: "Where calibration samples left",
      columns: [
        { key: "exit", label: "exit", align: "left" },
        { key: "share", label: "share", align: "right", show: "percent" },
        { key: "cost", label: `cost (${efficiency.costUnit})`, align: "right" },
      ],
      rows: efficiency.exitShare.map((share, l) => [exitNames?.[l] ?? String(l + 1), share, costs?.[l] ?? l + 1]),
    },
  ];
}

/** Explain JSON, version 1, in fixed key order. */
function jsonAnswer(file: ThresholdFile, deploy: Deployment, assumed: readonly string[]): object {
  const { samples, sha256, seed, shuffled, empiricalRisk, riskUpperBound } = file.calibration;
  return {
    format: "eexit-explain",
    version: 1,
    policy: file.policy,
    threshold: file.threshold,
    rule: file.rule,
    deploy,
    guarantee: file.guarantee,
    promised: file.statement,
    notPromised: notPromised(file),
    assumptions: assumed,
    risk: file.risk,
    epsilon: file.epsilon,
    delta: file.delta,
    method: methodName(file),
    calibration: { samples, sha256, seed, shuffled, empiricalRisk, riskUpperBound },
    efficiency: file.efficiency,
    cautions: file.cautions,
  };
}
