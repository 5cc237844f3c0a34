import { readFileSync } from "node:fs";
import type { ThresholdFile } from "../control/threshold-file.ts";
import { EexitError } from "../errors.ts";
import type { SavedAnswer } from "./answer-schema.ts";
import { unreadable } from "./byte-source.ts";
import { printable } from "./printable.ts";
import { parseThresholdText } from "./threshold-file.ts";

/**
 * Reads back a JSON answer that was saved: of sweep, check, bench or inspect, or a threshold file. "-" is standard input.
 *
 * @throws answer-invalid, threshold-invalid, version-unsupported, file-missing
 */
export async function readAnswer(
  path: string,
  readStdin: () => Promise<Uint8Array>,
): Promise<SavedAnswer | ThresholdFile> {
  const text = path === "-" ? Buffer.from(await readStdin()).toString("utf8") : readText(path);
  const value = parseJson(path, text);
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format === "eexit-threshold") return parseThresholdText(path, text);
  const { answerFormats, parseAnswer } = await import("./answer-schema.ts");
  if (typeof format !== "string" || !answerFormats.includes(format)) {
    throw invalid(
      path,
      `${format === undefined ? "no format" : `format is ${printable(JSON.stringify(format))}`}, expected one of eexit-threshold, ${answerFormats.join(", ")}`,
    );
  }
  if (typeof version === "number" && version > 1) {
    throw new EexitError(
      "version-unsupported",
      `${path}: version ${version}, expected at most 1`,
      "it was written by a later eexit; update this one",
    );
  }
  const parsed = parseAnswer({ ...(value as object), format });
  if ("problem" in parsed) throw invalid(path, parsed.problem);
  return parsed.answer;
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
    throw invalid(path, `not JSON (${printable((error as Error).message)}), expected a saved answer`);
  }
}

function invalid(path: string, problem: string): EexitError {
  return new EexitError(
    "answer-invalid",
    `${path}: ${problem}`,
    "save one with --format json, or give a threshold file of eexit calibrate",
  );
}
