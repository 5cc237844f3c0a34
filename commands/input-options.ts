import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import type { InputRequest, Layout } from "../src/io/input-request.ts";
import { type IouClasses, iouChoices } from "../src/kernels/class-overlap.ts";
import { offer } from "./completion/offer.ts";
import { NoInput } from "./no-input.ts";
import { parseChoice, parseCount, parseList, parseLossRange, parseNumber } from "./parse-values.ts";
import type { Session } from "./session.ts";

/** Repeating an option and writing a comma list are the same. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Options that say how inputs are to be read; the same wherever data is read. */
export function addInputOptions(command: Command): Command {
  command.argument("[inputs...]", "logits, exit tables or a loss table: files, quoted globs or -");
  command.optionsGroup("Input:");
  command.option("--labels <file>", "labels for all rows, or one file per input (repeat)", collect);
  command.option("--label-column <name>", "array or column that holds the labels");
  command.option("--ignore-label <list>", "labels whose rows (dense: pixels) are left out, counted", collect);
  command.option("--layout <order>", "axes of the logits: nlc, lnc, ncl or nlhwc (default nlc)");
  command.option("--values <kind>", "auto, logits or probs (default auto)");
  offer(command, "--layout", ["nlc", "lnc", "ncl", "nlhwc"]);
  offer(command, "--values", ["auto", "logits", "probs"]);
  command.option("--exits <list>", "names of one array (or file) per exit", collect);
  command.option("--part <part>", "val or test of an MSDNet-PyTorch file");
  command.option("--threads <n>", "threads to use (default: all cores)");
  command.option("--iou <classes>", "classes of a mean IoU: present or all-classes (default present)");
  offer(command, "--part", ["val", "test"]);
  offer(command, "--iou", iouChoices);
  return command;
}

export function addLossTableOptions(command: Command): Command {
  command.optionsGroup("Loss tables and custom losses:");
  command.option("--lambdas <file>", "λ per row [K] of a bare loss table [K, n]");
  command.option("--table-exits <file>", "exits per row [K] or [K, n]");
  command.option("--lambda-direction <way>", "down: the largest λ is safest; up: the smallest (default down)");
  offer(command, "--lambda-direction", ["down", "up"]);
  command.option("--scores", "the table holds scores, higher is better");
  command.option("--reference <row>", "row that losses are relative to, 0 = the safest (default 0)");
  command.option("--loss-range <a:b>", "declared range of the losses (default 0:1, scores -1:1)");
  command.option("--binary", "the losses are declared 0/1");
  return command;
}

/** Raw values of the options above, as commander hands them over. */
export interface InputFlags {
  labels?: string[];
  labelColumn?: string;
  ignoreLabel?: string[];
  layout?: string;
  values?: string;
  exits?: string[];
  part?: string;
  threads?: string;
  iou?: string;
  lambdas?: string;
  tableExits?: string;
  lambdaDirection?: string;
  scores?: boolean;
  reference?: string;
  lossRange?: string;
  binary?: boolean;
}

export interface Wanted {
  readonly confidences: InputRequest["confidences"];
  readonly risks: InputRequest["risks"];
  readonly brier?: boolean;
}

/** Checks the flags. Without inputs stdin is read, unless it is a terminal, which would hang. */
export function inputRequest(
  inputs: readonly string[],
  flags: InputFlags,
  wanted: Wanted,
  session: Session,
): InputRequest {
  const from = inputs.length > 0 ? inputs : stdinInput(flags, session);
  assertStdinOnce([...from, ...(flags.labels ?? []), flags.lambdas, flags.tableExits]);
  // Needed only once a loss table has been read: a slip is said before.
  parseDirection(flags);
  parseReference(flags);
  return {
    inputs: from,
    labels: flags.labels ? parseList("--labels", flags.labels) : [],
    labelColumn: flags.labelColumn ?? null,
    ignoreLabels: (flags.ignoreLabel ? parseList("--ignore-label", flags.ignoreLabel) : []).map((text) =>
      parseNumber("--ignore-label", text),
    ),
    layout: flags.layout === undefined ? null : parseLayout(flags.layout),
    values: parseChoice("--values", flags.values ?? "auto", ["auto", "logits", "probs"]),
    exits: flags.exits ? parseList("--exits", flags.exits) : null,
    part: flags.part === undefined ? null : parseChoice<"val" | "test">("--part", flags.part, ["val", "test"]),
    ...(flags.iou !== undefined && { iou: parseChoice<IouClasses>("--iou", flags.iou, iouChoices) }),
    ...wanted,
    lossRange: flags.lossRange === undefined ? null : parseLossRange("--loss-range", flags.lossRange),
    binary: flags.binary ?? false,
    lambdas: flags.lambdas ?? null,
    tableExits: flags.tableExits ?? null,
    scores: flags.scores ?? false,
    readStdin: session.readStdin,
    threads: threadCount(flags, session),
  };
}

/** `--threads`, else EEXIT_THREADS, else all cores. */
export function threadCount(flags: { readonly threads?: string | undefined }, session: Session): number {
  const text = flags.threads ?? session.terminal.env.EEXIT_THREADS;
  return text ? parseCount("--threads", text, { example: 2 }) : availableParallelism();
}

/** What is piped in can be read for one purpose: twice the same rows would count each sample double. */
function assertStdinOnce(paths: readonly (string | undefined)[]): void {
  if (paths.filter((path) => path === "-").length < 2) return;
  throw new EexitError("bad-usage", "-: stdin is named twice, expected once", "give the other input as a file");
}

export function parseDirection({ lambdaDirection }: InputFlags): "down" | "up" {
  return parseChoice<"down" | "up">("--lambda-direction", lambdaDirection ?? "down", ["down", "up"]);
}

export function parseReference({ reference }: InputFlags): number {
  return reference === undefined ? 0 : parseCount("--reference", reference, { least: 0, example: 1 });
}

function parseLayout(text: string): Layout {
  return parseChoice<Layout>("--layout", text, ["nlc", "lnc", "ncl", "nlhwc"]);
}

function stdinInput(flags: InputFlags, session: Session): string[] {
  // One [N, C] file per exit may be named by --exits alone.
  const files = flags.exits?.flatMap((text) => text.split(",")) ?? [];
  if (files.length > 0 && files.every((file) => /\.npy$/.test(file))) return files;
  if (session.terminal.stdin.isTTY) throw new NoInput();
  return ["-"];
}
