import { escapeMarkup } from "./figure-text.ts";
import { colours, inks, type Look, lookOf } from "./looks.ts";
import type { LegendEntry, PlacedFigure, PlacedGuide, PlacedPoint, PlacedSeries } from "./place-figure.ts";

/**
 * A placed figure as SVG elements, without the `<svg>` around them. Colours are attributes, so that the picture stands
 * alone in any viewer, and classes, so that a style sheet may replace them in the dark.
 */
export function drawFigure(placed: PlacedFigure): string {
  const { plot, title, yLabel, xLabel, width, height } = placed;
  return [
    text(title, 6, 18, "ink", 'font-size="14" font-weight="600"'),
    text(yLabel, 6, 36, "muted", 'font-size="12"'),
    ...placed.legend.map(drawLegend),
    ...placed.yTicks.map(({ at, text: label }) => drawYTick(at, label, plot)),
    ...placed.xTicks.map(({ at, text: label }) => drawXTick(at, label, plot)),
    `<path class="axis" d="M${px(plot.left)} ${px(plot.bottom)}H${px(plot.right)}" stroke="${inks.guide.light}" fill="none"/>`,
    ...placed.guides.map(drawGuide),
    ...placed.series.map(drawBand),
    ...placed.series.map(drawSeries),
    ...placed.guides.map(drawGuideText),
    text(
      xLabel,
      (plot.left + plot.right) / 2,
      Math.min(height - 6, plot.bottom + 37),
      "muted",
      'font-size="12" text-anchor="middle"',
    ),
    placed.series.every(({ points }) => points.length === 0)
      ? text("nothing to draw", width / 2, (plot.top + plot.bottom) / 2, "muted", 'font-size="12" text-anchor="middle"')
      : "",
  ].join("");
}

/** Two decimals are a hundredth of a pixel; they keep the bytes stable and short. */
export function px(value: number): string {
  return String(Number(value.toFixed(2)));
}

function text(content: string, x: number, y: number, ink: "ink" | "muted", rest = ""): string {
  const fill = ink === "ink" ? inks.text.light : inks.muted.light;
  return `<text class="${ink}" x="${px(x)}" y="${px(y)}" fill="${fill}" ${rest}>${escapeMarkup(content)}</text>`;
}

function drawYTick(y: number, label: string, { left, right }: PlacedFigure["plot"]): string {
  const line = `<path class="grid" d="M${px(left)} ${px(y)}H${px(right)}" stroke="${inks.grid.light}" fill="none"/>`;
  return line + text(label, left - 6, y + 4, "muted", 'font-size="12" text-anchor="end"');
}

function drawXTick(x: number, label: string, { bottom }: PlacedFigure["plot"]): string {
  const line = `<path class="axis" d="M${px(x)} ${px(bottom)}v4" stroke="${inks.guide.light}" fill="none"/>`;
  return line + text(label, x, bottom + 18, "muted", 'font-size="12" text-anchor="middle"');
}

function drawGuide({ from, to }: PlacedGuide): string {
  const path = `M${px(from[0])} ${px(from[1])}L${px(to[0])} ${px(to[1])}`;
  return `<path class="guide" d="${path}" stroke="${inks.guide.light}" stroke-dasharray="4 4" fill="none"/>`;
}

/** With a halo of paper, so that a line behind it does not cross it out. */
function drawGuideText({ text: label, textAt, anchor }: PlacedGuide): string {
  const halo = `paint-order="stroke" stroke="${inks.paper.light}" stroke-width="3" stroke-linejoin="round"`;
  const [x, y] = textAt;
  return text(label, x, y, "muted", `font-size="12" text-anchor="${anchor}" ${halo}`).replace(
    '"muted"',
    '"muted halo"',
  );
}

function drawBand({ band, look }: PlacedSeries): string {
  if (band === null) return "";
  return coloured(lookOf(look), `<path d="${band}" fill="currentColor" fill-opacity="0.13"/>`);
}

function drawSeries({ line, look, points }: PlacedSeries): string {
  const style = lookOf(look);
  const dash = style.dash === null ? "" : ` stroke-dasharray="${style.dash}"`;
  const path =
    line === null
      ? ""
      : `<path d="${line}" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"${dash}/>`;
  return coloured(style, path + points.map((point) => drawPoint(point, style)).join(""));
}

function drawPoint(point: PlacedPoint, look: Look): string {
  if (point.bar !== null) {
    const { x, y, width, height } = point.bar;
    return `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="2" fill="currentColor"/>`;
  }
  return point.marked ? drawMarker(point.x, point.y, point.hollow, look) : "";
}

function drawMarker(x: number, y: number, hollow: boolean, { marker }: Look): string {
  const paint = hollow
    ? `class="hollow" fill="${inks.paper.light}" stroke="currentColor" stroke-width="1.5"`
    : 'fill="currentColor"';
  switch (marker) {
    case "circle":
      return `<circle cx="${px(x)}" cy="${px(y)}" r="3.6" ${paint}/>`;
    case "square":
      return `<path d="M${px(x - 3.2)} ${px(y - 3.2)}h6.4v6.4h-6.4z" ${paint}/>`;
    case "triangle":
      return `<path d="M${px(x)} ${px(y - 4.2)}l4.2 7.2h-8.4z" ${paint}/>`;
    case "diamond":
      return `<path d="M${px(x)} ${px(y - 4.6)}l4.6 4.6l-4.6 4.6l-4.6 -4.6z" ${paint}/>`;
  }
}

function drawLegend({ x, y, text: label, look, mark }: LegendEntry): string {
  const style = lookOf(look);
  const dash = style.dash === null ? "" : ` stroke-dasharray="${style.dash}"`;
  const sample =
    mark === "bar"
      ? `<rect x="${px(x + 4)}" y="${px(y - 5)}" width="12" height="10" rx="2" fill="currentColor"/>`
      : `<path d="M${px(x)} ${px(y)}h20" stroke="currentColor" stroke-width="2" fill="none"${dash}/>${drawMarker(x + 10, y, false, style)}`;
  return coloured(style, sample) + text(label, x + 25, y + 4, "ink", 'font-size="12"');
}

function coloured({ colour }: Look, content: string): string {
  return `<g class="c${colour}" color="${colours[colour]!.light}">${content}</g>`;
}
