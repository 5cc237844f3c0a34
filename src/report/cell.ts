import type { ReportCell, ReportColumn, ReportTable } from "./document.ts";
import { formatNumber, formatPercent, formatThreshold } from "./format.ts";

/** A cell as people see it: the column says how numbers show, null is a dash. */
export function cellText(cell: ReportCell, column: ReportColumn): string {
  if (cell === null) return "-";
  if (typeof cell === "string") return cell;
  if (column.show === "exact") return formatThreshold(cell);
  if (column.show === "percent") return formatPercent(cell);
  return formatNumber(cell);
}

/** Refuses a table whose rows and columns differ in length: a shifted cell would silently be another number. */
export function assertRectangular(table: {
  readonly title: string;
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly (readonly ReportCell[])[];
}): void {
  const bad = table.rows.findIndex((row) => row.length !== table.columns.length);
  if (bad === -1) return;
  const found = table.rows[bad]!.length;
  throw new Error(`table "${table.title}": row ${bad} has ${found} cells, expected ${table.columns.length}`);
}

/** The table as people see it: without the columns that only CSV has. */
export function visibleTable(table: ReportTable): ReportTable {
  const shown = table.columns.map((column) => column.show !== "hidden");
  const keep = <Item>(items: readonly Item[]) => items.filter((_, j) => shown[j]);
  return { ...table, columns: keep(table.columns), rows: table.rows.map(keep) };
}
