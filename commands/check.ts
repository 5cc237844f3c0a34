import { appendFileSync } from "node:fs";
import type { Command } from "commander";
import { type CheckResult, check } from "../src/control/check.ts";
import type { RowOrder } from "../src/control/problem.ts";
import type { Caution } from "../src/control/types.ts";
import { EexitError } from "../src/errors.ts";
import { isRelative } from "../src/exits/loss-table.ts";
import { readThresholdFile } from "../src/io/threshold-file.ts";
import { checkDocument, type Gate } from "../src/report/check-document.ts";
import type { ReportDocument } from "../src/report/document.ts";
import { renderGithub } from "../src/report/github.ts";
import { renderGithubSummary } from "../src/report/github-summary.ts";
import { renderJson } from "../src/report/json.ts";
import { renderJunit } from "../src/report/junit.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { renderText } from "../src/report/text.ts";
import { type BaselineFlags, compareWithBaseline, parseComparison } from "./check-baseline.ts";
import { assertFresh, deployFresh, type FreshData, loadFor } from "./check-data.ts";
import { offer } from "./completion/offer.ts";
import { addInputOptions, collect, type InputFlags } from "./input-options.ts";
import { keepInputs, sideInputs } from "./keep-inputs.ts";
import { newCommand } from "./new-command.ts";
import { parseChoice, parseCount, parseNumber, parsePercent, parseProbability } from "./parse-values.ts";
import { addReportOption, plannedReports, withSources } from "./report-option.ts";
import type { Session } from "./session.ts";

const details = `
Two one-sided tests on fresh rows, with the threshold file's own threshold, risk and confidence:
  holds         "risk ≥ ε" is rejected at δ
  broken        "risk ≤ ε" is rejected at α
  inconclusive  neither; the number of new rows that would decide is printed
Inconclusive is the normal verdict for a healthy threshold, whose true risk lies close below ε. Use
new rows each time: testing old and new rows together, or one set until it holds, is another look.

--baseline compares with another model or threshold on the same rows in the same order, paired; two
networks by their absolute losses (labels needed), two thresholds of one network by relative ones.
The gates --max-mean-exit and --min-saving compare point estimates and are no tests.`;

interface Flags extends InputFlags, BaselineFlags {
  threshold?: string;
  delta?: string;
  alpha?: string;
  seed?: string;
  shuffle: boolean;
  strict?: boolean;
  maxMeanExit?: string;
  minSaving?: string;
  format?: string;
  report?: string[];
}

const formats = {
  text: renderText,
  json: renderJson,
  markdown: renderMarkdown,
  github: renderGithub,
  junit: renderJunit,
} as const;

export function checkCommand(session: Session): Command {
  const command = newCommand("check", "Has the risk regressed on fresh data? holds, broken or inconclusive.", {
    examples: [
      "eexit check -t threshold.json sample-data/digits/logits_test.npy --labels sample-data/digits/labels_test.npy",
      "eexit check -t threshold.json fresh.npy --labels fresh-labels.npy --format github --min-saving 30%",
      "eexit check -t new.json new.npy --labels y.npy --baseline old.npy --baseline-threshold old.json --margin 0.01",
    ],
    details,
    exitStatuses: [
      "0  holds, or inconclusive without --strict; all gates passed",
      "1  broken, a failed gate, or inconclusive under --strict",
      "2  could not do the job (usage, file, data)",
      "3  internal error",
    ],
  });
  addInputOptions(command);
  command.optionsGroup("Test:");
  command.option("-t, --threshold <file>", "the threshold file to check (required)");
  command.option("-d, --delta <probability>", "error probability of holds (default the file's, else 0.1)");
  command.option("--alpha <probability>", "error probability of broken (default 0.05)");
  command.option("--seed <n>", "seed of the one shuffle of the rows (default 0)");
  command.option("--no-shuffle", "take the rows in file order");
  command.option("--confidence <name=file:…>", "where the file's supplied confidence column is", collect);
  command.option("--lambdas <file>", "λ per row of a bare loss table");
  command.option("--table-exits <file>", "exits per row of a bare loss table");
  command.option("--strict", "inconclusive, of the risk or against the baseline, is status 1");
  command.optionsGroup("Baseline:");
  command.option("--baseline <input>", "another model's data on the same rows (repeat for shards)", collect);
  command.option("--margin <difference>", "how much worse than the baseline is accepted (default 0)");
  command.option("--baseline-labels <file>", "labels of the baseline (default the same)", collect);
  command.option("--baseline-confidence <name=file:…>", "where the baseline's supplied confidence column is", collect);
  command.option("--baseline-threshold <file>", "threshold file of the baseline (default -t)");
  command.option("--compare <losses>", "relative (one network) or absolute (two networks)");
  offer(command, "--compare", ["relative", "absolute"]);
  command.optionsGroup("Efficiency gates:");
  command.option("--max-mean-exit <exit>", "fail when the mean exit is above");
  command.option("--min-saving <share>", "fail when the saving is below, such as 0.3 or 30%");
  command.optionsGroup("Output:");
  command.option("--format <name>", "text, json, markdown, github or junit (default text)");
  offer(command, "--format", Object.keys(formats));
  addReportOption(command);
  command.action((inputs: string[], flags: Flags) => run(inputs, flags, session));
  return command;
}

