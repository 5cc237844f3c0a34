import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { type CsvRow, csvRows } from "./csv-rows.ts";
import { numberFromText, numberHint } from "./number-text.ts";
import { onePartContent } from "./one-part-content.ts";
import { printable } from "./printable.ts";
import { parseTextLabels } from "./read-text-labels.ts";
import { sourceText } from "./source-text.ts";
import { gatherColumns, isTableColumn, type NumberColumn, tensorOf } from "./table-columns.ts";
import type { Content } from "./tensor.ts";

/**
 * Opens a CSV exit table (columns `confidence_1 … L`, `prediction_1 … L`, `label`, `loss:<risk>_1 … L`) or loss table
 * (`lambda`, optional `exits`, `loss_1 … n` or `score_1 … n`). Other columns are passed over. A file without a header that
 * holds one integer per line is a list of labels, the array `label`.
 *
 * Throws `file-malformed` naming line and column, `array-missing` when no column is known.
 */
export function openCsv(source: ByteSource): Content {
  const text = sourceText(source);
  if (isLabelList(text)) {
    const labels = Float64Array.from(parseTextLabels(source.name, text));
    const column = { shape: [labels.length], values: labels };
    return onePartContent("csv", source, new Map([["label", tensorOf(`${source.name}:label`, column)]]));
  }
  return onePartContent("csv", source, gatherColumns(source.name, csvColumns(source.name, text)));
}

/** A first line of integers only is no header. */
function isLabelList(text: string): boolean {
  const firstLine = text.slice(0, text.indexOf("\n") === -1 ? undefined : text.indexOf("\n")).replace(/^\uFEFF/, "");
  return /^[+-]?\d+(\.0*)?$/.test(firstLine.trim().split(/\s+/)[0]!) && !firstLine.includes(",");
}

function csvColumns(name: string, text: string): Map<string, NumberColumn> {
  const rows = csvRows(name, text);
  const header = rows.next().value as CsvRow | undefined;
  const names = header?.fields.map((field) => field.trim()) ?? [];
  const used = usedColumns(name, names);
  const values = used.map(() => [] as number[]);
  for (const row of rows) {
    if (row.fields.length !== names.length) throw otherWidth(name, row, names.length);
    used.forEach((column, i) => {
      values[i]!.push(cell(name, row, names, column));
    });
  }
  return new Map(
    used.map((column, i) => [names[column]!, { shape: [values[i]!.length], values: Float64Array.from(values[i]!) }]),
  );
}

function usedColumns(file: string, names: readonly string[]): number[] {
  const used = names.flatMap((name, i) => (isTableColumn(name) ? [i] : []));
  const twice = used.find((i) => names.indexOf(names[i]!) !== i);
  if (twice !== undefined) {
    throw new EexitError("table-invalid", `${file}: two columns ${names[twice]}, expected one`, "drop one of them");
  }
  if (used.length > 0) return used;
  const separator = ["\t", ";"].find((mark) => names.some((name) => name.includes(mark)));
  const found = printable(names.slice(0, 5).join(", "));
  throw new EexitError(
    "array-missing",
    `${file}: the columns ${found}${names.length > 5 ? ", …" : ""}, expected confidence_1, prediction_1, label, loss:<risk>_1 or lambda`,
    separator ? "separate the columns with commas" : "the first line names the columns",
  );
}

function cell(file: string, row: CsvRow, names: readonly string[], column: number): number {
  const text = row.fields[column]!;
  const value = numberFromText(text);
  if (value !== null) return value;
  throw new EexitError(
    "file-malformed",
    `${file}: line ${row.line}, column ${names[column]}: found "${printable(text)}", expected a number`,
    numberHint(text),
  );
}

function otherWidth(file: string, row: CsvRow, expected: number): EexitError {
  return new EexitError(
    "file-malformed",
    `${file}: line ${row.line} has ${row.fields.length} fields, expected ${expected} as in the header`,
    "write decimals with a point and quote fields that contain commas",
  );
}
