import type { Command } from "commander";
import { EexitError, type ErrorCode } from "../src/errors.ts";
import { measureNames } from "../src/exits/confidence.ts";
import { lossTableSummary } from "../src/exits/loss-table-summary.ts";
import { networkSummary } from "../src/exits/network-summary.ts";
import type { ExitTable } from "../src/exits/types.ts";
import type { ByteSource } from "../src/io/byte-source.ts";
import { expandInputs } from "../src/io/expand-inputs.ts";
import type { InputRequest } from "../src/io/input-request.ts";
import { type ListedFile, listArrays } from "../src/io/list-arrays.ts";
import { openSource } from "../src/io/open-source.ts";
import { parseThresholdText } from "../src/io/threshold-file.ts";
import { renderCsv } from "../src/report/csv.ts";
import type { ReportDocument } from "../src/report/document.ts";
import { explainDocument } from "../src/report/explain-document.ts";
import { inspectArraysDocument } from "../src/report/inspect-arrays-document.ts";
import { inspectLossTableDocument } from "../src/report/inspect-loss-table-document.ts";
import { inspectNetworkDocument } from "../src/report/inspect-network-document.ts";
import { renderJson } from "../src/report/json.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { renderText } from "../src/report/text.ts";
import { offer } from "./completion/offer.ts";
import { addInputOptions, addLossTableOptions, collect, type InputFlags, inputRequest } from "./input-options.ts";
import { type Loaded, load } from "./load-problem.ts";
import { newCommand } from "./new-command.ts";
import { parseChoice } from "./parse-values.ts";
import type { Session } from "./session.ts";
import { parseConfidences } from "./statistics-options.ts";

const details = `
Logits and exit tables: accuracy and Brier score per exit (agreement with the full network without
labels), mean confidences, the mean loss if every sample left there, overthinking (right at an earlier
exit, wrong at the last), and what is monotone. Loss tables: λ, range, mean loss and exit per row.
A threshold file is explained as by eexit explain. Of any other file that is read, the arrays are
listed with their types and shapes. Looking is free; choosing ε, a risk or a confidence by what the
calibration rows show is not: decide before, or look at other rows.`;

interface Flags extends InputFlags {
  confidence?: string[];
  format?: string;
}

const formats = { text: renderText, json: renderJson, csv: renderCsv, markdown: renderMarkdown } as const;

export function inspectCommand(session: Session): Command {
  const command = newCommand("inspect", "What a file holds: shapes, exits, accuracy, confidence, overthinking.", {
    examples: [
      "eexit inspect sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy",
      "eexit inspect sample-data/loss-table/deediff.npz --format csv",
      "eexit inspect threshold.json",
    ],
    details,
  });
  addInputOptions(command);
  command.option("--confidence <name>", "measures, columns or name=file:scores.npy (default all)", collect);
  offer(command, "--confidence", measureNames);
  addLossTableOptions(command);
  command.optionsGroup("Output:");
  command.option("--format <name>", "text, json, csv or markdown (default text)");
  offer(command, "--format", Object.keys(formats));
  command.action((inputs: string[], flags: Flags) => run(inputs, flags, session));
  return command;
}

async function run(inputs: string[], flags: Flags, session: Session): Promise<void> {
  const format = parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[]);
  const confidences = parseConfidences(flags.confidence);
  const wanted = { confidences: confidences === "default" ? ("all" as const) : confidences, risks: "all" as const };
  const request = inputRequest(inputs, flags, wanted, session);
  const document = (await explained(request)) ?? (await inspected(request, flags, format === "csv", session));
  session.answer(formats[format](document));
}

/** No threshold file comes near this; a JSON table of that size is not searched for being one. */
const LARGEST_THRESHOLD_FILE = 2 ** 24;

async function explained({ inputs, readStdin }: InputRequest): Promise<ReportDocument | null> {
  if (inputs.length !== 1) return null;
  const [path] = await expandInputs(inputs);
  const source = await openSource(path, readStdin);
  try {
    if (source.size > LARGEST_THRESHOLD_FILE || !/^\s*\{/.test(textOf(source, 64))) return null;
    const text = textOf(source, source.size);
    if (!text.includes('"eexit-threshold"')) return null;
    return explainDocument(await parseThresholdText(path, text));
  } finally {
    source.close();
  }
}

function textOf(source: ByteSource, length: number): string {
  return Buffer.from(source.read(0, Math.min(source.size, length))).toString("utf8");
}

/** What says "these arrays are no input as they stand", as opposed to damage or contradictions. */
const notAnInput: ReadonlySet<ErrorCode> = new Set(["array-missing", "layout-suspect", "type-unsupported"]);

async function inspected(
  request: InputRequest,
  flags: InputFlags,
  allRows: boolean,
  session: Session,
): Promise<ReportDocument> {
  const files: ListedFile[] = [];
  for (const name of await expandInputs(request.inputs)) files.push(await listArrays(name, request.readStdin));
  let loaded: Loaded;
  try {
    loaded = await load(request, flags, session);
  } catch (error) {
    if (error instanceof EexitError && notAnInput.has(error.code)) return inspectArraysDocument(files, error);
    throw error;
  }
  if (loaded.kind === "loss-table") {
    return inspectLossTableDocument(files, loaded.table, lossTableSummary(loaded.table), allRows);
  }
  const { table, facts } = loaded;
  const risk = mainRisk(table);
  return inspectNetworkDocument({
    files,
    samples: table.sampleCount,
    ignored: facts.ignoredCount,
    ignoredPixels: facts.dense?.ignoredPixels ?? null,
    exits: table.exitCount,
    exitNames: facts.exitNames,
    classes: table.classCount,
    values: facts.inputValues,
    risk,
    summary: networkSummary(table, risk),
  });
}

/** The default of calibrate: a gap with labels, consistency (of images: miscoverage) without, else a table's own first loss. */
function mainRisk({ losses }: ExitTable): string | null {
  const [first = null] = losses.keys();
  const usual = ["prediction-gap", "prediction-consistency", "miou-gap", "miscoverage"];
  return usual.find((risk) => losses.has(risk)) ?? first;
}
