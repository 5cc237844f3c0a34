import { existsSync } from "node:fs";
import { join } from "node:path";
import { methodLabel } from "../../src/control/methods.ts";
import { exitTableSource } from "../../src/control/source.ts";
import type { Spread, SweepRow } from "../../src/control/sweep.ts";
import { auditBootstrap, sweepSplits } from "../../src/control/trials.ts";
import type { ExitCosts } from "../../src/exits/efficiency.ts";
import { appendTables } from "../../src/exits/exit-table.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import { formatNumber, formatPercent } from "../../src/report/format.ts";
import { delta, heldOutLines, methods, splitLines } from "./lines.ts";
import { costsOf, readPart } from "./network-folder.ts";

const epsilons = [0.01, 0.02, 0.05, 0.1];
const unit = { mean: "exit", saving: "MACs" };

/** One split shows one draw; how often ε is exceeded shows over many. */
const repeats = { trials: 500, calibrationShare: 0.4, epsilons: [0.05] };

/** The paper's 100 calibration samples, and five times as many. */
const splitSizes = [100, 500];
const splitEpsilons = [0.05];

/** A folder with logits_{cal,test}.npy, labels_{cal,test}.npy and stats.json with cumulative multiply-accumulates. */
export function isClassification(folder: string): boolean {
  return existsSync(join(folder, "logits_cal.npy")) && existsSync(join(folder, "labels_cal.npy"));
}

/** Held-out tables, repeated calibration and the paper's splits for one network. */
export async function classificationPage(folder: string, name: string, risks: readonly string[]): Promise<string> {
  const costs = costsOf(folder);
  const calibration = await readPart(folder, "cal", { risks });
  const test = await readPart(folder, "test", { risks });
  const sections = risks.map((risk) => {
    const source = exitTableSource(calibration, "top1", risk, false, costs);
    const fresh = exitTableSource(test, "top1", risk, false, costs).population();
    return `### ${name}: ${risk}\n\n${heldOutLines(source, fresh, epsilons, unit).join("\n")}`;
  });
  const title = `## ${name}: ${calibration.sampleCount} calibration and ${test.sampleCount} test samples, ${calibration.exitCount} exits`;
  const pooled = appendTables([calibration, test]);
  const sources = risks.map((risk) => exitTableSource(pooled, "top1", risk, false, costs));
  const splits = splitLines(sources, splitSizes, splitEpsilons, unit);
  return [
    title,
    ...sections,
    `### ${name}: repeated calibration\n\n${repeatedLines(pooled, risks, costs).join("\n")}`,
    `### ${name}: 100 splits, as the paper repeats\n\n${splits.join("\n")}`,
  ].join("\n\n");
}

function repeatedLines(pooled: ExitTable, risks: readonly string[], costs: ExitCosts): string[] {
  const calibrationSize = Math.round(repeats.calibrationShare * pooled.sampleCount);
  const request = {
    methods,
    epsilons: repeats.epsilons,
    delta,
    grid: { kind: "auto" } as const,
    trials: repeats.trials,
    calibrationSize,
    seed: 0,
  };
  const sources = risks.map((risk) => exitTableSource(pooled, "top1", risk, false, costs));
  const splits = sources.flatMap((source) => sweepSplits(source, request));
  const audits = sources.flatMap((source) => auditBootstrap(source, request));
  return [
    `${repeats.trials} splits of the ${pooled.sampleCount} samples, ${calibrationSize} for calibration, and as many bootstrap audits:`,
    "",
    "| risk | method | ε | mean test risk | test risk > ε (splits) | true risk > ε (audit) | mean exit | saving (MACs) |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...splits.map((row, k) => repeatedLine(row, audits[k])),
  ];
}

function repeatedLine(split: SweepRow<Spread>, audit: SweepRow<Spread>): string {
  const cells = [
    split.risk,
    methodLabel(split.method),
    split.epsilon,
    formatNumber((split.testRisk as Spread).mean),
    formatPercent(split.violationShare as number),
    formatPercent(audit.violationShare as number),
    formatNumber((split.meanExit as Spread).mean),
    formatPercent((split.saving as Spread).mean),
  ];
  return `| ${cells.join(" | ")} |`;
}
