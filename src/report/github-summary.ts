import type { ReportDocument, ReportTable } from "./document.ts";
import { formatCount } from "./format.ts";
import { factsMarkdown, renderMarkdown, tableMarkdown } from "./markdown.ts";

/** GitHub drops a step summary above 1 MiB without an error; 1000 rows of a wide sweep are about 0.2 MiB. */
const rowLimit = 1000;

/**
 * The Markdown for `$GITHUB_STEP_SUMMARY`: the verdict in the heading, what it means, a small table of the checks and the
 * cautions; every number is folded away below. Long tables are cut with a line that says so.
 */
export function renderGithubSummary(document: ReportDocument): string {
  const title = document.verdict === null ? document.title : `${document.title}: ${document.verdict}`;
  const summary = renderMarkdown({ ...document, title, verdict: null, facts: [], tables: [] });
  const numbers = [
    ...(document.facts.length > 0 ? [factsMarkdown(document.facts)] : []),
    ...document.tables.map((table) => tableMarkdown(shortened(table))),
  ];
  if (numbers.length === 0) return summary;
  return `${summary}\n<details><summary>Numbers</summary>\n\n${numbers.join("\n\n")}\n\n</details>\n`;
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
