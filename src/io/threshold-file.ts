import { readFileSync } from "node:fs";
import type { ThresholdFile } from "../control/threshold-file.ts";
import { EexitError } from "../errors.ts";
import { unreadable } from "./byte-source.ts";
import { printable } from "./printable.ts";

/**
 * The number that a file writes for a policy: λ̂ itself, or the largest number of the sign with which a careless comparison
 * fails safe. `confidence > 1.8e308` never leaves, and neither does `threshold > score` with a threshold of −1.8e308.
 */
export function thresholdNumber(
  policy: ThresholdFile["policy"],
  threshold: number,
  rule: ThresholdFile["rule"],
): number {
  const never = rule === "threshold > score" ? -Number.MAX_VALUE : Number.MAX_VALUE;
  if (policy === "never-exit") return never;
  return policy === "first-exit" ? -never : threshold;
}

/** λ̂ as the exit rule needs it: ±∞ again for the two policies. */
export function thresholdOf({ policy, threshold }: Pick<ThresholdFile, "policy" | "threshold">): number {
  if (policy === "never-exit") return Number.POSITIVE_INFINITY;
  if (policy === "first-exit") return Number.NEGATIVE_INFINITY;
  return threshold;
}

/** Byte-stable text of a threshold file: fixed key order, two spaces, plain lists on one line, a newline at the end. */
export function thresholdText(file: ThresholdFile): string {
  return `${indented(file, "")}\n`;
}

function indented(value: unknown, indent: string): string {
  // JSON would turn NaN and ∞ into null, which reads as "not applicable": better no file than such a one.
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`a threshold file cannot hold ${value}`);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => item === null || typeof item !== "object"))
      return `[${value.map((item) => indented(item, "")).join(", ")}]`;
    return `[\n${value.map((item) => inner + indented(item, inner)).join(",\n")}\n${indent}]`;
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => `${inner}${JSON.stringify(key)}: ${indented(field, inner)}`);
  return fields.length === 0 ? "{}" : `{\n${fields.join(",\n")}\n${indent}}`;
}

/**
 * Reads and validates a threshold file; unknown fields are ignored. With `readStdin`, "-" is standard input.
 *
 * @throws threshold-invalid naming the field; version-unsupported for a file of a later version
 */
export async function readThresholdFile(path: string, readStdin?: () => Promise<Uint8Array>): Promise<ThresholdFile> {
  if (path === "-" && readStdin) return parseThresholdText("-", Buffer.from(await readStdin()).toString("utf8"));
  return parseThresholdText(path, readText(path));
}

/** The same for a text that was read elsewhere, such as from stdin; `path` is for messages. */
export async function parseThresholdText(path: string, text: string): Promise<ThresholdFile> {
  const value = parseJson(path, text);
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== "eexit-threshold") {
    throw new EexitError(
      "threshold-invalid",
      `${path}: ${format === undefined ? "no format" : `format is ${printable(JSON.stringify(format))}`}, expected "eexit-threshold"`,
      "write one with eexit calibrate … -o threshold.json",
    );
  }
  if (typeof version === "number" && version > 1) {
    throw new EexitError(
      "version-unsupported",
      `${path}: version ${version}, expected at most 1`,
      "it was written by a later eexit; update this one",
    );
  }
  const { parseThresholdFile } = await import("./threshold-schema.ts");
  const result = parseThresholdFile(value);
  if ("problem" in result) {
    throw new EexitError("threshold-invalid", `${path}: ${result.problem}`, "see eexit help formats for the fields");
  }
  assertConsistent(path, result.file);
  return result.file;
}

/** The policy and its number must tell the same story: one of them alone may have been edited. */
function assertConsistent(path: string, file: ThresholdFile): void {
  const { policy, threshold, rule, exits, source, epsilon, lossRange, costs } = file;
  const expected = thresholdNumber(policy, threshold, rule);
  if (threshold !== expected || (policy === "threshold" && Math.abs(threshold) === Number.MAX_VALUE)) {
    throw new EexitError(
      "threshold-invalid",
      `${path}: policy ${policy} with threshold ${threshold}, expected ${policy === "threshold" ? "an ordinary number" : expected}`,
      "calibrate again instead of editing the file",
    );
  }
  if (epsilon >= lossRange[1]) {
    throw new EexitError(
      "threshold-invalid",
      `${path}: epsilon is ${epsilon}, expected less than the loss bound ${lossRange[1]}`,
      "calibrate again instead of editing the file",
    );
  }
  if (costs && costs.length !== exits) {
    throw new EexitError(
      "threshold-invalid",
      `${path}: costs holds ${costs.length} values, expected ${exits}, one per exit`,
      "calibrate again instead of editing the file",
    );
  }
  if (exits === null && source !== "loss-table") {
    throw new EexitError(
      "threshold-invalid",
      `${path}: exits is null, expected the number of exits`,
      "calibrate again instead of editing the file",
    );
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EexitError(
      "threshold-invalid",
      `${path}: not JSON (${printable((error as Error).message)}), expected a threshold file`,
      "write one with eexit calibrate … -o threshold.json",
    );
  }
}
