import type { ReportDocument, ReportTable } from "./document.ts";
import { formatCount } from "./format.ts";
import { renderMarkdown } from "./markdown.ts";

/** GitHub drops a step summary above 1 MiB without an error; 1000 rows of a wide sweep are about 0.2 MiB. */
const rowLimit = 1000;

/** The Markdown for `$GITHUB_STEP_SUMMARY`: the whole document, long tables cut with a line that says so. */
export function renderGithubSummary(document: ReportDocument): string {
  return renderMarkdown({ ...document, tables: document.tables.map(shortened) });
}

function shortened(table: ReportTable): ReportTable {
  const extra = table.rows.length - rowLimit;
  if (extra <= 0) return table;
  return {
    ...table,
    title: `${table.title} (first ${rowLimit} rows; ${formatCount(extra, "more row")} left out)`.trim(),
    rows: table.rows.slice(0, rowLimit),
  };
}
