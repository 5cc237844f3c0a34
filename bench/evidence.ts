// Calibrates on the calibration part of really trained networks and measures on their test part, as a Markdown page.
//
//   npm run evidence -- <folder>
//
// <folder> holds one folder per network with logits_{cal,test}.npy, labels_{cal,test}.npy and stats.json
// (cost.cumulative_macs). The page of the last run is docs/evidence.md.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { methodLabel, parseMethod } from "../src/control/methods.ts";
import type { Population } from "../src/control/population.ts";
import { exitTableSource, type Source } from "../src/control/source.ts";
import { type Spread, type SweepRow, sweep } from "../src/control/sweep.ts";
import { auditBootstrap, sweepSplits } from "../src/control/trials.ts";
import type { Method } from "../src/control/types.ts";
import type { ExitCosts } from "../src/exits/efficiency.ts";
import { appendTables } from "../src/exits/exit-table.ts";
import type { ExitTable } from "../src/exits/types.ts";
import type { InputRequest } from "../src/io/input-request.ts";
import { openInputs, readExitTable } from "../src/io/read-inputs.ts";
import { formatNumber, formatPercent } from "../src/report/format.ts";

const networks = ["digits", "fashion-msd"];
const risks = ["prediction-gap", "prediction-consistency", "brier-gap", "brier-consistency"];
const methods = ["naive", "crc", "crc:monotone", "ucb", "ucb:wsr", "ltt"].map((name) => parseMethod(name) as Method);
const epsilons = [0.01, 0.02, 0.05, 0.1];
const delta = 0.1;

/** One split shows one draw; how often ε is exceeded shows over many. */
const repeats = { trials: 500, calibrationShare: 0.4, epsilons: [0.05] };

async function readPart(folder: string, part: "cal" | "test"): Promise<ExitTable> {
  const request: InputRequest = {
    inputs: [join(folder, `logits_${part}.npy`)],
    labels: [join(folder, `labels_${part}.npy`)],
    labelColumn: null,
    ignoreLabels: [],
    layout: null,
    values: "auto",
    exits: null,
    part: null,
    confidences: "default",
    risks,
    lossRange: null,
    binary: false,
    lambdas: null,
    tableExits: null,
    scores: false,
    readStdin: () => Promise.reject(new Error("no stdin here")),
    threads: 1,
  };
  const inputs = await openInputs(request);
  if (inputs.kind !== "exits") throw new Error(`${folder}: expected logits`);
  return readExitTable(inputs);
}

function costsOf(folder: string): ExitCosts {
  const stats = JSON.parse(readFileSync(join(folder, "stats.json"), "utf8"));
  const costs = stats.cumulative_macs ?? stats.cost?.cumulative_macs;
  if (!Array.isArray(costs)) throw new Error(`${folder}/stats.json: no cumulative_macs`);
  return { costs, unit: "MACs" };
}

function tableLines(calibration: Source, test: Population, fullCost: number): string[] {
  const named = [
    {
      risk: calibration.risk,
      confidence: calibration.confidence,
      problem: calibration.problem({ seed: 0, shuffle: true }),
    },
  ];
  const rows = sweep(named, { methods, epsilons, delta, grid: { kind: "auto" }, costs: calibration.costs });
  return [
    "| method | ε | threshold | test risk | mean exit | saving (MACs) |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map((row) => line(row, test, fullCost)),
  ];
}

function line({ method, epsilon, threshold, policy }: SweepRow, test: Population, fullCost: number): string {
  const totals = test.atPiece(test.pieceOf(threshold as number));
  const n = totals.sampleCount;
  const risk = totals.loss / n;
  const shown = policy === "threshold" ? String(threshold) : policy;
  const mark = risk > epsilon ? " **> ε**" : "";
  const saving = formatPercent(1 - totals.cost / n / fullCost);
  return `| ${methodLabel(method)} | ${epsilon} | ${shown} | ${formatNumber(risk)}${mark} | ${formatNumber(totals.exit / n)} | ${saving} |`;
}

function repeatedLines(pooled: ExitTable, costs: ExitCosts): string[] {
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

async function report(folder: string, name: string): Promise<string> {
  const costs = costsOf(join(folder, name));
  const calibration = await readPart(join(folder, name), "cal");
  const test = await readPart(join(folder, name), "test");
  const sections = risks.map((risk) => {
    const lines = tableLines(
      exitTableSource(calibration, "top1", risk, false, costs),
      exitTableSource(test, "top1", risk, false, costs).population(),
      costs.costs[costs.costs.length - 1],
    );
    return `### ${name}: ${risk}\n\n${lines.join("\n")}`;
  });
  const title = `## ${name}: ${calibration.sampleCount} calibration and ${test.sampleCount} test samples, ${calibration.exitCount} exits`;
  const pooled = repeatedLines(appendTables([calibration, test]), costs);
  return [title, ...sections, `### ${name}: repeated calibration\n\n${pooled.join("\n")}`].join("\n\n");
}

const [folder] = process.argv.slice(2);
const found = folder === undefined ? [] : networks.filter((name) => existsSync(join(folder, name, "logits_cal.npy")));
if (found.length === 0) {
  process.stderr.write(`usage: npm run evidence -- <folder with ${networks.join(" or ")}>\n`);
  process.exitCode = 2;
} else {
  const pages: string[] = [];
  for (const name of found) pages.push(await report(folder, name));
  process.stdout.write(`${pages.join("\n\n")}\n`);
}
