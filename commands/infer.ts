import type { Command } from "commander";
import { exitShareDrift } from "../src/control/exit-share-drift.ts";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import { efficiency, exitsAsCosts } from "../src/exits/efficiency.ts";
import { type ClassMapFile, createClassMapFile } from "../src/io/class-map-file.ts";
import { createOutputFile, type OutputFile } from "../src/io/output.ts";
import { inferDocument } from "../src/report/infer-document.ts";
import { renderJson } from "../src/report/json.ts";
import { answerFormat, answerFormats, openAnswerSink } from "./answer-sink.ts";
import { offer } from "./completion/offer.ts";
import { inferLogits } from "./infer-logits.ts";
import type { Inferred } from "./inferred.ts";
import { addInputOptions, type InputFlags } from "./input-options.ts";
import { chainOf, isModelPath } from "./is-model-path.ts";
import { keepInputs } from "./keep-inputs.ts";
import { addModelOptions, inputPaths, type ModelFlags } from "./model-options.ts";
import { newCommand } from "./new-command.ts";
import type { Session } from "./session.ts";
import { readRule } from "./threshold-rule.ts";

const details = `
With a model, the stages run one after the other: rows whose confidence exceeds the threshold leave,
the others are gathered and go on in full batches. The confidence is the threshold file's own,
computed bit for bit as in calibration. Without a model, the rule is applied to logits or an exit
table. Answers are in input order; sample counts from 0, exit from 1. Arrow on stdout is an IPC
stream. The summary on stderr compares the exit shares with the calibration's.

A dense output (segmentation) predicts a class per pixel: its answers hold exit and confidence of each
image, prediction is null, and --predictions maps.npy takes the class maps, uint8 [N, H, W]. From dense
logits, exits are read up to the one that is taken and no further.`;

interface Flags extends ModelFlags, InputFlags {
  threshold?: string;
  format?: string;
  output?: string;
  summary?: string;
  predictions?: string;
}

export function inferCommand(session: Session): Command {
  const command = newCommand("infer", "Predictions with real early exit: from a model, or from logits.", {
    examples: [
      "eexit infer -t threshold.json --model sample-data/digits/model.onnx --input sample-data/digits/inputs_test.npy",
      "eexit infer -t threshold.json --model stages/ --input x.npy --format arrow -o answers.arrow",
      "cat logits.arrow | eexit infer -t threshold.json - --format csv",
    ],
    details,
  });
  addInputOptions(command);
  addModelOptions(command, {
    model: "model.onnx, a folder of stages, or a chain a.onnx,b.onnx,c.onnx",
    processes: "processes that share the batches, of --threads (default: where they pay)",
  });
  command.optionsGroup("Rule:");
  command.option("-t, --threshold <file>", "threshold file written by calibrate");
  command.optionsGroup("Output:");
  command.option("-o, --output <file>", "write the answers there instead of to stdout");
  command.option("--format <name>", "ndjson, csv or arrow (default: by the output's name, else ndjson)");
  offer(command, "--format", answerFormats);
  command.option("--predictions <file>", "dense outputs: the class maps [N, H, W] as NPY");
  command.option("--summary <file>", "write the summary as JSON");
  command.action((inputs: string[], flags: Flags) => run(inputs, flags, session));
  return command;
}

async function run(inputs: string[], flags: Flags, session: Session): Promise<void> {
  const file = await readRule(flags.threshold, session);
  const [model, logits] = settled(inputs, flags);
  const models = model === null ? [] : [model, ...(chainOf(model) ?? [])];
  keepInputs(
    [...logits, ...inputPaths(flags), ...models, flags.threshold as string],
    [flags.output, flags.summary, flags.predictions],
  );
  const sink = await openAnswerSink(flags.output, answerFormat(flags.format, flags.output), session);
  // Opened before the work, so that a name that cannot be written costs nothing.
  let summary: OutputFile | null = null;
  let maps: ClassMapFile | null = null;
  try {
    maps = flags.predictions === undefined ? null : createClassMapFile(flags.predictions, file.classes ?? 65536);
    summary = flags.summary === undefined ? null : createOutputFile(flags.summary, { overwrite: true });
    const done =
      model === null
        ? await inferLogits(logits, file, flags, sink, maps, session)
        : await withModel(model, file, flags, sink, maps, session);
    await sink.finish();
    maps?.commit();
    summarise(file, done, summary, session);
  } finally {
    summary?.abort();
    sink.abort();
    maps?.abort();
  }
}

/** The model, or null with the inputs that hold logits. */
function settled(inputs: string[], flags: Flags): [model: string | null, logits: string[]] {
  if (flags.model === undefined && inputs.length === 1 && isModelPath(inputs[0])) return [inputs[0], []];
  if (flags.model === undefined) assertNoModelOptions(flags);
  if (flags.model !== undefined && inputs.length > 0) {
    throw new EexitError(
      "bad-usage",
      `${inputs[0]} and --model: logits and a model, expected one of them`,
      "the rows for a model are given with --input",
    );
  }
  return [flags.model ?? null, inputs];
}

/** What only a model has a use for would be ignored in silence. */
function assertNoModelOptions({ input, processes, batch, provider, confidenceOutput }: Flags): void {
  const given = Object.entries({
    "--input": input,
    "--processes": processes,
    "--batch": batch,
    "--provider": provider,
    "--confidence-output": confidenceOutput,
  }).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  throw new EexitError(
    "bad-usage",
    `${given[0]} without a model: expected --model too`,
    "use --model model.onnx, or give logits as plain arguments",
  );
}

async function withModel(
  path: string,
  file: ThresholdFile,
  flags: Flags,
  sink: Awaited<ReturnType<typeof openAnswerSink>>,
  maps: ClassMapFile | null,
  session: Session,
): Promise<Inferred> {
  const [{ openStaged }, { inferModel }] = await Promise.all([import("./open-staged.ts"), import("./infer-model.ts")]);
  const models = await openStaged(path, flags, session);
  const { exitCounts, speedup } = await inferModel(models, file, flags, sink, maps, session);
  const { macs, sha256 } = models;
  const costs = macs?.every((cost, l) => cost > (macs[l - 1] ?? 0))
    ? { costs: macs, unit: "MACs", full: models.fullMacs }
    : null;
  const other = file.model !== undefined && sha256 !== null && file.model.sha256 !== sha256;
  const message = "the model is not the one whose hash the threshold file holds: the promise was made for that one";
  return { exitCounts, speedup, costs, cautions: other ? [{ code: "other-model", message }] : [] };
}

function summarise(file: ThresholdFile, done: Inferred, summary: OutputFile | null, session: Session): void {
  const { exitCounts } = done;
  const own = file.costs && { costs: file.costs, unit: file.efficiency?.costUnit ?? "cost" };
  const spent = efficiency(exitCounts, own ?? done.costs ?? exitsAsCosts(exitCounts.length));
  const calibrated = file.efficiency?.exitShare ?? null;
  const drift = calibrated && exitShareDrift(exitCounts, calibrated, file.calibration.samples);
  const cautions = drift ? [...done.cautions, drift] : done.cautions;
  const document = inferDocument(file, exitCounts, spent, done.speedup, cautions);
  summary?.write(Buffer.from(renderJson(document)));
  summary?.commit();
  for (const line of document.statements) session.say(line);
  for (const { message } of cautions) session.caution(message);
}
