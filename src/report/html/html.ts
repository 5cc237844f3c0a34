import { cellText, visibleTable } from "../cell.ts";
import type { ReportDocument, ReportTable } from "../document.ts";
import { escapeMarkup } from "../figure/figure-text.ts";
import { factList, rowsTable } from "./markup.ts";
import { pageScript, pageScriptHash } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { panelHtml, sliderHtml } from "./panel-html.ts";

/** Longer tables are folded: the figures say the same sooner. */
const foldedFrom = 12;

/**
 * The answers as one HTML page that stands alone: no network, no clock, equal answers give equal bytes. The content
 * security policy lets nothing run but the page's own script.
 */
export function renderHtml(documents: readonly ReportDocument[]): string {
  const title = documents.map((document) => document.title).join("; ");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${pageScriptHash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="eexit">
<link rel="icon" href="data:,">
<title>${escapeMarkup(title)}</title>
<style>${pageStyle()}</style>
</head>
<body>
<div class="page">
<header class="top"><h1>${escapeMarkup(documents.length === 1 ? title : "eexit report")}</h1><button id="theme" type="button" aria-label="Switch between light and dark" hidden>Dark</button></header>
<main>
${documents.map((document, index) => answerHtml(document, index, documents.length > 1)).join("\n")}
</main>
${provenance(documents)}
</div>
<script>${pageScript}</script>
</body>
</html>
`;
}

function answerHtml(document: ReportDocument, index: number, titled: boolean): string {
  const panels = document.panels?.() ?? [];
  return [
    '<section class="answer">',
    titled ? `<h2>${escapeMarkup(document.title)}</h2>` : "",
    document.verdict === null ? "" : verdictHtml(document.verdict),
    ...document.statements.map((statement, k) => statementHtml(statement, k, document.verdict !== null)),
    cautionsHtml(document),
    checksHtml(document),
    sliderHtml(panels, `level-${index + 1}`),
    ...panels.map(panelHtml),
    document.facts.length > 0 ? `<h3>Facts</h3>${factList(document.facts)}` : "",
    ...document.tables.map(tableHtml),
    "</section>",
  ]
    .filter((part) => part !== "")
    .join("\n");
}

const good: ReadonlySet<string> = new Set(["holds", "threshold", "first-exit"]);

/** The word says it; the colour repeats it. */
function verdictHtml(verdict: string): string {
  const tone = good.has(verdict) ? " good" : verdict === "broken" ? " bad" : "";
  return `<p class="verdict${tone}">${escapeMarkup(verdict)}</p>`;
}

/** The first sentence is the answer; where something was decided, the second is what is promised. */
function statementHtml(statement: string, index: number, decided: boolean): string {
  const name = index === 0 ? "lead" : decided && index === 1 ? "promise" : "said";
  return `<p class="${name}">${escapeMarkup(statement)}</p>`;
}

function cautionsHtml({ cautions }: ReportDocument): string {
  if (cautions.length === 0) return "";
  const items = cautions.map(({ code, message }) => `<li><b>${escapeMarkup(code)}</b>: ${escapeMarkup(message)}</li>`);
  return `<ul class="cautions" aria-label="Cautions">${items.join("")}</ul>`;
}

function checksHtml({ checks }: ReportDocument): string {
  if (checks.length < 2) return "";
  const rows = checks.map(({ name, outcome, message }) => [name, outcome, message]);
  return rowsTable("Checks", ["check", "outcome", "what was found"], rows, false);
}

function tableHtml(whole: ReportTable): string {
  const table = visibleTable(whole);
  const columns = table.columns.map(({ label }) => label);
  const rows = table.rows.map((row) => row.map((cell, j) => cellText(cell, table.columns[j]!)));
  const right = table.columns.map(({ align }) => align === "right");
  const title = table.title === "" ? "All rows" : table.title;
  const html = rowsTable("", columns, rows, right, title);
  const open = rows.length < foldedFrom ? " open" : "";
  return `<details class="rows"${open}><summary>${escapeMarkup(title)}</summary>${html}</details>`;
}

function provenance(documents: readonly ReportDocument[]): string {
  const facts = documents.flatMap((document) => document.provenance ?? []);
  const distinct = facts.filter(
    (fact, index) => facts.findIndex(({ label, value }) => label === fact.label && value === fact.value) === index,
  );
  return `<footer><h3>Where this comes from</h3>${factList(distinct)}<p class="note">Written by eexit. The page loads nothing from elsewhere and holds no time stamp: the same data and options give the same bytes.</p></footer>`;
}