async function run(inputs: string[], flags: Flags, session: Session): Promise<void> {
  const format = parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[]);
  if (flags.threshold === undefined) throw missingThreshold(inputs);
  const order: RowOrder = {
    seed: flags.seed === undefined ? 0 : parseCount("--seed", flags.seed, { least: 0, example: 7 }),
    shuffle: flags.shuffle,
  };
  const alpha = parseProbability("--alpha", flags.alpha ?? "0.05");
  const limits = parseLimits(flags);
  const comparison = parseComparison(flags);
  const ownDelta = flags.delta === undefined ? null : parseProbability("-d", flags.delta);
  const reports = plannedReports(flags.report);
  const file = await readThresholdFile(flags.threshold, session.readStdin);
  const delta = ownDelta ?? file.delta ?? 0.1;

  const loaded = await loadFor(file, inputs, flags, session);
  const compared = [...(flags.baseline ?? []), ...(flags.baselineLabels ?? []), flags.baselineThreshold];
  keepInputs(
    [flags.threshold, ...loaded.names, ...(flags.labels ?? []), ...sideInputs(flags), ...compared],
    flags.report ?? [],
  );
  const cautions: Caution[] = assertFresh(file, loaded);
  const fresh = deployFresh(file, loaded);
  const levels = { delta, alpha, order };
  const certain = file.policy === "never-exit" && riskIsZero(fresh);
  const result = certain
    ? byConstruction(fresh)
    : check({ ...levels, losses: fresh.deployed.losses, kind: fresh.kind, epsilon: file.epsilon });
  const gates = checkGates(fresh, limits);
  const baseline =
    flags.baseline || flags.baselineThreshold
      ? await compareWithBaseline(file, fresh, inputs, flags, { ...levels, ...comparison }, session)
      : null;
  const document = checkDocument({
    file,
    result,
    byConstruction: certain,
    delta,
    alpha,
    efficiency: fresh.efficiency,
    gates,
    strict: flags.strict ?? false,
    baseline,
    cautions: [...cautions, ...fileOrder(fresh, order), ...result.cautions],
  });
  session.answer(formats[format](document));
  if (format === "github") appendSummary(document, session);
  await reports.write([withSources(document, [flags.threshold, ...loaded.names])], session);
  const undecided = [document.verdict, baseline?.verdict].includes("inconclusive");
  if (document.verdict === "broken" || (flags.strict && undecided) || gates.some(({ passed }) => !passed))
    session.exitStatus = 1;
}

/** Forgetting -t before the file is the usual slip. */
function missingThreshold(inputs: readonly string[]): EexitError {
  const meant = inputs.find((path) => path.endsWith(".json"));
  const hint = meant ? `did you mean eexit check -t ${meant} …?` : "write one with eexit calibrate … -o threshold.json";
  return new EexitError("bad-usage", "-t, --threshold: missing, expected a threshold file", hint);
}

/** The full network and the reference row of a relative table have risk 0 relative to themselves. */
function riskIsZero({ loaded }: FreshData): boolean {
  return loaded.kind === "exits" || isRelative(loaded.table);
}

function byConstruction({ deployed: { losses } }: FreshData): CheckResult {
  return {
    verdict: "holds",
    sampleCount: losses.length,
    observedRisk: 0,
    pHolds: 0,
    pBroken: 1,
    samplesNeeded: null,
    cautions: [],
  };
}

/** The betting tests read the rows in order, as at calibration. */
function fileOrder({ kind }: FreshData, { shuffle }: RowOrder): Caution[] {
  if (shuffle || kind.binary) return [];
  const message =
    "the rows are tested in file order, which must say nothing about the losses (not sorted by class or time)";
  return [{ code: "file-order", message }];
}

/** The limits of the gates; null where a gate is not asked for. */
interface Limits {
  readonly maxMeanExit: number | null;
  readonly minSaving: number | null;
}

function parseLimits(flags: Flags): Limits {
  const maxMeanExit = flags.maxMeanExit === undefined ? null : parseNumber("--max-mean-exit", flags.maxMeanExit);
  const minSaving = flags.minSaving === undefined ? null : parsePercent("--min-saving", flags.minSaving);
  if (minSaving !== null && minSaving > 1) {
    throw new EexitError(
      "bad-number",
      `--min-saving ${flags.minSaving}: expected a share of at most 1`,
      `a percentage is written with its sign: --min-saving ${flags.minSaving}%`,
    );
  }
  return { maxMeanExit, minSaving };
}

function checkGates({ efficiency }: FreshData, { maxMeanExit, minSaving }: Limits): Gate[] {
  if (maxMeanExit === null && minSaving === null) return [];
  if (!efficiency) {
    throw new EexitError(
      "bad-usage",
      "efficiency gates: the loss table knows no exits, expected exits in it",
      "give --table-exits",
    );
  }
  const { meanExit, saving } = efficiency;
  const gates: Gate[] = [];
  if (maxMeanExit !== null)
    gates.push({ name: "max-mean-exit", limit: maxMeanExit, found: meanExit, passed: meanExit <= maxMeanExit });
  if (minSaving !== null)
    gates.push({ name: "min-saving", limit: minSaving, found: saving, passed: saving >= minSaving });
  return gates;
}

function appendSummary(document: ReportDocument, session: Session): void {
  const path = session.terminal.env.GITHUB_STEP_SUMMARY;
  if (!path) return;
  try {
    appendFileSync(path, renderGithubSummary(document));
  } catch (error) {
    session.say(`note: the job summary ${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
