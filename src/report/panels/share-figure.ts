import type { Figure, Series } from "../figure/figure.ts";
import { formatPercent } from "../format.ts";

/** Which samples a share is of, and the shares per exit, summing to 1. */
export interface Shares {
  readonly label: string;
  readonly look: number;
  readonly shares: readonly number[];
}

/** Where samples leave, as bars; several sets side by side. */
export function shareFigure(sets: readonly Shares[], exitNames: readonly string[] | null, title: string): Figure {
  const names = (sets[0]?.shares ?? []).map((_, l) => exitNames?.[l] ?? String(l + 1));
  return {
    title,
    summary: `Share of samples per exit: ${sets.map(({ label, shares }) => `${label} ${shares.map((share) => formatPercent(share)).join(", ")}`).join("; ")}.`,
    x: { label: "exit", kind: "names", names, show: "number", includes: [] },
    y: { label: "share of samples", kind: "linear", show: "percent", includes: [0] },
    series: sets.map(
      ({ label, look, shares }): Series => ({
        label,
        look,
        mark: "bar",
        points: shares.map((y, l) => ({ x: l, y, text: `exit ${names[l]}: ${formatPercent(y)} of samples` })),
      }),
    ),
    guides: [],
    followsLevel: false,
  };
}
