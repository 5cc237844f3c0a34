import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import type { ModelRows, WantedInput } from "../src/io/model-rows.ts";
import type { ProbeRows } from "../src/onnx/graph/probe-inputs.ts";
import type { Declared, SessionOptions, Values } from "../src/onnx/session.ts";
import { collect, threadCount } from "./input-options.ts";
import { parseCount, parseList } from "./parse-values.ts";
import type { Session } from "./session.ts";

/** Options of every command that runs a model. */
export interface ModelFlags {
  model?: string;
  input?: string[];
  exits?: string[];
  confidenceOutput?: string[];
  batch?: string;
  threads?: string;
  processes?: string;
  provider?: string;
}

/** Said of --batch where a command chooses the batches itself; it is accepted, as by every command that runs a model. */
export const unusedBatch = "accepted and not used: the proof has batches of its own";

export function addModelOptions(
  command: Command,
  words: { model?: string; batch?: string; processes?: string } = {},
): Command {
  command.optionsGroup("Model:");
  command.option("--model <path>", words.model ?? "model.onnx or a folder of stages");
  command.option(
    "--input <file>",
    "inputs of the model: x.npy, name=x.npy (repeat), or a file keyed by input name",
    collect,
  );
  // `infer` reads logits too, whose option of this name it has already.
  const has = command.options.some(({ long }) => long === "--exits");
  if (!has)
    command.option(
      "--exits <list>",
      "outputs that are the exits, in order (default: all of equal rank and last dimension)",
      collect,
    );
  command.option("--confidence-output <list>", "outputs that are the confidences, one per early exit", collect);
  command.option("--batch <rows>", words.batch ?? "rows that run together (default 64)");
  if (!command.options.some(({ long }) => long === "--threads"))
    command.option("--threads <n>", "threads of the runtime (default: all cores)");
  if (words.processes !== undefined) command.option("--processes <n>", words.processes);
  command.option("--provider <name>", "execution provider of onnxruntime-node (default cpu)");
  return command;
}

/** The model that is meant: positional or `--model`, once. */
export function modelPath(positional: string | undefined, flags: ModelFlags): string {
  if (positional !== undefined && flags.model !== undefined && positional !== flags.model) {
    throw new EexitError(
      "bad-usage",
      `${positional} and --model ${flags.model}: two models, expected one`,
      "give one of them",
    );
  }
  const path = positional ?? flags.model;
  if (path !== undefined) return path;
  throw new EexitError(
    "bad-usage",
    "no model: expected model.onnx or a folder of stages",
    "see the examples with --help",
  );
}

export function sessionOptions(flags: ModelFlags, session: Session): SessionOptions {
  return {
    threads: threadCount(flags, session),
    provider: flags.provider ?? "cpu",
    optimize: true,
  };
}

export function batchSize(flags: ModelFlags): number {
  return parseCount("--batch", flags.batch ?? "64", { example: 64 });
}

export function namedList(option: string, texts: readonly string[] | undefined): string[] | null {
  return texts === undefined ? null : parseList(option, texts);
}

/** Files that `--input` may mean: `x=x.npy` is a named file, or a file with an equals sign in its name. */
export function inputPaths({ input = [] }: ModelFlags): string[] {
  return input.flatMap((text) => [text, text.replace(/^[^=]+=/, "")]);
}

/** Opens `--input` for a model's inputs and says which casts are made. */
export async function openRows(flags: ModelFlags, wanted: readonly Declared[], session: Session): Promise<ModelRows> {
  if (flags.input === undefined) {
    throw new EexitError(
      "bad-usage",
      "--input: missing, expected the rows to run the model on",
      `use for example --input ${wanted.length > 1 ? `${wanted[0].name}=x.npy` : "x.npy"}`,
    );
  }
  const { openModelRows } = await import("../src/io/model-rows.ts");
  const rows = await openModelRows(flags.input, wanted as readonly WantedInput[], session.readStdin);
  for (const note of rows.notes) session.say(`note: ${note}`);
  return rows;
}

/** The first rows of `--input` to probe a model with, or null where none is given. */
export async function probeRows(
  flags: ModelFlags,
  wanted: readonly Declared[],
  count: number,
  session: Session,
): Promise<ProbeRows | null> {
  if (flags.input === undefined) return null;
  const rows = await openRows(flags, wanted, session);
  try {
    for await (const { values } of rows.batches(count)) return values as ReadonlyMap<string, Values>;
    return null;
  } finally {
    rows.close();
  }
}
