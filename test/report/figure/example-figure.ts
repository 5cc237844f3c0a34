import type { Figure, Series } from "../../../src/report/figure/figure.ts";

/** ε = 0.1, 0.2, 0.3 with a risk of half of it, and a spread. */
export const exampleSeries: Series = {
  label: "ucb:star",
  look: 0,
  mark: "line",
  points: [0.1, 0.2, 0.3].map((x) => ({ x, y: x / 2, low: x / 2 - 0.05, high: x / 2 + 0.05, text: `ε ${x}` })),
};

export const exampleFigure: Figure = {
  title: "Risk",
  summary: "risk against ε",
  x: { label: "ε", kind: "linear", show: "number", includes: [] },
  y: { label: "risk", kind: "linear", show: "number", includes: [0] },
  series: [exampleSeries],
  guides: [{ kind: "diagonal", at: 0, label: "risk = ε" }],
  followsLevel: true,
};
