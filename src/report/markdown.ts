import { assertRectangular, cellText, visibleTable } from "./cell.ts";
import type { ReportDocument, ReportFact, ReportTable } from "./document.ts";
import { oneLine } from "./plain-characters.ts";

/** The document as GitHub-flavoured Markdown, for pull-request comments, job summaries and notes. */
export function renderMarkdown(document: ReportDocument): string {
  const sections: string[] = [`## ${escapeMarkdown(document.title)}`];
  if (document.verdict !== null) sections.push(`**${escapeMarkdown(document.verdict)}**`);
  for (const statement of document.statements) sections.push(escapeMarkdown(statement));
  if (document.facts.length > 0) sections.push(factsMarkdown(document.facts));
  for (const table of document.tables) sections.push(tableMarkdown(table));
  if (document.checks.length > 0) {
    const rows = document.checks.map((check) => [check.name, check.outcome, check.message]);
    sections.push(tableLines(["check", "outcome", "what was found"], ["---", "---", "---"], rows));
  }
  if (document.cautions.length > 0) {
    const items = document.cautions.map((c) => `- caution (${escapeMarkdown(c.code)}): ${escapeMarkdown(c.message)}`);
    sections.push(items.join("\n"));
  }
  return `${sections.join("\n\n")}\n`;
}

/**
 * One line of text that Markdown shows as it is. A pipe would end a table cell, `<` and `&` would start HTML, and
 * backslash, backtick, star and underscore would change the type.
 */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_|]/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;");
}

export function factsMarkdown(facts: readonly ReportFact[]): string {
  const rows = facts.map((fact) => [fact.label, fact.value]);
  return tableLines(["", ""], ["---", "---"], rows);
}

export function tableMarkdown(whole: ReportTable): string {
  assertRectangular(whole);
  const table = visibleTable(whole);
  const labels = table.columns.map((column) => column.label);
  const rule = table.columns.map((column) => (column.align === "right" ? "---:" : "---"));
  const rows = table.rows.map((row) => row.map((cell, j) => cellText(cell, table.columns[j]!)));
  const lines = tableLines(labels, rule, rows);
  return table.title === "" ? lines : `### ${escapeMarkdown(table.title)}\n\n${lines}`;
}

function tableLines(header: readonly string[], rule: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header.map(escapeMarkdown)), line(rule), ...rows.map((row) => line(row.map(escapeMarkdown)))].join("\n");
}
