import { assertRectangular } from "./cell.ts";
import type { ReportCell, ReportDocument } from "./document.ts";
import { formatCount } from "./format.ts";

/**
 * The document's table as CSV (RFC 4180 with the line ends of Unix pipes: quotes doubled, a header of column keys). A CSV file is one table, so of
 * several tables the first is written (`omittedFromCsv` has the sentence to say so), and a document without tables
 * becomes its facts, `label,value`. Numbers carry every digit; null is an empty field.
 */
export function renderCsv(document: ReportDocument): string {
  const table = document.tables[0];
  if (table === undefined) {
    return lines([["label", "value"], ...document.facts.map((fact) => [fact.label, fact.value])]);
  }
  assertRectangular(table);
  return lines([table.columns.map((column) => column.key), ...table.rows]);
}

/** What `renderCsv` left out, as a sentence for the reader, or null when the one table is there. */
export function omittedFromCsv(document: ReportDocument): string | null {
  const omitted = document.tables.slice(1);
  if (omitted.length === 0) return null;
  const names = omitted.map((table) => `"${table.title}"`).join(", ");
  return `csv holds one table, "${document.tables[0]!.title}"; ${formatCount(omitted.length, "table")} left out: ${names}`;
}

function lines(rows: readonly (readonly ReportCell[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\n`).join("");
}

function field(cell: ReportCell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return numberField(cell);
  return /[",\r\n]/.test(cell) || cell !== cell.trim() ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** numpy, pandas, R and duckdb read these spellings of what has no digits. */
function numberField(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(value);
}
