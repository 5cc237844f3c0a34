import type { ReportDocument } from "../document.ts";
import { drawFigure, px } from "./draw-figure.ts";
import type { Figure, Panel } from "./figure.ts";
import { escapeMarkup, fitted } from "./figure-text.ts";
import { colours, inks } from "./looks.ts";
import { figureWidth, type PlacedFigure, placeFigure } from "./place-figure.ts";

const gap = 24;
/** DejaVu Sans is what a PNG is set in; a viewer of the SVG takes its own. */
const fonts = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

interface Row {
  readonly heading: string;
  readonly placed: readonly PlacedFigure[];
}

/**
 * All figures of a report as one SVG that stands alone: a row per panel, three figures wide at most. Light by its
 * attributes, dark where the viewer prefers that.
 */
export function figureSheet(documents: readonly ReportDocument[]): string {
  const panels = documents.flatMap((document) => document.panels?.() ?? []).filter(({ pageOnly }) => !pageOnly);
  const rows = panels.flatMap(rowsOf);
  const widest = Math.max(1, ...rows.map(({ placed }) => placed.length));
  const width = Math.max(2 * gap + widest * figureWidth + (widest - 1) * gap, 2 * gap + figureWidth);
  const parts: string[] = [];
  let y = 40;
  for (const { heading, placed } of rows) {
    if (heading !== "") {
      parts.push(label(fitted(heading, width - 2 * gap, 14), gap, y + 18, 14));
      y += 34;
    }
    placed.forEach((figure, k) => {
      parts.push(`<g transform="translate(${gap + k * (figureWidth + gap)} ${px(y)})">${drawFigure(figure)}</g>`);
    });
    y += Math.max(...placed.map(({ height }) => height)) + 10;
  }
  if (rows.length === 0) {
    parts.push(label("nothing to draw", gap, y + 24, 13));
    y += 48;
  }
  const height = Math.ceil(y + 8);
  const title = documents.map((document) => document.title).join("; ");
  const described = panels.flatMap(({ figures }) => figures.map(({ summary }) => summary)).join(" ");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="${fonts}" role="img" aria-labelledby="title description">\n` +
    `<title id="title">${escapeMarkup(title)}</title>\n<desc id="description">${escapeMarkup(described)}</desc>\n` +
    `<style>${darkStyle()}</style>\n` +
    `<rect class="paper" width="${width}" height="${height}" fill="${inks.paper.light}"/>\n` +
    `${label(fitted(title, width - 2 * gap, 16), gap, 30, 16)}\n${parts.join("\n")}\n</svg>\n`
  );
}

function rowsOf({ title, figures }: Panel): Row[] {
  const rows: Row[] = [];
  // Four stand better as two pairs than as three and one.
  const columns = figures.length % 3 === 1 || figures.length === 2 ? 2 : 3;
  for (let start = 0; start < figures.length; start += columns) {
    const placed = figures.slice(start, start + columns).map((figure: Figure) => placeFigure(figure));
    rows.push({ heading: start === 0 ? title : "", placed });
  }
  return rows;
}

function label(content: string, x: number, y: number, size: number): string {
  const rest = `font-size="${size}" font-weight="600"`;
  return `<text class="ink" x="${x}" y="${px(y)}" fill="${inks.text.light}" ${rest}>${escapeMarkup(content)}</text>`;
}

function darkStyle(): string {
  const rules = [
    `.paper{fill:${inks.paper.dark}}.hollow{fill:${inks.paper.dark}}.halo{stroke:${inks.paper.dark}}`,
    `.ink{fill:${inks.text.dark}}.muted{fill:${inks.muted.dark}}`,
    `.grid{stroke:${inks.grid.dark}}.axis,.guide{stroke:${inks.guide.dark}}`,
    ...colours.map(({ dark }, index) => `.c${index}{color:${dark}}`),
  ];
  return `@media (prefers-color-scheme:dark){${rules.join("")}}`;
}
