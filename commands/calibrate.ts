import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { calibrate } from "../src/control/calibrate.ts";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import { writeOutput } from "../src/io/output.ts";
import { fingerprint, readSigningKey, signatureOf, signaturePath } from "../src/io/signature.ts";
import { thresholdText } from "../src/io/threshold-file.ts";
import { thresholdRecord } from "../src/io/threshold-record.ts";
import { calibrationDocument } from "../src/report/calibration-document.ts";
import type { ReportDocument } from "../src/report/document.ts";
import { calibrationContext } from "./calibration-context.ts";
import { addInputOptions, addLossTableOptions, collect, type InputFlags, inputRequest } from "./input-options.ts";
import { keepInputs, sideInputs } from "./keep-inputs.ts";
import { digestOf, type Loaded, load, onlyColumns, sourcesOf } from "./load-problem.ts";
import { newCommand } from "./new-command.ts";
import { parseLevels, parsePairs, parseProbability } from "./parse-values.ts";
import { addReportOption, plannedReports, withSources } from "./report-option.ts";
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
confidence the mean, a quantile or the least window mean of its pixels' confidences.

--sign writes an ed25519 signature over every byte of the file, 64 bytes beside it; the file itself does
not change. eexit verify --public-key checks it. openssl genpkey -algorithm ed25519 -out key.pem makes
a key; an encrypted one is given decrypted through a pipe: --sign <(openssl pkey -in key.pem).`;

interface Flags extends InputFlags, StatisticsFlags {
  output?: string;
  sign?: string;
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
        "eexit calibrate sample-data/loss-table/deediff.npz -e 0.01 -o table.json --report report.html",
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
  command.option("--sign <key>", "sign the file with an ed25519 private key (PEM): writes -o's name with .sig");
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
  const reports = plannedReports(flags.report);
  const wanted = {
    confidences: single("--confidence", parseConfidences(flags.confidence)),
    risks: single("--risk", parseRisks(flags.risk)),
    brier: reports.figures,
  };
  const request = inputRequest(inputs, flags, wanted, session);
  const signingKey = flags.sign === undefined ? null : await keyFor(flags.sign, flags.output, session);

  const loaded = await load(request, flags, session);
  const outputs = [
    flags.output,
    ...(signingKey ? [signaturePath(flags.output as string)] : []),
    ...(flags.report ?? []),
  ];
  keepInputs([...loaded.names, ...request.labels, ...sideInputs(flags), flags.sign], outputs);
  const [source] = sourcesOf(loaded, clip);
  const columns = loaded.kind === "exits" ? onlyColumns(loaded.table) : null;
  const problem = source.problem(order);
  const asked = { method, level, grid, costs: source.costs };
  const result = calibrate(problem, asked);
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
  await deliver(file, flags.output, signingKey, session);
  const context = reports.figures ? calibrationContext(loaded, source, problem, asked) : null;
  const document = calibrationDocument(file, context);
  await reports.write([withSources(document, loaded.names)], session);
  summarise(document, session);
  if (flags.exitStatus && file.policy === "never-exit") session.exitStatus = 1;
}

function exitFields(loaded: Loaded, confidence: string) {
  if (loaded.kind !== "exits") throw new Error("a loss table has no exits");
  const { table, costs, ownCosts } = loaded;
  return { exitCount: table.exitCount, classCount: table.classCount, confidence, costs: ownCosts ? costs : null };
}

/** Read before the work, so that a wrong key costs no calibration. */
function keyFor(path: string, output: string | undefined, session: Session): Promise<KeyObject> {
  const existing = output === undefined ? undefined : statSync(output, { throwIfNoEntry: false });
  const isFile = output !== undefined && output !== "-" && (existing === undefined || existing.isFile());
  if (isFile) return readSigningKey(path, session.readStdin);
  throw new EexitError(
    "bad-usage",
    `--sign: the threshold file goes to ${output === undefined || output === "-" ? "stdout" : output}, expected -o with a file`,
    "the signature is written beside it: -o threshold.json gives threshold.json.sig",
  );
}

/** The signature is written last: a run that is cut off in between leaves a pair that does not verify, never one that should not. */
async function deliver(
  file: ThresholdFile,
  output: string | undefined,
  signingKey: KeyObject | null,
  session: Session,
): Promise<void> {
  const text = thresholdText(file);
  if (output === undefined || output === "-") return session.answer(text);
  const signature = signaturePath(output);
  const stale = signingKey === null && existsSync(signature) && !holds(output, text);
  await writeOutput(output, text, { overwrite: true });
  if (signingKey) {
    await writeOutput(signature, signatureOf(Buffer.from(text), signingKey), { overwrite: true });
    session.say(`note: ${signature} is signed with the key ${fingerprint(signingKey).slice(0, 16)}…`);
  }
  if (stale) session.say(`note: ${signature} belongs to an earlier file and will not verify: sign again or remove it`);
}

function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}

function summarise({ statements, cautions }: ReportDocument, session: Session): void {
  const [headline, ...lines] = statements;
  session.say(session.paint("stderr")("bold", headline));
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
