import { escapeMarkup } from "../figure/figure-text.ts";

/** Data for the page's script. `<` is written as an escape, so that no text can end the element. */
export function dataScript(value: object): string {
  const json = JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `<script type="application/json">${json}</script>`;
}

/** A table of words; all columns but the first may stand right. */
export function rowsTable(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: boolean | readonly boolean[],
  name = caption,
): string {
  const side = (j: number) => {
    const right = typeof rightAligned === "boolean" ? rightAligned && j > 0 : rightAligned[j];
    return right ? ' class="right"' : "";
  };
  const head = columns.map((column, j) => `<th scope="col"${side(j)}>${escapeMarkup(column)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell, j) => cellHtml(cell, j, side(j))).join("")}</tr>`).join("\n");
  const title = caption === "" ? "" : `<caption>${escapeMarkup(caption)}</caption>`;
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeMarkup(name || "table")}"><table>${title}<thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function cellHtml(cell: string, j: number, side: string): string {
  return j === 0 ? `<th scope="row"${side}>${escapeMarkup(cell)}</th>` : `<td${side}>${escapeMarkup(cell)}</td>`;
}

export function factList(facts: readonly { readonly label: string; readonly value: string }[]): string {
  if (facts.length === 0) return "";
  const items = facts.map(({ label, value }) => `<dt>${escapeMarkup(label)}</dt><dd>${escapeMarkup(value)}</dd>`);
  return `<dl>${items.join("")}</dl>`;
}
