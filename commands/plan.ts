import type { Command } from "commander";
import { assertLevel } from "../src/control/decide.ts";
import { resolveMethod, usesDelta } from "../src/control/methods.ts";
import { plan, smallestEpsilon } from "../src/control/plan.ts";
import type { Method } from "../src/control/types.ts";
import { EexitError } from "../src/errors.ts";
import { clipLosses } from "../src/exits/exit-table.ts";
import { isBuiltInRisk, lossKind, riskNames } from "../src/exits/loss-kinds.ts";
import type { LossKind } from "../src/exits/types.ts";
import { renderCsv } from "../src/report/csv.ts";
import { renderJson } from "../src/report/json.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { type PlannedRow, planDocument } from "../src/report/plan-document.ts";
import { renderText } from "../src/report/text.ts";
import { offer } from "./completion/offer.ts";
import { addInputOptions, addLossTableOptions, collect, type InputFlags, inputRequest } from "./input-options.ts";
import { newCommand } from "./new-command.ts";
import {
  parseChoice,
  parseCount,
  parseLevels,
  parseLossRange,
  parsePercent,
  parseProbability,
} from "./parse-values.ts";
import type { Session } from "./session.ts";
import { methodLabels, parseMethods, parseRisks } from "./statistics-options.ts";

const details = `
The minimum is the number of samples with which a method certifies ε when no loss occurs at all; with
fewer, calibrate always answers never-exit. With --observed-risk r the table adds how many samples
certify a threshold of true risk r with the wanted power; with --samples n it turns round and gives
the smallest ε within reach. Losses are modelled as 0 or B, the largest loss. Signed losses such as
prediction-gap spread wider at the same mean and need more; their mean is lower, because gains count.

With inputs (logits, an exit table or a loss table) their number of samples and the declared kinds of
their losses are taken, and without -e the answer is the smallest ε within their reach. The losses
themselves are not looked at, so that nothing is chosen by them.

crc promises the risk on average over calibrations only; ucb and ltt with probability 1 − δ.`;

const defaultMethods = "crc,ucb:cp,ucb:hb,ucb:wsr,ucb:star";
const defaultRisk = "prediction-gap";

interface Flags extends InputFlags {
  epsilon?: string[];
  delta?: string;
  risk?: string[];
  method?: string[];
  observedRisk?: string;
  power?: string;
  samples?: string;
  clip?: boolean;
  format?: string;
}

const formats = { text: renderText, json: renderJson, csv: renderCsv, markdown: renderMarkdown } as const;

export function planCommand(session: Session): Command {
  const command = newCommand(
    "plan",
    "How many samples each method needs, or the smallest ε that n samples can certify.",
    {
      examples: [
        "eexit plan -e 0.05",
        "eexit plan -e 0.02,0.05,0.1 -d 0.1 --risk prediction-consistency --observed-risk 0.02",
        "eexit plan sample-data/loss-table/deediff.npz",
      ],
      details,
    },
  );
  addInputOptions(command);
  addLossTableOptions(command);
  command.optionsGroup("Risk control:");
  command.option("-e, --epsilon <level>", "risk levels ε, such as 0.05, 5% or 0.01:0.1:0.01", collect);
  command.option("-d, --delta <probability>", "error probability δ of ucb and ltt (default 0.1)");
  command.option(
    "--risk <name>",
    `${riskNames.join(", ")}, loss or score-drop of a loss table, or any name with a range (default ${defaultRisk})`,
    collect,
  );
  command.option("--method <name>", `methods to compare (default ${defaultMethods})`, collect);
  offer(command, "--risk", riskNames);
  offer(command, "--method", methodLabels);
  command.option("--clip", "control max(0, loss), which makes prediction-gap a 0/1 loss");
  command.optionsGroup("Question:");
  command.option("--observed-risk <risk>", "true risk that the wanted threshold is expected to have");
  command.option("--power <probability>", "chance to certify it (default 0.8)");
  command.option("--samples <n>", "give the smallest ε for n samples instead");
  command.optionsGroup("Output:");
  command.option("--format <name>", "text, json, csv or markdown (default text)");
  offer(command, "--format", Object.keys(formats));
  command.action((inputs: string[], flags: Flags) => run(inputs, flags, session));
  return command;
}

async function run(inputs: string[], flags: Flags, session: Session): Promise<void> {
  const render =
    formats[parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[])];
  const delta = parseProbability("-d", flags.delta ?? "0.1");
  const power = parseProbability("--power", flags.power ?? "0.8");
  const risks = parseRisks(flags.risk);
  const data = inputs.length === 0 ? null : await plannedData(inputs, flags, session);
  const kinds = data?.kinds ?? (risks === "default" ? [defaultRisk] : risks).map((risk) => declaredKind(risk, flags));
  const observedRisk = parseObservedRisk(flags, kinds);
  const methods = parseMethods({ ...flags, shuffle: true }, defaultMethods);
  const question = { observedRisk, power, delta };
  const samples = samplesAsked(flags, data);
  if (samples !== null && flags.epsilon) session.say("note: -e is not used with --samples, which gives the smallest ε");
  const epsilons = samples === null ? parseLevels("-e", requiredLevels(flags)) : [];
  for (const epsilon of epsilons) for (const kind of kinds) assertLevel({ epsilon, delta }, kind.upper);

  const rows = kinds.flatMap((kind) => {
    const applicable = applicableMethods(methods, kind, flags, session);
    return samples === null
      ? epsilons.flatMap((epsilon) => samplesRows(kind, applicable, epsilon, question))
      : epsilonRows(kind, applicable, samples, question);
  });
  const signedRisks = kinds.filter(({ lower }) => lower < 0).map(({ name }) => name);
  session.answer(render(planDocument({ rows, observedRisk, power, signedRisks, givenSamples: samples })));
}

