/**
 * Eight colours that stay apart for every common kind of colour blindness (after Okabe and Ito, darkened or lightened
 * until each has a contrast of at least 3 : 1 with its background, as WCAG 2.2 asks of graphics). Colour never carries
 * the difference alone: dash and marker repeat it.
 */
export const colours: readonly { readonly light: string; readonly dark: string }[] = [
  { light: "#0072b2", dark: "#5cb8f2" },
  { light: "#c44e00", dark: "#ff9655" },
  { light: "#00805d", dark: "#3fcfa5" },
  { light: "#a33f80", dark: "#e695c6" },
  { light: "#595959", dark: "#bdbdbd" },
  { light: "#3a86b8", dark: "#9ad0f5" },
  { light: "#8f6400", dark: "#e8be4a" },
  { light: "#8c2b4a", dark: "#f08ca6" },
];

export const inks = {
  text: { light: "#1b1f24", dark: "#e8eaed" },
  muted: { light: "#57606a", dark: "#a6aeb8" },
  grid: { light: "#e3e6ea", dark: "#363c45" },
  guide: { light: "#6b7280", dark: "#9aa3ae" },
  paper: { light: "#ffffff", dark: "#16191d" },
} as const;

export type MarkerShape = "circle" | "square" | "triangle" | "diamond";

export interface Look {
  /** Index into {@link colours}. */
  readonly colour: number;
  /** `stroke-dasharray`, or null for a solid line. */
  readonly dash: string | null;
  readonly marker: MarkerShape;
}

const dashes = [null, "6 3", "2 3", "8 3 2 3"] as const;
const shapes: readonly MarkerShape[] = ["circle", "square", "triangle", "diamond"];

/** The look of an index: colours first, then the same colours with other dashes and markers; any index has one. */
export function lookOf(index: number): Look {
  const round = Math.floor(index / colours.length);
  return {
    colour: index % colours.length,
    // Grey stands for "no guarantee" and is never drawn solid.
    dash: dashes[(round + (index % colours.length === 4 ? 2 : 0)) % dashes.length] as string | null,
    marker: shapes[(index + round) % shapes.length] as MarkerShape,
  };
}

/** Which look each method prefers, so that ucb is blue in every report; others take what is left, in order. */
const preferred: Readonly<Record<string, number>> = { ucb: 0, crc: 1, ltt: 2, naive: 4 };

/**
 * A look for every label (`ucb:star`, `crc:last-pass`, …). Labels of one figure never share one; labels that never meet do,
 * so that ucb stays blue where one risk takes its bound cp and another star.
 *
 * @param figures the labels of each figure, in order of appearance
 */
export function looksOfMethods(figures: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const looks = new Map<string, number>();
  const labels = [...new Set(figures.flat())];
  const isFree = (label: string, look: number) =>
    figures.every((met) => !met.includes(label) || met.every((other) => looks.get(other) !== look));
  for (const label of labels) {
    const wish = preferred[label.split(":")[0]!];
    if (wish !== undefined && isFree(label, wish)) looks.set(label, wish);
  }
  for (const label of labels) {
    if (looks.has(label)) continue;
    let look = 0;
    while (!isFree(label, look)) look++;
    looks.set(label, look);
  }
  return looks;
}
