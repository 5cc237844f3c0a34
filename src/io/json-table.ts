import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { nestedNumbers } from "./nested-numbers.ts";
import { onePartContent } from "./one-part-content.ts";
import { largestJson, sourceText } from "./source-text.ts";
import { gatherColumns, isTableColumn, type NumberColumn } from "./table-columns.ts";
import type { Content } from "./tensor.ts";

/**
 * Opens JSON arrays. Three shapes are read: an object of columns (`{"confidence": [[…]], "label": […]}`, also `logits` and
 * `labels`, or a loss table `{"lambdas", "losses" | "scores", "exits"}`), a list of row objects
 * (`[{"confidence_1": 0.9, "label": 3}, …]`, lists within a row allowed), and a bare nested list (the array "").
 * Texts of a columns object travel as metadata.
 *
 * Throws `file-malformed` naming line, row or element, `array-missing` when nothing numeric is found.
 */
export function openJson(source: ByteSource): Content {
  const json = parsed(source.name, sourceText(source, largestJson).replace(/^\uFEFF/, ""));
  const { columns, metadata } = Array.isArray(json) ? listContent(source.name, json) : objectContent(source.name, json);
  if (columns.size === 0) {
    throw new EexitError(
      "array-missing",
      `${source.name}: no arrays of numbers, expected keys like logits, label, confidence or lambdas`,
      "see `eexit help formats`",
    );
  }
  return onePartContent("json", source, gatherColumns(source.name, columns), { metadata });
}

interface JsonColumns {
  readonly columns: Map<string, NumberColumn>;
  readonly metadata: Map<string, string>;
}

function objectContent(file: string, json: object): JsonColumns {
  const columns = new Map<string, NumberColumn>();
  const metadata = new Map<string, string>();
  for (const [key, value] of Object.entries(json)) {
    if (typeof value === "string") metadata.set(key, value);
    if (Array.isArray(value) && typeof value[0] !== "string") columns.set(key, nestedNumbers(`${file}: ${key}`, value));
  }
  const format = metadata.get("format");
  if (columns.size === 0 && format?.startsWith("eexit-")) {
    throw new EexitError("array-missing", `${file}: an ${format} file, expected data`, "give a threshold file with -t");
  }
  return { columns, metadata };
}

function listContent(file: string, rows: unknown[]): JsonColumns {
  const metadata = new Map<string, string>();
  if (rows.every((row) => typeof row === "number" || Array.isArray(row))) {
    return { columns: new Map(rows.length > 0 ? [["", nestedNumbers(file, rows)]] : []), metadata };
  }
  const first = rows.find((row) => typeof row === "object" && row !== null) ?? {};
  const keys = Object.keys(first).filter((key) => isTableColumn(key) || isTableColumn(`${key}_1`) || key === "logits");
  const columns = new Map(
    keys.map((key) => [
      key,
      nestedNumbers(
        `${file}: ${key}`,
        rows.map((row, i) => member(file, row, i, key)),
      ),
    ]),
  );
  return { columns, metadata };
}

function member(file: string, row: unknown, index: number, key: string): unknown {
  if (typeof row === "object" && row !== null && !Array.isArray(row) && Object.hasOwn(row, key)) {
    return (row as Record<string, unknown>)[key];
  }
  throw new EexitError(
    "file-malformed",
    `${file}: row ${index} has no ${key}, expected one as in the first row`,
    "give every row the same keys",
  );
}

function parsed(name: string, text: string): object {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    const line = text.slice(0, position).split("\n").length;
    const isConstant = /\b(NaN|Infinity)\b/.test(text.slice(Math.max(0, position - 10), position + 10));
    throw new EexitError(
      "file-malformed",
      `${name}: no valid JSON at line ${line}`,
      isConstant ? "JSON has no NaN or Infinity; write the arrays as .npz" : "check the end of the file and its commas",
    );
  }
}
