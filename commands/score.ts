import type { Hash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { measureNames } from "../src/exits/confidence.ts";
import { riskNames } from "../src/exits/loss-kinds.ts";
import type { ExitTable } from "../src/exits/types.ts";
import { createArrowTableWriter } from "../src/io/arrow-write.ts";
import type { CostsFor } from "../src/io/costs.ts";
import { expandInputs } from "../src/io/expand-inputs.ts";
import type { InputRequest } from "../src/io/input-request.ts";
import { createOutputFile, makeOutputFolder } from "../src/io/output.ts";
import { type Inputs, openInputs } from "../src/io/read-inputs.ts";
import { BATCH_ROWS, rebatched } from "../src/io/rebatch.ts";
import { sha256 } from "../src/io/sha256.ts";
import { TABLE_METADATA_KEY, type TableMetadata } from "../src/io/table-metadata.ts";
import { tool } from "../src/version.ts";
import { offer } from "./completion/offer.ts";
import { type CostFlags, givenCosts } from "./costs-option.ts";
import { addInputOptions, collect, type InputFlags, inputRequest } from "./input-options.ts";
import { chainOf } from "./is-model-path.ts";
import { keepInputs, sideInputs } from "./keep-inputs.ts";
import { addModelOptions, inputPaths, type ModelFlags } from "./model-options.ts";
import { newCommand } from "./new-command.ts";
import { startProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { parseConfidences, parseRisks } from "./statistics-options.ts";

const details = `
The exit table is what every other command needs from logits, whatever the number of classes: columns
confidence:<measure>, prediction, label, loss:<risk> and brier, one value per exit, as an Arrow IPC
file. Its values keep their precision, so calibrating on the table gives the same bytes as
calibrating on the logits. Scoring streams: memory does not grow with the number of samples.
With -o tables/ every input becomes one table; --resume skips those that are finished. With --model
(or a chain a.onnx,b.onnx,c.onnx) the logits come straight from the answers to --input and are
never kept.`;

interface Flags extends InputFlags, CostFlags, ModelFlags {
  output?: string;
  risk?: string[];
  confidence?: string[];
  resume?: boolean;
}

/** The flags with what was checked before anything was read. */
interface Job extends Flags {
  readonly costsFor: CostsFor | null;
}

export function scoreCommand(session: Session): Command {
  const command = newCommand("score", "Turn logits into an exit table: confidences, predictions and losses per exit.", {
    examples: [
      "eexit score sample-data/digits/logits_cal.npy --labels sample-data/digits/labels_cal.npy -o table.arrow",
      "eexit score 'shards/*.npy' --labels 'shards/*.labels' -o tables/ --resume",
      "eexit score --model model.onnx --input x.npy --labels labels.npy -o - | eexit calibrate - -e 0.05",
    ],
    details,
  });
  addInputOptions(command);
  addModelOptions(command);
  command.optionsGroup("Columns:");
  command.option("--confidence <list>", "measures or columns (default top1, top-diff and entropy)", collect);
  command.option("--risk <list>", "losses (default all that the data allows)", collect);
  offer(command, "--confidence", measureNames);
  offer(command, "--risk", riskNames);
  command.option("--costs <list|file>", "cumulative cost per exit, kept in the table");
  command.option("--cost-unit <unit>", "unit of the costs, such as MACs");
  command.optionsGroup("Output:");
  command.option("-o, --output <file|folder/>", "table.arrow, a folder ending in /, or - for stdout");
  command.option("--resume", "skip inputs whose table in the folder is finished");
  command.action((inputs: string[], flags: Flags) => run(inputs, flags, session));
  return command;
}

async function run(inputs: string[], flags: Flags, session: Session): Promise<void> {
  const { output } = flags;
  if (output === undefined)
    throw new EexitError(
      "bad-usage",
      "-o, --output: missing, expected a file, a folder/ or -",
      "use for example -o table.arrow",
    );
  const confidences = parseConfidences(flags.confidence);
  const risks = parseRisks(flags.risk);
  const wanted = {
    confidences: confidences === "default" ? ("all" as const) : confidences,
    risks: risks === "default" ? ("all" as const) : risks,
  };
  const job: Job = { ...flags, costsFor: await givenCosts(flags, session.readStdin) };
  if (flags.model !== undefined) return scoreModel(flags.model, inputs, output, wanted, job, session);
  const request = inputRequest(inputs, flags, wanted, session);
  const files = await expandInputs(request.inputs);
  const labels = await expandInputs(request.labels);
  if (output.endsWith("/")) await scoreEach(output, { ...request, inputs: files, labels }, job, session);
  else await scoreInto(output, { ...request, inputs: files, labels }, job, session);
}

/** From a model straight to the table. */
async function scoreModel(
  path: string,
  inputs: readonly string[],
  output: string,
  wanted: Pick<InputRequest, "confidences" | "risks">,
  job: Job,
  session: Session,
): Promise<void> {
  if (inputs.length > 0 || output.endsWith("/")) {
    const found = inputs.length > 0 ? `${inputs[0]} and --model` : `-o ${output} with --model`;
    throw new EexitError(
      "bad-usage",
      `${found}: expected --input and one table for a model`,
      "the rows for a model are given with --input",
    );
  }
  const { openModelInputs } = await import("./score-model.ts");
  const request = inputRequest([path], job, wanted, session);
  keepInputs([path, ...(chainOf(path) ?? []), ...inputPaths(job), ...sideInputs(job)], [output]);
  await scoreInputs(output, await openModelInputs(path, job, request, session), request, job, session);
}

/** The map step of a sharded job: one table per input, each complete or absent. */
async function scoreEach(folder: string, request: InputRequest, job: Job, session: Session): Promise<void> {
  if (request.labels.length > 1 && request.labels.length !== request.inputs.length) {
    throw new EexitError(
      "labels-mismatch",
      `--labels: ${request.labels.length} files for ${request.inputs.length} inputs, expected one per input`,
      "repeat --labels or quote a glob, in the order of the inputs",
    );
  }
  if (request.labels.length === 1 && request.inputs.length > 1) {
    throw new EexitError(
      "labels-mismatch",
      `--labels: 1 file for ${request.inputs.length} separate tables, expected one per input`,
      "give one labels file per input, or one table with -o table.arrow",
    );
  }
  const targets = request.inputs.map((input) => join(folder, `${basename(input, extname(input))}.arrow`));
  const repeated = targets.findIndex((target, index) => targets.indexOf(target) < index);
  if (repeated >= 0) {
    const [first, second] = [request.inputs[targets.indexOf(targets[repeated])], request.inputs[repeated]];
    throw new EexitError(
      "bad-usage",
      `-o ${folder}: ${first} and ${second} would both become ${targets[repeated]}, expected inputs of different names`,
      "rename one, or use one folder for each",
    );
  }
  makeOutputFolder(folder);
  for (const [index, input] of request.inputs.entries()) {
    const target = targets[index];
    if (job.resume && existsSync(target)) {
      session.say(`skipped ${input}: ${target} is finished`);
      continue;
    }
    const labels = request.labels.length > 0 ? [request.labels[index]] : [];
    await scoreInto(target, { ...request, inputs: [input], labels }, job, session);
  }
}

async function scoreInto(target: string, request: InputRequest, job: Job, session: Session): Promise<void> {
  await scoreInputs(target, await openInputs(request), request, job, session);
}

async function scoreInputs(
  target: string,
  inputs: Inputs,
  request: InputRequest,
  job: Job,
  session: Session,
): Promise<void> {
  if (inputs.kind !== "exits") {
    throw new EexitError(
      "array-missing",
      `${inputs.names[0]}: a loss table, expected logits`,
      "loss tables go to eexit calibrate as they are",
    );
  }
  keepInputs([...inputs.names, ...request.labels, ...sideInputs(job)], [target]);
  const file = target === "-" ? null : createOutputFile(target, { overwrite: true });
  const emit = (bytes: Uint8Array) => (file ? file.write(bytes) : session.write(bytes));
  const progress = await startProgress("scoring", inputs.stepCount, session);
  try {
    const writer = createArrowTableWriter(emit);
    const hash = sha256();
    let shape: ExitTable | null = null;
    let samples = 0;
    for await (const chunk of rebatched(
      inputs.chunks(() => progress.tick(), { passing: true }),
      BATCH_ROWS,
    )) {
      shape ??= chunk;
      samples += chunk.sampleCount;
      hashColumns(hash, chunk);
      await writer.append(chunk);
    }
    if (shape === null)
      throw new EexitError(
        "too-few-exits",
        `${inputs.names[0]}: no rows are left, expected at least 1 sample`,
        "see --ignore-label",
      );
    const { facts } = inputs;
    const costs = job.costsFor ? job.costsFor(shape.exitCount) : facts.costs;
    const metadata: TableMetadata = {
      format: "eexit-exit-table",
      version: 1,
      samples,
      exits: shape.exitCount,
      classes: shape.classCount,
      risks: Object.fromEntries(
        [...shape.losses].map(([name, { kind }]) => [
          name,
          { lower: kind.lower, upper: kind.upper, binary: kind.binary },
        ]),
      ),
      costs: costs && [...costs.costs],
      costUnit: costs?.unit ?? null,
      inputValues: facts.inputValues,
      exitNames: facts.exitNames,
      ignored: facts.ignoredCount,
      ...(request.ignoreLabels.length > 0 && { ignoreLabel: request.ignoreLabels }),
      ...(facts.dense && { dense: facts.dense }),
      sha256: hash.digest("hex"),
      tool,
    };
    await writer.finish(new Map([[TABLE_METADATA_KEY, JSON.stringify(metadata)]]));
    file?.commit();
    progress.stop();
    for (const note of facts.notes) session.say(`note: ${note}`);
    session.say(
      `${target === "-" ? "stdout" : target}: ${samples} samples, ${shape.exitCount} exits${facts.ignoredCount > 0 ? `, ${facts.ignoredCount} rows left out by their label` : ""}`,
    );
  } finally {
    progress.stop();
    file?.abort();
  }
}

/** Hash of all columns as stored, chunk by chunk; tables of other chunkings may differ, the canonical hash does not. */
function hashColumns(hash: Hash, table: ExitTable): void {
  for (const values of table.confidences.values()) hash.update(values);
  if (table.predictions) hash.update(table.predictions);
  if (table.labels) hash.update(table.labels);
  for (const { values } of table.losses.values()) hash.update(values);
}