/** What a plan may know of data before anything is chosen: how many samples, and what is declared about their losses. */
interface PlannedData {
  readonly sampleCount: number;
  readonly kinds: readonly LossKind[];
}

/** Reads data for their number and their declared losses; no loss enters the plan. */
async function plannedData(inputs: readonly string[], flags: Flags, session: Session): Promise<PlannedData> {
  const risks = parseRisks(flags.risk);
  const wanted = { confidences: "default" as const, risks: risks === "default" ? ("all" as const) : risks };
  // Only here: without inputs nothing that reads files is loaded.
  const { load } = await import("./load-problem.ts");
  const loaded = await load(inputRequest(inputs, flags, wanted, session), flags, session);
  const { sampleCount } = loaded.table;
  if (loaded.kind === "loss-table") return { sampleCount, kinds: [loaded.table.kind] };
  const { clip = false } = flags;
  const columns = [...loaded.table.losses.values()];
  return { sampleCount, kinds: columns.map((column) => (clip ? clipLosses(column) : column).kind) };
}

/** `--samples`, else the number of the data's samples unless ε was asked about. */
function samplesAsked({ samples, epsilon }: Flags, data: PlannedData | null): number | null {
  if (samples !== undefined) return parseCount("--samples", samples);
  return epsilon === undefined && data !== null ? data.sampleCount : null;
}

interface Question {
  readonly observedRisk: number | null;
  readonly power: number;
  readonly delta: number;
}

function samplesRows(kind: LossKind, methods: readonly Method[], epsilon: number, question: Question): PlannedRow[] {
  const { delta } = question;
  return plan({ ...question, methods, kind, level: { epsilon, delta } }).map(({ method, ...counts }) => ({
    risk: kind.name,
    method,
    epsilon,
    delta: usesDelta(method) ? delta : null,
    ...counts,
  }));
}

function epsilonRows(kind: LossKind, methods: readonly Method[], samples: number, question: Question): PlannedRow[] {
  return smallestEpsilon({ ...question, methods, kind }, samples).map(({ method, epsilon }) => ({
    risk: kind.name,
    method,
    epsilon,
    delta: usesDelta(method) ? question.delta : null,
    minimumSamples: null,
    samples,
  }));
}

/** The names that losses of loss tables have, with the ranges that hold there unless another is declared. */
const tableRanges: Readonly<Record<string, readonly [number, number]>> = { loss: [0, 1], "score-drop": [-1, 1] };

/** What is declared about a loss: proven for built-in risks, usual for a loss table's, the user's word for others. */
function declaredKind(risk: string, { clip = false, lossRange, binary = false }: Flags): LossKind {
  if (isBuiltInRisk(risk)) return lossKind(risk, clip);
  const range = lossRange === undefined ? null : parseLossRange("--loss-range", lossRange);
  const usual = Object.hasOwn(tableRanges, risk) ? tableRanges[risk] : null;
  if (range === null && usual === null && !binary) {
    throw new EexitError(
      "risk-unknown",
      `--risk ${risk}: its range is not declared, expected one of ${riskNames.join(", ")} or a declared range`,
      "declare it with --loss-range a:b, or --binary for a 0/1 loss",
    );
  }
  const [lower, upper] = range ?? (binary ? [0, 1] : (usual as readonly [number, number]));
  if (upper <= 0) {
    throw new EexitError(
      "bad-number",
      `--loss-range ${lossRange}: the largest loss is ${upper}, expected above 0`,
      "use for example --loss-range 0:1",
    );
  }
  return { name: risk, lower: clip ? Math.max(0, lower) : lower, upper, binary };
}

/** cp exists for 0/1 losses only: left out of the default, said aloud when it was asked for. */
function applicableMethods(methods: readonly Method[], kind: LossKind, flags: Flags, session: Session): Method[] {
  const applicable = methods.filter((method) => method.bound !== "cp" || kind.binary);
  if (applicable.length === 0) resolveMethod(methods[0], kind);
  if (applicable.length < methods.length && flags.method) {
    session.say(`note: bound cp left out for ${kind.name}, whose losses are not declared 0/1`);
  }
  return applicable;
}

function parseObservedRisk({ observedRisk }: Flags, kinds: readonly LossKind[]): number | null {
  if (observedRisk === undefined) return null;
  const risk = parsePercent("--observed-risk", observedRisk);
  const bound = Math.min(...kinds.map(({ upper }) => upper));
  if (risk >= 0 && risk < bound) return risk;
  throw new EexitError(
    "bad-number",
    `--observed-risk ${observedRisk}: expected at least 0 and below the loss bound ${bound}`,
    "use for example --observed-risk 0.02; a risk below 0 is planned for as 0",
  );
}

function requiredLevels({ epsilon }: Flags): readonly string[] {
  if (epsilon) return epsilon;
  throw new EexitError(
    "bad-usage",
    "-e, --epsilon: missing, expected risk levels",
    "use for example -e 0.05, or --samples n for the smallest ε",
  );
}
