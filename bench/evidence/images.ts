import { existsSync } from "node:fs";
import { join } from "node:path";
import { methodLabel, parseMethod } from "../../src/control/methods.ts";
import type { Population } from "../../src/control/population.ts";
import { exitTableSource, type Source } from "../../src/control/source.ts";
import { type Spread, type SweepRow, sweep } from "../../src/control/sweep.ts";
import { auditBootstrap, sweepSplits } from "../../src/control/trials.ts";
import type { Method } from "../../src/control/types.ts";
import { appendTables } from "../../src/exits/exit-table.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import { formatNumber, formatPercent } from "../../src/report/format.ts";
import { costsOf, readPart } from "./network-folder.ts";

/** The part of the evidence that is about dense outputs: one prediction per pixel, one confidence and loss per image. */

const risks = ["miou-gap", "miscoverage", "brier-gap", "brier-consistency"];
const aggregations = ["mean", "quantile:0.25", "patch:8"];
/** Nine combinations; the window of 8 was fixed before any result was seen. */
export const imageConfidences = ["top1", "top-diff", "entropy"].flatMap((measure) =>
  aggregations.map((how) => `${measure}@${how}`),
);
const methods = ["naive", "crc", "ucb", "ucb:wsr", "ltt"].map((name) => parseMethod(name) as Method);
const certifying = ["ucb", "ltt"].map((name) => parseMethod(name) as Method);
const epsilons = [0.05, 0.1, 0.2];
const delta = 0.1;
const repeats = { trials: 100, calibrationShare: 0.5, epsilon: 0.1 };
const auto = { kind: "auto" } as const;
const wanted = { confidences: imageConfidences, risks: "all", ignoreLabels: [255] } as const;

export const isSegmentation = (folder: string) => existsSync(join(folder, "logits_cal.npy"));

/** Sections of the page for one segmentation network; the label 255 is left out. */
export async function segmentationPage(folder: string, name: string): Promise<string> {
  const costs = costsOf(folder);
  const [calibration, test] = [await readPart(folder, "cal", wanted), await readPart(folder, "test", wanted)];
  const source = (table: ExitTable, confidence: string, risk: string) =>
    exitTableSource(table, confidence, risk, false, costs);
  const full = costs.costs[costs.costs.length - 1];
  const oneMeasure = risks.map((risk) => {
    const [from, to] = [calibration, test].map((table) => [source(table, "top1@mean", risk)]);
    const lines = heldOut(from, to, full, methods, epsilons);
    return `### ${name}: ${risk}, top1@mean\n\n${lines.join("\n")}`;
  });
  const nine = ["miou-gap", "miscoverage"].map((risk) => {
    const [from, to] = [calibration, test].map((table) => imageConfidences.map((c) => source(table, c, risk)));
    return `### ${name}: ${risk}, nine confidences\n\n${heldOut(from, to, full, certifying, [0.05, 0.1]).join("\n")}`;
  });
  const pooled = appendTables([calibration, test]);
  const repeated = repeatedLines(
    ["miou-gap", "miscoverage"].flatMap((risk) => imageConfidences.map((c) => source(pooled, c, risk))),
  );
  return [
    `## ${name}: ${calibration.sampleCount} calibration and ${test.sampleCount} test images, ${calibration.exitCount} exits`,
    ...oneMeasure,
    ...nine,
    `### ${name}: repeated calibration\n\n${repeated.join("\n")}`,
  ].join("\n\n");
}

function heldOut(
  from: readonly Source[],
  to: readonly Source[],
  fullCost: number,
  asked: readonly Method[],
  levels: readonly number[],
): string[] {
  const lines = from.flatMap((calibration, k) => {
    const { risk, confidence, costs } = calibration;
    const named = [{ risk, confidence, problem: calibration.problem({ seed: 0, shuffle: true }) }];
    const rows = sweep(named, { methods: asked, epsilons: levels, delta, grid: auto, costs });
    const population = to[k].population();
    return rows.map((row) => heldOutLine(row, population, fullCost));
  });
  return [
    "| confidence | method | ε | threshold | test risk | mean exit | saving (MACs) |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ...lines,
  ];
}

function heldOutLine(row: SweepRow<number>, test: Population, fullCost: number): string {
  const { method, epsilon, threshold, policy, confidence } = row;
  const { sampleCount, loss, exit, cost } = test.atPiece(test.pieceOf(threshold as number));
  const risk = loss / sampleCount;
  const cells = [
    confidence,
    methodLabel(method),
    epsilon,
    policy === "threshold" ? String(threshold) : policy,
    `${formatNumber(risk)}${risk > epsilon ? " **> ε**" : ""}`,
    formatNumber(exit / sampleCount),
    formatPercent(1 - cost / sampleCount / fullCost),
  ];
  return `| ${cells.join(" | ")} |`;
}

function repeatedLines(sources: readonly Source[]): string[] {
  const { sampleCount } = sources[0];
  const calibrationSize = Math.round(repeats.calibrationShare * sampleCount);
  const request = {
    methods,
    epsilons: [repeats.epsilon],
    delta,
    grid: auto,
    trials: repeats.trials,
    calibrationSize,
    seed: 0,
  };
  const lines = sources.flatMap((source) => {
    const audits = auditBootstrap(source, request);
    return sweepSplits(source, request).map((row, k) => repeatedLine(row, audits[k]));
  });
  return [
    `${repeats.trials} splits of the ${sampleCount} images, ${calibrationSize} for calibration, and as many bootstrap audits, at ε = ${repeats.epsilon}:`,
    "",
    "| risk | confidence | method | mean test risk | test risk > ε (splits) | true risk > ε (audit) | mean exit | saving (MACs) |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ...lines,
  ];
}

function repeatedLine(split: SweepRow<Spread>, audit: SweepRow<Spread>): string {
  const cells = [
    split.risk,
    split.confidence,
    methodLabel(split.method),
    formatNumber((split.testRisk as Spread).mean),
    formatPercent(split.violationShare as number),
    formatPercent(audit.violationShare as number),
    formatNumber((split.meanExit as Spread).mean),
    formatPercent((split.saving as Spread).mean),
  ];
  return `| ${cells.join(" | ")} |`;
}
