import { formatNumber, formatPercent } from "../format.ts";
import { oneLine } from "../plain-characters.ts";
import type { Axis } from "./figure.ts";

/** Of a character, as a share of the font size. */
const meanWidth = 0.56;

/**
 * Width of a text in pixels, roughly: SVG has no layout, so legends and ticks are placed by the mean width of a character
 * in the wide DejaVu Sans, which other fonts stay below.
 */
export function textWidth(text: string, fontSize: number): number {
  return [...text.replace(/\p{M}/gu, "")].length * fontSize * meanWidth;
}

/** The text, or its beginning with an ellipsis where it would be wider than `width` pixels. */
export function fitted(text: string, width: number, fontSize: number): string {
  const plain = oneLine(text);
  if (textWidth(plain, fontSize) <= width) return plain;
  const kept = Math.max(1, Math.floor(width / (fontSize * meanWidth)) - 1);
  return `${[...plain].slice(0, kept).join("").trimEnd()}…`;
}

/** A tick's text. Percentages of one axis have the same number of decimals, as few as tell the ticks apart. */
export function axisText(value: number, axis: Axis, ticks: readonly number[]): string {
  if (axis.kind === "names") return axis.names?.[value] ?? "";
  const clean = Number(value.toPrecision(12));
  if (axis.show === "number") return formatNumber(clean).replace("-", "−");
  const decimals = [0, 1, 2].find((d) => ticks.every((tick) => isWhole(tick * 100 * 10 ** d))) ?? 3;
  return `${(clean * 100).toFixed(decimals).replace("-", "−")} %`;
}

/** A value of an axis as tables and hover texts say it. */
export function valueText(value: number, axis: Axis): string {
  if (axis.kind === "names") return axis.names?.[value] ?? "";
  return axis.show === "percent" ? formatPercent(value) : formatNumber(value);
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6;
}

/** Text that XML and HTML show as it is, in elements and in quoted attributes alike. */
export function escapeMarkup(text: string): string {
  return oneLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
