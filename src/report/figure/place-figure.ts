import { scaleLinear, scaleLog } from "d3-scale";
import { area, line } from "d3-shape";
import type { Axis, Figure, Guide, Point, Series } from "./figure.ts";
import { axisText, fitted, textWidth } from "./figure-text.ts";

/**
 * Where everything of a figure goes, in pixels of its own frame. This file is the one door to d3: scales, ticks and paths
 * are its; it is loaded only when a report with figures is written.
 */
export interface PlacedFigure {
  readonly width: number;
  readonly height: number;
  readonly plot: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  readonly title: string;
  readonly yLabel: string;
  readonly xLabel: string;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly legend: readonly LegendEntry[];
  readonly guides: readonly PlacedGuide[];
  readonly series: readonly PlacedSeries[];
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface LegendEntry {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly look: number;
  readonly mark: Series["mark"];
}

export interface PlacedGuide {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly text: string;
  readonly textAt: readonly [number, number];
  readonly anchor: "start" | "end";
}

export interface PlacedSeries {
  readonly label: string;
  readonly look: number;
  /** SVG path data; null for bars. */
  readonly line: string | null;
  readonly band: string | null;
  readonly points: readonly PlacedPoint[];
}

export interface PlacedPoint {
  readonly x: number;
  readonly y: number;
  /** Whether a marker is drawn. */
  readonly marked: boolean;
  readonly hollow: boolean;
  /** The bar that belongs to it. */
  readonly bar: { readonly x: number; readonly width: number; readonly y: number; readonly height: number } | null;
  readonly source: Point;
}

export const figureWidth = 400;
const plotHeight = 190;
const margin = { left: 50, right: 20, bottom: 46 };
const legendRow = 17;
/** Above this many points only some carry a marker. */
const manyPoints = 10;

interface Scale {
  place(value: number): number;
  readonly ticks: readonly number[];
}

export function placeFigure(figure: Figure): PlacedFigure {
  const legend = figure.series.length > 1 ? placeLegend(figure.series) : [];
  const rows = legend.length === 0 ? 0 : (legend.at(-1) as LegendEntry).y / legendRow + 1;
  const top = 50 + rows * legendRow;
  const plot = { left: margin.left, top, right: figureWidth - margin.right, bottom: top + plotHeight };
  const xs = figure.series.flatMap(({ points }) => points.map(({ x }) => x));
  const ys = figure.series.flatMap(({ points }) => points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]));
  const x = scaleOf(figure.x, xs, plot.left, plot.right, 5);
  const y = scaleOf(figure.y, ys, plot.bottom, plot.top, 5);
  return {
    width: figureWidth,
    height: plot.bottom + margin.bottom,
    plot,
    title: fitted(figure.title, figureWidth - 12, 14),
    yLabel: fitted(figure.y.label, figureWidth - 12, 12),
    xLabel: fitted(figure.x.label, plot.right - plot.left, 12),
    xTicks: spacedOut(ticksOf(x, figure.x)),
    yTicks: ticksOf(y, figure.y),
    legend: legend.map((entry) => ({ ...entry, y: entry.y + 50 })),
    guides: figure.guides.flatMap((guide) => placeGuide(guide, x, y, plot)),
    series: placeSeries(figure, x, y),
  };
}

/** A scale over the values and what the axis includes; a single value gets room around it. The y axis ends at ticks. */
function scaleOf(axis: Axis, values: readonly number[], from: number, to: number, tickCount: number): Scale {
  const all = [...values, ...axis.includes].filter(Number.isFinite);
  let [low, high] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  if (axis.kind === "names") {
    const names = axis.names as readonly string[];
    const scale = scaleLinear([-0.5, names.length - 0.5], [from, to]);
    return { place: scale, ticks: names.map((_, index) => index) };
  }
  if (axis.kind === "log" || axis.kind === "ratio") {
    const scale = scaleLog([low / 1.15, high * 1.15], [from, to]).base(2);
    const powers = scale.ticks(tickCount).filter((tick) => Number.isInteger(Math.log2(tick)));
    return { place: scale, ticks: axis.kind === "log" ? [...new Set(values)].sort((a, b) => a - b) : powers };
  }
  const single = new Set(values).size === 1 && from < to;
  if (single && high > 0) high *= 2;
  if (low === high) [low, high] = low === 0 ? [0, 1] : [Math.min(0, 2 * low), Math.max(0, 2 * high)];
  const exact = scaleLinear([low, high], [from, to]);
  const scale = from < to ? exact : exact.nice(tickCount);
  return { place: scale, ticks: scale.ticks(tickCount) };
}

function ticksOf(scale: Scale, axis: Axis): Tick[] {
  return scale.ticks.map((value) => ({ at: scale.place(value), text: axisText(value, axis, scale.ticks) }));
}

