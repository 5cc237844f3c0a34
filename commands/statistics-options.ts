import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { GridRequest } from "../src/control/grid-request.ts";
import { bounds, crcVariants, methodNames, parseMethod } from "../src/control/methods.ts";
import type { RowOrder } from "../src/control/problem.ts";
import type { Bound, CrcVariant, Method } from "../src/control/types.ts";
import { EexitError } from "../src/errors.ts";
import { measureNames } from "../src/exits/confidence.ts";
import { riskNames } from "../src/exits/loss-kinds.ts";
import { unreadable } from "../src/io/byte-source.ts";
import { printable } from "../src/io/printable.ts";
import { offer } from "./completion/offer.ts";
import { collect } from "./input-options.ts";
import { parseChoice, parseCount, parseList, parseNumber, parseRange } from "./parse-values.ts";
import { suggest } from "./suggest.ts";

/** Every method with every variant, as --method takes them. */
export const methodLabels: readonly string[] = [
  ...methodNames,
  ...bounds.flatMap((bound) => [`ucb:${bound}`, `ltt:${bound}`]),
  ...crcVariants.map((variant) => `crc:${variant}`),
];

/** Options of everything that calibrates: calibrate and sweep. */
export function addStatisticsOptions(command: Command, defaults: { method: string; risk: string }): Command {
  command.optionsGroup("Risk control:");
  command.option("-e, --epsilon <level>", "risk level ε, such as 0.05 or 5% (lists and ranges in sweep)", collect);
  command.option("-d, --delta <probability>", "error probability δ of ucb and ltt (default 0.1)");
  command.option(
    "--risk <name>",
    `what to control: ${riskNames.join(", ")} or a loss column (default ${defaults.risk})`,
    collect,
  );
  command.option(
    "--confidence <name>",
    "top1, top-diff, entropy, a column, or name=file:scores.npy (default top1); dense logits: @mean, @quantile:q or @patch:s[:q] behind a measure (default top1@mean)",
    collect,
  );
  command.option(
    "--method <name>",
    `naive, crc[:variant], ucb[:bound], ltt[:bound] (default ${defaults.method})`,
    collect,
  );
  command.option("--bound <name>", `bound of ucb and ltt: ${bounds.join(", ")}`);
  command.option("--crc <variant>", `variant of crc: ${crcVariants.join(", ")}`);
  command.option("--grid <thresholds>", "auto, exact, a count, start:stop:step, or a file (default auto)");
  offer(command, "--risk", riskNames);
  offer(command, "--confidence", measureNames);
  offer(command, "--method", methodLabels);
  offer(command, "--bound", bounds);
  offer(command, "--crc", crcVariants);
  offer(command, "--grid", ["auto", "exact"]);
  command.option("--clip", "control max(0, loss): a certificate for it holds for the loss too");
  command.option("--seed <n>", "seed of the one shuffle of the rows (default 0)");
  command.option("--no-shuffle", "take the rows in file order");
  command.optionsGroup("Cost:");
  command.option("--costs <list|file>", "cumulative cost per exit, increasing (default 1 … L)");
  command.option("--cost-unit <unit>", "unit of the costs, such as MACs");
  return command;
}

export interface StatisticsFlags {
  epsilon?: string[];
  delta?: string;
  risk?: string[];
  confidence?: string[];
  method?: string[];
  bound?: string;
  crc?: string;
  grid?: string;
  clip?: boolean;
  seed?: string;
  shuffle: boolean;
  costs?: string;
  costUnit?: string;
}

