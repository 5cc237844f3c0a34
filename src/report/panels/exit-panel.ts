import type { ExitSummary } from "../../exits/network-summary.ts";
import type { Axis, Figure, Panel, Series } from "../figure/figure.ts";
import { formatNumber, formatPercent } from "../format.ts";

/** Accuracy, confidence and Brier score per exit (the paper's Figure 1): whether depth helps, and whether confidence means it. */
export function exitPanel(exits: readonly ExitSummary[], exitNames: readonly string[] | null): Panel {
  const x: Axis = {
    label: "exit",
    kind: "names",
    names: exits.map(({ exit }, l) => exitNames?.[l] ?? String(exit)),
    show: "number",
    includes: [],
  };
  const brier = lineOf("Brier score", 3, exits, ({ brier: score }) => score, formatNumber);
  const losses = Object.keys(exits[0]?.meanLoss ?? {});
  return {
    title: "Exit by exit",
    note: "Lines are means over all rows, with no threshold: what every exit would be by itself.",
    figures: [
      performanceFigure(exits, x),
      ...(brier === null ? [] : [brierFigure(brier, x)]),
      ...(losses.length === 0 ? [] : [lossFigure(exits, losses, x)]),
    ],
    levels: null,
  };
}

function performanceFigure(exits: readonly ExitSummary[], x: Axis): Figure {
  const accuracy = lineOf("accuracy", 0, exits, (exit) => exit.accuracy, formatPercent);
  const meanIou = lineOf("mean IoU", 0, exits, (exit) => exit.meanIou ?? null, formatPercent);
  const agreement = lineOf("agrees with the last exit", 0, exits, (exit) => exit.agreement, formatPercent);
  const measures = Object.keys(exits[0]?.meanConfidence ?? {});
  const confidences = measures.map((name, k) =>
    lineOf(
      `mean ${name}`,
      [1, 2, 4, 5, 6, 7][k % 6] as number,
      exits,
      (exit) => exit.meanConfidence[name] ?? null,
      formatNumber,
    ),
  );
  const first = accuracy ?? meanIou ?? agreement;
  const series = [first, ...confidences].filter((found) => found !== null);
  const quality = accuracy ? "Accuracy" : meanIou ? "Mean IoU" : "Agreement";
  return {
    title: first === null ? "Confidence" : `${quality} and confidence`,
    summary: `${series.map(({ label }) => label).join(", ")} of every exit.`,
    x,
    y: {
      label: series.length === 1 ? series[0]!.label : "mean over the rows",
      kind: "linear",
      show: "percent",
      includes: [1],
    },
    series,
    guides: [],
    followsLevel: false,
  };
}

function brierFigure(series: Series, x: Axis): Figure {
  return {
    title: "Brier score",
    summary: "Mean Brier score against the label at every exit; lower is better.",
    x,
    y: { label: "mean Brier score, lower is better", kind: "linear", show: "number", includes: [0] },
    series: [series],
    guides: [],
    followsLevel: false,
  };
}

/** The risk of first-exit is the point of exit 1: what would be paid if everything left at once. */
function lossFigure(exits: readonly ExitSummary[], risks: readonly string[], x: Axis): Figure {
  return {
    title: "Risk if every sample left there",
    summary: `Mean loss relative to the full network at every exit, for ${risks.join(", ")}.`,
    x,
    y: { label: "mean relative loss", kind: "linear", show: "number", includes: [0] },
    series: risks
      .map((risk, k) => lineOf(risk, k, exits, ({ meanLoss }) => meanLoss[risk] ?? null, formatNumber))
      .filter((series) => series !== null),
    guides: [],
    followsLevel: false,
  };
}

function lineOf(
  label: string,
  look: number,
  exits: readonly ExitSummary[],
  value: (exit: ExitSummary) => number | null,
  format: (value: number) => string,
): Series | null {
  const points = exits.flatMap((exit, l) => {
    const y = value(exit);
    return y === null ? [] : [{ x: l, y, text: `exit ${exit.exit}: ${format(y)}` }];
  });
  return points.length === 0 ? null : { label, look, mark: "line", points };
}
