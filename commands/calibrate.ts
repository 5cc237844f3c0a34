import type { Command } from "commander";
import { calibrate } from "../src/control/calibrate.ts";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import { writeOutput } from "../src/io/output.ts";
import { thresholdText } from "../src/io/threshold-file.ts";
import { thresholdRecord } from "../src/io/threshold-record.ts";
import { calibrationDocument } from "../src/report/calibration-document.ts";
import type { ReportDocument } from "../src/report/document.ts";
import { addInputOptions, addLossTableOptions, collect, type InputFlags, inputRequest } from "./input-options.ts";
import { keepInputs } from "./keep-inputs.ts";
import { digestOf, type Loaded, load, onlyColumns, sourcesOf } from "./load-problem.ts";
import { newCommand } from "./new-command.ts";
import { parseLevels, parsePairs, parseProbability } from "./parse-values.ts";
import { addReportOption, writeReports } from "./report-option.ts";
import type { Session } from "./session.ts";
import {
  addStatisticsOptions,
  parseConfidences,
  parseGrid,
  parseMethods,
  parseOrder,
  parseRisks,
  type StatisticsFlags,
} from "./statistics-options.ts";

const details = `
The answer is a threshold file (JSON, version 1): deploy "leave at the first exit whose confidence
is greater than the threshold". Its fields guarantee and statement say what is promised. Three
policies exist: threshold, never-exit (nothing could be certified) and first-exit (everything was).

ucb is the default: with probability 1 − δ the true risk is at most ε, without any assumption of
monotonicity. Its bound is chosen by the declared kind of loss: cp for 0/1 losses, star for others.
See eexit help methods and eexit help risks.

Dense logits [N, L, C, H, W] (segmentation) are taken image by image: the sample is the image, its
confidence the mean, a quantile or the least window mean of its pixels' confidences.`;

interface Flags extends InputFlags, StatisticsFlags {
  output?: string;
  meta?: string[];
  exitStatus?: boolean;
  report?: string[];
}

export function calibrateCommand(session: Session): Command {
  const command = newCommand(
    "calibrate",
    "Choose the exit threshold so that the risk stays below ε, and say what is promised.",
    {
      examples: [
        "eexit calibrate sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy -e 0.05",
        "cat sample-data/digits/logits_cal.arrow | eexit calibrate - -e 0.05 | jq .threshold",
        "eexit calibrate sample-data/loss-table/deediff.npz -e 0.01 -o table.json --report report.md",
      ],
      details,
      exitStatuses: [
        "0  a threshold file was written, whatever its policy",
        "1  nothing could be certified (only with --exit-status)",
        "2  could not do the job (usage, file, data)",
        "3  internal error",
      ],
    },
  );
  addInputOptions(command);
  addStatisticsOptions(command, {
    method: "ucb",
    risk: "prediction-gap with labels, else prediction-consistency; dense logits: miou-gap, else miscoverage",
  });
  addLossTableOptions(command);
  command.optionsGroup("Output:");
  command.option("-o, --output <file>", "write the threshold file there instead of to stdout");
  addReportOption(command);
  command.option("--meta <key=value>", "a note to keep in the threshold file (repeat)", collect);
  command.option("--exit-status", "exit with 1 when nothing is certified");
  command.action((inputs: string[], flags: Flags) => run(inputs, flags, session));
  return command;
}

async function run(inputs: string[], flags: Flags, session: Session): Promise<void> {
  const level = {
    epsilon: only("-e", parseLevels("-e", required(flags.epsilon))),
    delta: parseProbability("-d", flags.delta ?? "0.1"),
  };
  const method = only("--method", parseMethods(flags, "ucb"));
  const grid = parseGrid(flags.grid);
  const order = parseOrder(flags);
  const clip = flags.clip ?? false;
  const meta = parsePairs("--meta", flags.meta ?? []);
  const wanted = {
    confidences: single("--confidence", parseConfidences(flags.confidence)),
    risks: single("--risk", parseRisks(flags.risk)),
  };
  const request = inputRequest(inputs, flags, wanted, session);
  const reports = writeReports(flags.report);

  const loaded = await load(request, flags, session);
  keepInputs([...loaded.names, ...request.labels], [flags.output, ...(flags.report ?? [])]);
  const [source] = sourcesOf(loaded, clip);
  const columns = loaded.kind === "exits" ? onlyColumns(loaded.table) : null;
  const problem = source.problem(order);
  const result = calibrate(problem, { method, level, grid, costs: source.costs });
  const file = thresholdRecord({
    result,
    level,
    kind: problem.kind,
    clip,
    order,
    sampleCount: problem.sampleCount,
    digest: digestOf(loaded, columns, clip),
    inputFacts: loaded.facts,
    ignoreLabels: request.ignoreLabels,
    exits: columns && exitFields(loaded, columns.confidence),
    lossTable: problem.table,
    gridValues: grid.kind === "values" && grid.text.startsWith("file:") ? grid.values : null,
    meta,
  });
  await deliver(file, flags, session);
  const document = calibrationDocument(file);
  await reports(document, session);
  summarise(document, session);
  if (flags.exitStatus && file.policy === "never-exit") session.exitStatus = 1;
}

function exitFields(loaded: Loaded, confidence: string) {
  if (loaded.kind !== "exits") throw new Error("a loss table has no exits");
  const { table, costs, ownCosts } = loaded;
  return { exitCount: table.exitCount, classCount: table.classCount, confidence, costs: ownCosts ? costs : null };
}

async function deliver(file: ThresholdFile, { output }: Flags, session: Session): Promise<void> {
  if (output === undefined || output === "-") session.answer(thresholdText(file));
  else await writeOutput(output, thresholdText(file), { overwrite: true });
}

function summarise({ statements, cautions }: ReportDocument, session: Session): void {
  const [headline, ...lines] = statements;
  session.say(session.paint("stderr").bold(headline));
  for (const line of lines) session.say(line);
  for (const { message } of cautions) session.caution(message);
}

function required(texts: readonly string[] | undefined): readonly string[] {
  if (texts) return texts;
  throw new EexitError(
    "bad-usage",
    "-e, --epsilon: missing, expected a risk level",
    "use for example -e 0.05; eexit plan shows what n samples can certify",
  );
}

function only<Value>(option: string, values: readonly Value[]): Value {
  if (values.length === 1) return values[0];
  throw new EexitError("bad-usage", `${option}: ${values.length} values, expected one`, "eexit sweep takes lists");
}

function single(option: string, names: readonly string[] | "default"): readonly string[] | "default" {
  if (names !== "default") only(option, names);
  return names;
}
