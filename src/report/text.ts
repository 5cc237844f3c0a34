import { assertRectangular, cellText, visibleTable } from "./cell.ts";
import type { ReportDocument, ReportFact, ReportTable } from "./document.ts";
import { oneLine, plainCharacters } from "./plain-characters.ts";

/** Sentences are wrapped here; a table is as wide as its cells, because a broken row is harder to read than a long one. */
const lineWidth = 100;

/**
 * The document for a terminal or a log: aligned columns, no colour (the words carry the verdict), blank lines between
 * sections, one newline at the end.
 */
export function renderText(document: ReportDocument): string {
  const sections: string[] = [headingText(document)];
  if (document.statements.length > 0) {
    sections.push(document.statements.map((statement) => wrap(plainCharacters(statement))).join("\n"));
  }
  if (document.facts.length > 0) sections.push(factsText(document.facts));
  for (const table of document.tables) sections.push(tableText(table));
  if (document.checks.length > 0) {
    sections.push(document.checks.map((c) => wrap(`${c.outcome}: ${c.name}: ${c.message}`, "  ")).join("\n"));
  }
  if (document.cautions.length > 0) {
    sections.push(document.cautions.map((c) => wrap(`caution (${c.code}): ${c.message}`, "  ")).join("\n"));
  }
  return `${sections.join("\n\n")}\n`;
}

function headingText(document: ReportDocument): string {
  const title = oneLine(document.title);
  return document.verdict === null ? title : `${title}: ${oneLine(document.verdict)}`;
}

function factsText(facts: readonly ReportFact[]): string {
  const width = Math.max(...facts.map((fact) => columnsOf(oneLine(fact.label))));
  return facts.map((fact) => `${pad(oneLine(fact.label), width, "left")}  ${oneLine(fact.value)}`.trimEnd()).join("\n");
}

function tableText(whole: ReportTable): string {
  assertRectangular(whole);
  const table = visibleTable(whole);
  const header = table.columns.map((column) => oneLine(column.label));
  const body = table.rows.map((row) => row.map((cell, j) => oneLine(cellText(cell, table.columns[j]!))));
  const widths = header.map((label, j) =>
    body.reduce((width, row) => Math.max(width, columnsOf(row[j]!)), columnsOf(label)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, j) => pad(cell, widths[j]!, table.columns[j]!.align))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const title = oneLine(table.title);
  return [...(title === "" ? [] : [title]), line(header), rule, ...body.map(line)].join("\n");
}

/** Breaks at spaces only: a word longer than the line stays whole, so that paths and digits can be copied. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let current = "";
  for (const word of oneLine(text).split(" ")) {
    if (current === "") current = word;
    else if (columnsOf(current) + 1 + columnsOf(word) <= lineWidth) current += ` ${word}`;
    else {
      lines.push(current);
      current = indent + word;
    }
  }
  return [...lines, current].join("\n");
}

/** Code points without combining marks: λ̂ is two code points and one column. */
function columnsOf(text: string): number {
  return [...text.replace(/\p{M}/gu, "")].length;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - columnsOf(text)));
  return align === "left" ? text + space : space + text;
}
