import { drawFigure } from "../figure/draw-figure.ts";
import type { Figure, Point } from "../figure/figure.ts";
import { escapeMarkup, valueText } from "../figure/figure-text.ts";
import { type PlacedFigure, placeFigure } from "../figure/place-figure.ts";
import { dataScript, rowsTable } from "./markup.ts";

/** A figure on the page: the SVG, what the pointer and the arrow keys say, and the table of its values. */
export function figureHtml(figure: Figure): string {
  const placed = placeFigure(figure);
  const axis = figure.followsLevel && figure.x.label.startsWith("ε") ? ' data-axis="level"' : "";
  const name = `${figure.title}: ${figure.summary}`;
  return (
    `<figure><div class="plot" tabindex="0" role="group" aria-label="${escapeMarkup(`${name} Arrow keys read the values.`)}"${axis}>` +
    `<svg viewBox="0 0 ${placed.width} ${Math.ceil(placed.height)}" aria-hidden="true">${drawFigure(placed)}</svg>` +
    `<div class="tip" role="status" hidden></div>${dataScript(hoverData(figure, placed))}</div>` +
    `<details><summary>Data</summary>${dataTable(figure)}</details></figure>`
  );
}

function hoverData(figure: Figure, placed: PlacedFigure): object {
  const round = (value: number) => Number(value.toFixed(1));
  return {
    width: placed.width,
    top: placed.plot.top,
    bottom: placed.plot.bottom,
    followsLevel: figure.followsLevel,
    series: placed.series.map(({ label, points }) => ({
      label,
      points: points.map(({ x, y, source }) => [round(x), round(y), unbroken(source.text), levelOf(figure, source)]),
    })),
  };
}

/** No line ends between a number and its sign. */
function unbroken(text: string): string {
  return text.replaceAll(" %", "\u00a0%").replaceAll(" ± ", "\u00a0±\u00a0");
}

function levelOf({ followsLevel }: Figure, { level, x }: Point): number | null {
  return followsLevel ? (level ?? x) : null;
}

/** One row per x with a column per series where all series share their x, else one row per point. */
function dataTable(figure: Figure): string {
  const { series, x, y } = figure;
  const xs = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b);
  const shared = series.every(({ points }) => points.length <= xs.length) && xs.length <= longest(figure);
  const value = (point: Point | undefined) => (point === undefined ? "–" : withSpread(point, figure));
  if (shared) {
    const rows = xs.map((at) => [
      valueText(at, x),
      ...series.map(({ points }) => value(points.find((point) => point.x === at))),
    ]);
    return rowsTable(y.label, [x.label || " ", ...series.map(({ label }) => label)], rows, true);
  }
  const rows = series.flatMap(({ label, points }) =>
    points.map((point) => [
      label,
      ...(point.level === undefined ? [] : [String(point.level)]),
      valueText(point.x, x),
      value(point),
    ]),
  );
  const level = series.some(({ points }) => points.some((point) => point.level !== undefined)) ? ["ε"] : [];
  return rowsTable("", ["series", ...level, x.label, y.label], rows, true);
}

function longest({ series }: Figure): number {
  return Math.max(0, ...series.map(({ points }) => points.length));
}

function withSpread({ y, low, high }: Point, figure: Figure): string {
  const text = valueText(y, figure.y);
  if (low === undefined || high === undefined) return text;
  return `${text} (${valueText(low, figure.y)} to ${valueText(high, figure.y)})`;
}
