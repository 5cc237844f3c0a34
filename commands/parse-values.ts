import { EexitError } from "../src/errors.ts";
import { suggest } from "./suggest.ts";

/** `a,b` and repeated options are the same list; empty entries are typing slips and are refused. */
export function parseList(option: string, texts: readonly string[]): string[] {
  const entries = texts.flatMap((text) => text.split(",")).map((entry) => entry.trim());
  if (entries.length > 0 && entries.every((entry) => entry !== "")) return entries;
  throw new EexitError(
    "bad-usage",
    `${option} ${texts.join(" ")}: an empty entry, expected a comma list`,
    `write ${option} a,b`,
  );
}

/** One of a fixed set of words. */
export function parseChoice<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  if (choices.includes(text as Choice)) return text as Choice;
  const near = suggest(text, choices);
  throw new EexitError(
    "bad-usage",
    `${option} ${text}: unknown, expected one of ${choices.join(", ")}`,
    near ? `did you mean ${near}?` : "see the command's --help",
  );
}

/** A decimal number, strictly: `1e-3` and `.5` are, `0x10`, `1_000`, `1,5` and words are not (NaN). */
function decimal(text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/** A number written in decimals. */
export function parseNumber(option: string, text: string): number {
  const value = decimal(text);
  if (!Number.isNaN(value)) return value;
  throw new EexitError("bad-number", `${option} ${text}: expected a number`, `use for example ${option} 0.05`);
}

/** What a count may be, and one that makes sense for the option, as a hint. */
interface CountRange {
  readonly least?: number;
  readonly example?: number;
}

/** A whole number of at least `least`, 1 unless said otherwise. */
export function parseCount(option: string, text: string, { least = 1, example = 100 }: CountRange = {}): number {
  const value = decimal(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new EexitError(
    "bad-number",
    `${option} ${text}: expected a whole number of at least ${least}`,
    `use for example ${option} ${example}`,
  );
}

/** A probability strictly between 0 and 1; `10%` is 0.1. */
export function parseProbability(option: string, text: string): number {
  const value = parsePercent(option, text);
  if (value > 0 && value < 1) return value;
  throw new EexitError(
    "bad-number",
    `${option} ${text}: expected a probability above 0 and below 1`,
    `use for example ${option} 0.1`,
  );
}

/** A number, or a percentage with its sign: `5%` is exactly 0.05. */
export function parsePercent(option: string, text: string): number {
  if (!text.trim().endsWith("%")) return parseNumber(option, text);
  const digits = text.trim().slice(0, -1).trim();
  parseNumber(option, digits);
  return Number(`${digits}e-2`);
}

/** Levels ε: a comma list whose entries are numbers, percentages or ranges `start:stop:step` with the stop included. */
export function parseLevels(option: string, texts: readonly string[]): number[] {
  return parseList(option, texts).flatMap((entry) =>
    entry.includes(":") ? parseRange(option, entry) : [parsePercent(option, entry)],
  );
}

/** Longest range that is meant seriously; a step of 1e-9 is a slip. */
const MOST_STEPS = 1_000_000;

/**
 * `start:stop:step`, stop included, exact in decimal: 0.01:0.3:0.01 gives 0.07 and not 0.06999…, because the values are
 * counted in whole steps of the last decimal and divided once.
 */
export function parseRange(option: string, text: string): number[] {
  const parts = text.split(":");
  const [start, stop, step] = parts.map((part) => parsePercent(option, part));
  if (parts.length !== 3 || step === 0 || Math.sign(stop - start) * Math.sign(step) < 0) {
    throw new EexitError(
      "bad-number",
      `${option} ${text}: expected a range start:stop:step`,
      `use for example ${option} 0.01:0.3:0.01`,
    );
  }
  const scale = 10 ** Math.max(...[start, stop, step].map(decimals));
  const first = Math.round(start * scale);
  const stride = Math.round(step * scale);
  const count = Math.floor(Math.round(stop * scale - first) / stride + 1e-9) + 1;
  if (!(count <= MOST_STEPS))
    throw new EexitError(
      "bad-number",
      `${option} ${text}: ${count} values, expected at most ${MOST_STEPS}`,
      "use a larger step",
    );
  return Array.from({ length: count }, (_, k) => (first + k * stride) / scale);
}

/** Decimal places of the shortest digits of a number. */
function decimals(value: number): number {
  const [mantissa, exponent = "0"] = String(value).split("e");
  return Math.max(0, (mantissa.split(".")[1] ?? "").length - Number(exponent));
}

/** `a:b` as a range of loss values with a < b. */
export function parseLossRange(option: string, text: string): [number, number] {
  const parts = text.split(":");
  const [lower, upper] = parts.map((part) => parseNumber(option, part));
  if (parts.length === 2 && lower < upper) return [lower, upper];
  throw new EexitError("bad-number", `${option} ${text}: expected lower:upper`, `use for example ${option} -1:1`);
}

/** `key=value` pairs. */
export function parsePairs(option: string, texts: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const text of texts) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined)
      throw new EexitError("bad-usage", `${option} ${text}: expected key=value`, `use for example ${option} model=v3`);
    pairs[key] = value;
  }
  return pairs;
}
