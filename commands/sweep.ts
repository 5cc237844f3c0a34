import type { Command } from "commander";
import { referenceName } from "../src/control/calibrate.ts";
import { resolveMethod } from "../src/control/methods.ts";
import type { Source } from "../src/control/source.ts";
import { type Spread, type SweepRow, sweep } from "../src/control/sweep.ts";
import { sweepCautions } from "../src/control/sweep-cautions.ts";
import type { Method } from "../src/control/types.ts";
import { EexitError } from "../src/errors.ts";
import { isRelative } from "../src/exits/loss-table.ts";
import { networkSummary } from "../src/exits/network-summary.ts";
import type { LossTable } from "../src/exits/types.ts";
import { renderCsv } from "../src/report/csv.ts";
import { renderJson } from "../src/report/json.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { sweepDocument } from "../src/report/sweep-document.ts";
import { renderText } from "../src/report/text.ts";
import { offer } from "./completion/offer.ts";
import { addInputOptions, addLossTableOptions, type InputFlags, inputRequest, threadCount } from "./input-options.ts";
import { keepInputs, sideInputs } from "./keep-inputs.ts";
import { type Loaded, load, sourcesOf } from "./load-problem.ts";
import { newCommand } from "./new-command.ts";
import { parseChoice, parseCount, parseLevels, parseProbability } from "./parse-values.ts";
import { startProgress } from "./progress.ts";
import { addReportOption, plannedReports, withSources } from "./report-option.ts";
import { runTrials } from "./run-trials.ts";
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
import { showCurve } from "./terminal-curve.ts";
import type { TrialOrder } from "./trial-plan.ts";

const details = `
Rows are risk × confidence × method × ε. Without --trials every row calibrates on all samples and is
pointwise in ε: choosing ε, δ, the measure or the bound after looking at the curve is a new
selection, for which δ must be split or other data used.

--trials T --calibration-size n repeats T seeded calibration/test splits, as the paper's figures do;
risk and efficiency are those of the test part. --audit instead treats the file as the population,
so that true risks are known exactly and δ can be checked without noise.

--preset paper sets the paper's methods (crc:last-pass, ucb:wsr, ltt:hb), its four risks, δ = 0.1,
100 trials of 100 calibration samples and 100 λ steps; options given beside it go first.`;

interface Flags extends InputFlags, StatisticsFlags {
  trials?: string;
  calibrationSize?: string;
  audit?: boolean;
  preset?: string;
  plot?: boolean;
  format?: string;
  report?: string[];
}

const formats = { text: renderText, json: renderJson, csv: renderCsv, markdown: renderMarkdown } as const;

export function sweepCommand(session: Session): Command {
  const command = newCommand("sweep", "Risk-level curves: what each method certifies at each ε, and what it saves.", {
    examples: [
      "eexit sweep sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy -e 0.02:0.1:0.02 --risk prediction-gap --report curves.html",
      "eexit sweep sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy -e 0.05 --trials 20 --calibration-size 200 --format csv",
      "eexit sweep sample-data/digits/logits_cal.npy -e 0.05 --method ucb --audit --trials 100 --calibration-size 200",
    ],
    details,
  });
  addInputOptions(command);
  addStatisticsOptions(command, { method: "naive,crc,ucb,ltt", risk: "all that the data allows" });
  command.optionsGroup("Repetition:");
  command.option("--trials <count>", "repeated calibration/test splits (default none; 200 with --audit)");
  command.option("--calibration-size <n>", "calibration samples per trial (default with --audit: all)");
  command.option("--audit", "bootstrap-world self-audit: the file is the population");
  command.option("--preset <name>", "paper: the paper's methods, risks, δ, trials and grid");
  offer(command, "--preset", ["paper"]);
  addLossTableOptions(command);
  command.optionsGroup("Output:");
  command.option("--format <name>", "text, json, csv or markdown (default text)");
  offer(command, "--format", Object.keys(formats));
  command.option("--no-plot", "no curve below the table on a terminal");
  addReportOption(command);
  command.action((inputs: string[], flags: Flags) => run(inputs, flags, session));
  return command;
}

/** The paper's settings; options given by the user go before them. */
const paper: Partial<Flags> = {
  method: ["crc:last-pass,ucb:wsr,ltt:hb"],
  epsilon: ["0.01:0.3:0.01"],
  delta: "0.1",
  trials: "100",
  calibrationSize: "100",
  grid: "100",
};
const paperRisks = ["prediction-gap", "prediction-consistency", "brier-gap", "brier-consistency"];

