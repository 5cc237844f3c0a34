import { formatNumber, formatPercent } from "../format.ts";
import { oneLine } from "../plain-characters.ts";
import type { Axis } from "./figure.ts";

/**
 * Width of a text in pixels, roughly and rather too wide: SVG has no layout, so legends and ticks are placed by widths of
 * three kinds of characters in DejaVu Sans, which most fonts stay below.
 */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const character of text.replace(/\p{M}/gu, "")) width += widthOf(character);
  return width * fontSize;
}

/** As a share of the font size. */
function widthOf(character: string): number {
  if (/[ iljtfrI.,:;'|()[\]!/-]/.test(character)) return 0.39;
  return /[mwMWOQ@%…\u{2e80}-\u{10ffff}]/u.test(character) ? 0.97 : 0.62;
}

/** The text, or its beginning with an ellipsis where it would be wider than `width` pixels. */
export function fitted(text: string, width: number, fontSize: number): string {
  const plain = oneLine(text);
  if (textWidth(plain, fontSize) <= width) return plain;
  let kept = "";
  for (const character of plain) {
    if (textWidth(`${kept}${character}…`, fontSize) > width && kept !== "") break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
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