/** Methods of a comma list, each `name[:variant]`; --bound and --crc are shorthand for the variant. */
export function parseMethods(flags: StatisticsFlags, fallback: string): Method[] {
  const names = parseList("--method", flags.method ?? [fallback]);
  const bound = flags.bound && parseChoice("--bound", flags.bound, bounds);
  const crc = flags.crc && parseChoice("--crc", flags.crc, crcVariants);
  return names.map((name) => {
    const method = parseMethod(name);
    if (!method) throw unknownMethod(name);
    const named = name.includes(":");
    if (bound && method.bound !== null) {
      if (named && method.bound !== bound) throw twoVariants(name, `--bound ${bound}`);
      return { ...method, bound: bound as Bound | "auto" };
    }
    if (crc && method.crc !== null) {
      if (named && method.crc !== crc) throw twoVariants(name, `--crc ${crc}`);
      return { ...method, crc: crc as CrcVariant };
    }
    return method;
  });
}

function twoVariants(name: string, flag: string): EexitError {
  return new EexitError(
    "bad-usage",
    `--method ${name} and ${flag} contradict each other, expected one variant`,
    "leave out one of them",
  );
}

function unknownMethod(name: string): EexitError {
  const near = suggest(name, methodLabels);
  return new EexitError(
    "bad-usage",
    `--method ${name}: unknown, expected naive, crc, ucb or ltt, with a variant such as ucb:star or crc:monotone`,
    near ? `did you mean ${near}?` : "see eexit help methods",
  );
}

/** Names of risks; typos of the built-in ones get a suggestion when nothing else could be meant. */
export function parseRisks(texts: readonly string[] | undefined): readonly string[] | "default" {
  if (!texts) return "default";
  const names = parseList("--risk", texts);
  for (const name of names) suggestNear("--risk", name, riskNames);
  return names;
}

export function parseConfidences(texts: readonly string[] | undefined): readonly string[] | "default" {
  if (!texts) return "default";
  const names = parseList("--confidence", texts);
  for (const name of names) suggestNear("--confidence", name, measureNames);
  return names;
}

/** Refuses a word that is one slip away from a built-in name but not equal to one. */
function suggestNear(option: string, name: string, choices: readonly string[]): void {
  if (choices.includes(name)) return;
  const near = suggest(name, choices);
  if (near === null || name.includes("=") || name.includes("@")) return;
  const code = option === "--risk" ? "risk-unknown" : "confidence-unknown";
  throw new EexitError(
    code,
    `${option} ${name}: unknown, expected one of ${choices.join(", ")}`,
    `did you mean ${near}?`,
  );
}

/** `auto`, `exact`, a count, a range, or a file of thresholds (one number per line). */
export function parseGrid(text = "auto"): GridRequest {
  if (text === "auto" || text === "exact") return { kind: text };
  if (/^\d+$/.test(text)) return { kind: "steps", count: parseCount("--grid", text) };
  if (/^[-+.\de%]+(:[-+.\de%]+){2}$/i.test(text)) {
    return { kind: "values", values: descending(text, parseRange("--grid", text)), text };
  }
  return { kind: "values", values: descending(text, readGridFile(text)), text: `file:${text}` };
}

function readGridFile(path: string): number[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      const near = suggest(path, ["auto", "exact"]);
      throw new EexitError(
        "grid-invalid",
        `--grid ${path}: expected auto, exact, a count, start:stop:step or a file`,
        near ? `did you mean ${near}?` : "a file holds one threshold per line",
      );
    }
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((word) => parseNumber(`--grid ${path}:`, printable(word)));
}

function descending(text: string, values: readonly number[]): Float64Array {
  const sorted = Float64Array.from(values).sort().reverse();
  const repeated = sorted.find((value, k) => k > 0 && value === sorted[k - 1]);
  if (sorted.length === 0 || repeated !== undefined) {
    throw new EexitError(
      "grid-invalid",
      `--grid ${text}: ${repeated === undefined ? "no thresholds" : `${repeated} occurs twice`}, expected distinct thresholds`,
      "list each threshold once",
    );
  }
  return sorted;
}

export function parseOrder(flags: Pick<StatisticsFlags, "seed" | "shuffle">): RowOrder {
  return {
    seed: flags.seed === undefined ? 0 : parseCount("--seed", flags.seed, { least: 0, example: 7 }),
    shuffle: flags.shuffle,
  };
}
