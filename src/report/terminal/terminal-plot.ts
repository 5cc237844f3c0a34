import type { Figure } from "../figure/figure.ts";
import { lookOf } from "../figure/looks.ts";
import { type PlacedFigure, placeFigure } from "../figure/place-figure.ts";
import { DotCanvas } from "./dot-canvas.ts";

export interface TerminalSpace {
  /** Characters in a line. */
  readonly columns: number;
  /** Whether braille and line characters can be shown. */
  readonly unicode: boolean;
  /** Colours a text by the colour of a look, or leaves it. */
  readonly paint: (colour: number, text: string) => string;
}

const rows = 12;
const widest = 72;
/** Two figures stand side by side from here on. */
const pairFrom = 96;
/** Below this nothing can be read off. */
const narrowest = 36;
const letters = "abcdefghijklmnopqrstuvwxyz";

/**
 * Figures for a terminal, with one legend. Lines carry letters, so that they can be told apart without colour; equal values
 * overlap, and the later letter shows. Empty where the terminal is too narrow or there is nothing to draw.
 */
export function terminalPlot(figures: readonly Figure[], space: TerminalSpace): string {
  if (space.columns < narrowest || figures.every(({ series }) => series.length === 0)) return "";
  const paired = figures.length > 1 && space.columns >= pairFrom;
  const width = Math.min(widest, paired ? Math.floor((space.columns - 3) / 2) : space.columns - 1);
  const blocks = figures.map((figure) => figureLines(figure, width, space));
  const body = paired
    ? sideBySide(blocks as [Block, Block])
    : blocks.flatMap((block) => [...block.lines, ""]).slice(0, -1);
  const lines = [...body, "", ...legendLines(figures, space)];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

/** Lines, and how many characters each shows: colour codes take none. */
interface Block {
  readonly lines: readonly string[];
  readonly widths: readonly number[];
}

function figureLines(figure: Figure, width: number, space: TerminalSpace): Block {
  const placed = placeFigure(figure);
  const gutter = Math.max(...placed.yTicks.map(({ text }) => text.length)) + 1;
  const canvas = new DotCanvas(width - gutter - 1, rows, space.unicode);
  draw(canvas, placed);
  const plain = (text: string) => (space.unicode ? text : text.replaceAll("−", "-"));
  const labels = new Map(placed.yTicks.map(({ at, text }) => [rowOf(at, placed, canvas.dotsDown), plain(text)]));
  const [bar, corner, rule] = space.unicode ? ["│", "└", "─"] : ["|", "+", "-"];
  const drawn = canvas.rows((ink, text) => (ink < 0 ? text : space.paint(lookOf(ink).colour, text)));
  const lines = [
    plain(`${placed.title}: ${placed.yLabel}`).slice(0, width),
    ...drawn.map((row, k) => `${(labels.get(k) ?? "").padStart(gutter - 1)} ${bar}${row}`),
    `${" ".repeat(gutter)}${corner}${rule.repeat(canvas.width)}`,
    tickLine(placed, gutter + 1, canvas.width),
    `${" ".repeat(gutter + 1)}${plain(placed.xLabel)}`.slice(0, width),
  ];
  const shown = gutter + 1 + canvas.width;
  return { lines, widths: lines.map((line, k) => (k >= 1 && k <= rows ? shown : [...line].length)) };
}

function draw(canvas: DotCanvas, placed: PlacedFigure): void {
  const { plot } = placed;
  const across = canvas.width * canvas.dotsAcross - 1;
  const down = canvas.height * canvas.dotsDown - 1;
  const x = (at: number) => ((at - plot.left) / (plot.right - plot.left)) * across;
  const y = (at: number) => ((at - plot.top) / (plot.bottom - plot.top)) * down;
  for (const { from, to } of placed.guides) canvas.line(x(from[0]), y(from[1]), x(to[0]), y(to[1]), -1, true);
  for (const { points, look } of placed.series) {
    points.forEach((point, k) => {
      const next = points[Math.min(k + 1, points.length - 1)] as typeof point;
      canvas.line(x(point.x), y(point.y), x(next.x), y(next.y), look);
    });
  }
  placed.series.forEach(({ points, look }, index) => {
    for (const point of points) if (point.marked) canvas.letter(x(point.x), y(point.y), letterOf(index), look);
  });
}

function letterOf(index: number): string {
  return letters[index % letters.length] as string;
}

/** The row of a tick is that of the dot that its value would get. */
function rowOf(at: number, { plot }: PlacedFigure, dotsDown: number): number {
  const dot = Math.round(((at - plot.top) / (plot.bottom - plot.top)) * (rows * dotsDown - 1));
  return Math.floor(dot / dotsDown);
}

/** Tick texts centred below their places; one that would touch its neighbour is left out. */
function tickLine({ xTicks, plot }: PlacedFigure, offset: number, width: number): string {
  let line = " ".repeat(offset);
  for (const { at, text } of xTicks) {
    const centre = offset + ((at - plot.left) / (plot.right - plot.left)) * (width - 1);
    const start = Math.min(Math.round(centre - (text.length - 1) / 2), offset + width - text.length);
    if (start < line.length + (line.trim() === "" ? 0 : 1)) {
      if (line.trim() !== "") continue;
    }
    line = line.slice(0, Math.max(0, start)).padEnd(Math.max(0, start)) + text;
  }
  return line;
}

function sideBySide(blocks: readonly [Block, Block]): string[] {
  const [left, right] = blocks;
  const width = Math.max(...left.widths) + 3;
  return left.lines.map((line, k) => {
    const gap = " ".repeat(width - (left.widths[k] as number));
    return `${line}${gap}${right.lines[k] ?? ""}`;
  });
}

function legendLines(figures: readonly Figure[], { columns, unicode, paint }: TerminalSpace): string[] {
  const entries = (figures[0] as Figure).series.map(({ label, look }, index) => {
    return { width: label.length + 2, text: paint(lookOf(look).colour, `${letterOf(index)} ${label}`) };
  });
  const guide = figures.flatMap(({ guides }) => guides)[0];
  if (guide) entries.push({ width: guide.label.length + 4, text: `${unicode ? "⠤⠤⠤" : "..."} ${guide.label}` });
  const lines: string[] = [];
  let used = columns;
  for (const { width, text } of entries) {
    if (used + width + 3 > columns) {
      lines.push(text);
      used = width;
    } else {
      lines[lines.length - 1] += `   ${text}`;
      used += width + 3;
    }
  }
  return lines;
}