/** Ticks side by side: long names are shortened, and where the texts would touch, only every second, third, … is kept. */
function spacedOut(ticks: readonly Tick[]): Tick[] {
  const room = ticks.length < 2 ? 300 : (ticks[1] as Tick).at - (ticks[0] as Tick).at;
  const short = ticks.map(({ at, text }) => ({ at, text: fitted(text, Math.max(room, 72), 12) }));
  const widest = Math.max(0, ...short.map(({ text }) => textWidth(text, 12)));
  const step = Math.max(1, Math.ceil((widest + 8) / room));
  return short.filter((_, k) => k % step === 0);
}

function placeLegend(series: readonly Series[]): LegendEntry[] {
  let x = 6;
  let y = 0;
  return series.map(({ label, look, mark }) => {
    const text = fitted(label, 180, 12);
    const width = 24 + textWidth(text, 12) + 10;
    if (x > 6 && x + width > figureWidth) {
      x = 6;
      y += legendRow;
    }
    const entry = { x, y, text, look, mark };
    x += width;
    return entry;
  });
}

function placeGuide(guide: Guide, x: Scale, y: Scale, plot: PlacedFigure["plot"]): PlacedGuide[] {
  const text = fitted(guide.label, 150, 12);
  if (guide.kind === "x") {
    const at = x.place(guide.at);
    if (!(at >= plot.left && at <= plot.right)) return [];
    const anchor = at + textWidth(text, 12) + 6 > plot.right ? "end" : "start";
    const textAt = [at + (anchor === "end" ? -4 : 4), plot.top + 10] as const;
    return [{ from: [at, plot.top], to: [at, plot.bottom], text, textAt, anchor }];
  }
  if (guide.kind === "y") {
    const at = y.place(guide.at);
    if (!(at >= plot.top && at <= plot.bottom)) return [];
    const textAt = [plot.right - 2, at - plot.top < 16 ? at + 13 : at - 4] as const;
    return [{ from: [plot.left, at], to: [plot.right, at], text, textAt, anchor: "end" }];
  }
  return placeDiagonal(text, x, y, plot);
}

/** y = x within the plot: both axes are linear, so two ends say it all. */
function placeDiagonal(text: string, x: Scale, y: Scale, plot: PlacedFigure["plot"]): PlacedGuide[] {
  const value = (scale: Scale, at: number) => {
    const [zero, one] = [scale.place(0), scale.place(1)];
    return (at - zero) / (one - zero);
  };
  const low = Math.max(value(x, plot.left), value(y, plot.bottom));
  const high = Math.min(value(x, plot.right), value(y, plot.top));
  if (!(low < high)) return [];
  const to = [x.place(high), y.place(high)] as const;
  // Left of the line, where the text's lowest pixel still clears it.
  const slope = (to[0] - x.place(low)) / (y.place(low) - to[1]);
  const textAt = [to[0] - 15 * slope - 5, to[1] + 12] as const;
  return [{ from: [x.place(low), y.place(low)], to, text, textAt, anchor: "end" }];
}

function placeSeries(figure: Figure, x: Scale, y: Scale): PlacedSeries[] {
  const bars = figure.series.filter(({ mark }) => mark === "bar");
  const slot = figure.x.kind === "names" ? x.place(1) - x.place(0) : 0;
  const base = y.place(0);
  const barWidth = Math.min(46, (slot * 0.76) / Math.max(1, bars.length));
  return figure.series.map((series, index) => {
    const shift = series.mark === "bar" ? (bars.indexOf(series) - (bars.length - 1) / 2) * barWidth : 0;
    const points = series.points.map((source, k): PlacedPoint => {
      const at = { x: x.place(source.x) + shift, y: y.place(source.y) };
      const bar =
        series.mark === "bar"
          ? { x: at.x - barWidth / 2 + 1, width: barWidth - 2, y: Math.min(at.y, base), height: Math.abs(base - at.y) }
          : null;
      return { ...at, marked: bar === null && isMarked(series, k, index), hollow: source.hollow ?? false, bar, source };
    });
    if (series.mark === "bar") return { label: series.label, look: series.look, line: null, band: null, points };
    return { label: series.label, look: series.look, ...paths(points, y), points };
  });
}

function paths(points: readonly PlacedPoint[], y: Scale): { line: string | null; band: string | null } {
  const path = line<PlacedPoint>()
    .x((point) => point.x)
    .y((point) => point.y)(points);
  const spread = points.some(({ source }) => source.low !== undefined);
  const band = area<PlacedPoint>()
    .x((point) => point.x)
    .y0(({ source }) => y.place(source.low ?? source.y))
    .y1(({ source }) => y.place(source.high ?? source.y));
  return { line: path, band: spread ? band(points) : null };
}

/** Where many points lie close, markers of different series alternate, so that lines on top of each other show. */
function isMarked({ points }: Series, k: number, index: number): boolean {
  if (points.length <= manyPoints) return true;
  const step = Math.ceil(points.length / 7);
  return k === points.length - 1 || k % step === (index * 2) % step;
}
