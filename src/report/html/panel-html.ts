import type { LevelTable, Panel } from "../figure/figure.ts";
import { escapeMarkup } from "../figure/figure-text.ts";
import { lookOf } from "../figure/looks.ts";
import { figureHtml } from "./figure-html.ts";
import { dataScript } from "./markup.ts";

export function panelHtml({ title, note, figures, levels }: Panel): string {
  return [
    `<h3>${escapeMarkup(title)}</h3>`,
    note === "" ? "" : `<p class="note">${escapeMarkup(note)}</p>`,
    levels === null ? "" : levelsHtml(levels),
    `<div class="figures${figures.length % 3 === 1 || figures.length === 2 ? " pairs" : ""}">${figures.map(figureHtml).join("\n")}</div>`,
  ].join("\n");
}

/** The slider of an answer; the script shows it. Without a script the table of the first level stands alone. */
export function sliderHtml(panels: readonly Panel[], name: string): string {
  const levels = panels.find((panel) => panel.levels !== null)?.levels;
  if (!levels || levels.epsilons.length < 2) return "";
  const { epsilons, start } = levels;
  return (
    `<div class="slider" hidden><label for="${name}">Risk level ε</label>` +
    `<input id="${name}" type="range" min="0" max="${epsilons.length - 1}" step="1" value="${start}">` +
    `<output for="${name}">${epsilons[start]}</output></div>`
  );
}

function levelsHtml({ epsilons, start, columns, rows }: LevelTable): string {
  const head = columns.map((column) => `<th scope="col">${escapeMarkup(column)}</th>`).join("");
  const body = rows.map(({ label, look, cells }) => {
    const values = (cells[start] as readonly string[]).map((cell) => `<td>${escapeMarkup(cell)}</td>`).join("");
    const key = `<span class="key c${lookOf(look).colour}"></span>`;
    return `<tr><th scope="row">${key}${escapeMarkup(label)}</th>${values}</tr>`;
  });
  return (
    `<div class="levels scroll"><table><caption>At <b>ε = ${epsilons[start]}</b></caption>` +
    `<thead><tr><th scope="col">method</th>${head}</tr></thead><tbody>${body.join("")}</tbody></table>` +
    `${dataScript({ epsilons, rows: rows.map(({ cells }) => cells) })}</div>`
  );
}