async function run(inputs: string[], given: Flags, session: Session): Promise<void> {
  const preset = given.preset === undefined ? null : parseChoice("--preset", given.preset, ["paper"]);
  const flags: Flags = preset ? { ...paper, ...given } : given;
  const render =
    formats[parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[])];
  const epsilons = parseLevels("-e", requiredLevels(flags));
  const delta = parseProbability("-d", flags.delta ?? "0.1");
  const methods = parseMethods(flags, "naive,crc,ucb,ltt");
  const grid = parseGrid(flags.grid);
  const order = parseOrder(flags);
  const clip = flags.clip ?? false;
  const risks = parseRisks(flags.risk);
  const reports = plannedReports(flags.report);
  const request = inputRequest(
    inputs,
    flags,
    {
      confidences: parseConfidences(flags.confidence),
      risks: risks === "default" ? "all" : risks,
      brier: reports.figures,
    },
    session,
  );

  const loaded = await load(request, flags, session);
  keepInputs([...loaded.names, ...request.labels, ...sideInputs(flags)], flags.report ?? []);
  const all = sourcesOf(loaded, clip).filter(
    (source) => !preset || flags.risk || loaded.kind !== "exits" || paperRisks.includes(source.risk),
  );
  if (all.length === 0) {
    throw new EexitError(
      "risk-unknown",
      `${loaded.names[0]}: no loss whose range is known, expected at least one risk to sweep`,
      "declare the range of custom losses with --loss-range a:b, or give --labels",
    );
  }
  const cells = all.map((source) => ({ source, methods: applicableMethods(source, methods, session) }));
  const repetition = parseRepetition(flags, loaded);
  const common = { epsilons, delta, grid };
  const progress = await startProgress("sweep", repetition?.trials ?? cells.length, session);
  let rows: readonly (SweepRow<number> | SweepRow<Spread>)[];
  if (repetition) {
    const trialOrder: TrialOrder = {
      ...common,
      data: dataOf(loaded, cells),
      clip,
      tasks: cells.map(({ source: { risk, confidence }, methods }) => ({ risk, confidence, methods })),
      calibrationSize: repetition.calibrationSize,
      seed: order.seed,
      audit: flags.audit ?? false,
    };
    rows = await runTrials(trialOrder, repetition.trials, threadCount(flags, session), () => progress.tick());
  } else {
    rows = cells.flatMap(({ source, methods }) => {
      const named = [{ risk: source.risk, confidence: source.confidence, problem: source.problem(order) }];
      const found = sweep(named, { ...common, methods, costs: source.costs });
      progress.tick();
      return found;
    });
  }
  progress.stop();
  const document = sweepDocument(
    rows,
    {
      samples: loaded.table.sampleCount,
      exits: loaded.kind === "exits" ? loaded.table.exitCount : null,
      trials: repetition?.trials ?? null,
      calibrationSize: repetition?.calibrationSize ?? null,
      seed: order.seed,
      audit: flags.audit ?? false,
      costUnit: loaded.kind === "exits" ? loaded.costs.unit : loaded.table.costUnit,
      ...(loaded.kind === "loss-table" && { table: tableFacts(loaded.table) }),
    },
    sweepCautions(methods, epsilons, loaded.kind),
    reports.figures && loaded.kind === "exits" ? networkSummary(loaded.table, null).exits : null,
  );
  session.answer(render(document));
  if (render === renderText && flags.plot !== false) await showCurve(document, session);
  await reports.write([withSources(document, loaded.names)], session);
  if (render !== renderText && render !== renderMarkdown)
    for (const { message } of document.cautions) session.caution(message);
}

/** What trials read: the columns that are swept and no others. */
function dataOf(loaded: Loaded, cells: readonly { readonly source: Source }[]): TrialOrder["data"] {
  if (loaded.kind === "loss-table") return { kind: "loss-table", table: loaded.table };
  const { table, costs } = loaded;
  const used = <Value>(columns: ReadonlyMap<string, Value>, nameOf: (source: Source) => string | null) =>
    new Map(Array.from(columns).filter(([name]) => cells.some(({ source }) => nameOf(source) === name)));
  const confidences = used(table.confidences, ({ confidence }) => confidence);
  const losses = used(table.losses, ({ risk }) => risk);
  return {
    kind: "exits",
    table: { ...table, predictions: null, labels: null, brier: null, confidences, losses },
    costs,
  };
}

function requiredLevels({ epsilon }: Flags): readonly string[] {
  if (epsilon) return epsilon;
  throw new EexitError("bad-usage", "-e, --epsilon: missing, expected risk levels", "use for example -e 0.01:0.3:0.01");
}

/** The exact binomial bound exists for 0/1 losses only; elsewhere it is left out, and said so. */
function applicableMethods(source: Source, methods: readonly Method[], session: Session): Method[] {
  const { kind } = source;
  const applicable = methods.filter((method) => method.bound !== "cp" || kind.binary);
  if (applicable.length === 0) resolveMethod(methods[0], kind);
  if (applicable.length < methods.length)
    session.say(`note: bound cp left out for ${source.risk}, whose losses are not declared 0/1`);
  return applicable;
}

/** Rows of one trial that fit into memory with room to spare. */
const MOST_DRAWN = 10_000_000;

function parseRepetition(flags: Flags, loaded: Loaded): { trials: number; calibrationSize: number } | null {
  if (flags.trials === undefined && !flags.audit) {
    if (flags.calibrationSize === undefined) return null;
    throw new EexitError(
      "bad-usage",
      "--calibration-size: expected --trials or --audit with it",
      "use for example --trials 100 --calibration-size 1000",
    );
  }
  const rows = loaded.table.sampleCount;
  const trials = parseCount("--trials", flags.trials ?? "200");
  if (flags.calibrationSize === undefined && !flags.audit) {
    throw new EexitError(
      "bad-usage",
      "--trials: expected --calibration-size with it",
      "use for example --trials 100 --calibration-size 1000",
    );
  }
  const calibrationSize = parseCount("--calibration-size", flags.calibrationSize ?? String(rows));
  if (calibrationSize > MOST_DRAWN) {
    throw new EexitError(
      "bad-number",
      `--calibration-size ${calibrationSize}: expected at most ${MOST_DRAWN}`,
      `the file holds ${rows} samples`,
    );
  }
  if (!flags.audit && calibrationSize >= rows) {
    throw new EexitError(
      "bad-number",
      `--calibration-size ${calibrationSize}: expected fewer than the ${rows} samples, some are needed for testing`,
      "use a smaller size, or --audit, which draws with replacement",
    );
  }
  return { trials, calibrationSize };
}

/** What the rows of a loss table are relative to, and whose their mean exits are. */
function tableFacts(table: LossTable) {
  const own = table.meanExits !== null && table.exits === null;
  return { reference: referenceName(table), relative: isRelative(table), ownMeans: own };
}
