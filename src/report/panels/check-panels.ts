import type { ThresholdFile } from "../../control/threshold-file.ts";
import type { Efficiency } from "../../exits/efficiency.ts";
import type { Figure, Panel } from "../figure/figure.ts";
import { formatNumber } from "../format.ts";
import { shareFigure } from "./share-figure.ts";

export interface CheckedRisk {
  readonly epsilon: number;
  readonly observed: number;
  /** What the threshold file says of its own rows; null where only the answer of the check is at hand. */
  readonly file: ThresholdFile | null;
  readonly efficiency: Efficiency | null;
}

/** The observed risk beside ε and the calibration's, and where samples leave now and then. */
export function checkPanels(checked: CheckedRisk): Panel[] {
  const { file, efficiency } = checked;
  const fresh = efficiency?.exitShare ?? null;
  const then = file?.efficiency?.exitShare ?? null;
  const sets = [
    ...(then ? [{ label: "calibration", look: 4, shares: then }] : []),
    ...(fresh ? [{ label: "fresh samples", look: 0, shares: fresh }] : []),
  ];
  const shares = fresh === null ? [] : [shareFigure(sets, file?.exitNames ?? null, "Where samples leave")];
  return [{ title: "Now and at calibration", note: "", figures: [riskFigure(checked), ...shares], levels: null }];
}

function riskFigure({ epsilon, observed, file }: CheckedRisk): Figure {
  const calibrated = file === null || file.policy === "never-exit" ? null : file.calibration.empiricalRisk;
  const values: [string, number][] = [
    ...(calibrated === null ? [] : ([["calibration rows", calibrated]] as [string, number][])),
    ["fresh samples", observed],
  ];
  return {
    title: "Risk",
    summary: `${values.map(([name, value]) => `${name} ${formatNumber(value)}`).join(", ")}; the level is ${epsilon}.`,
    x: { label: "", kind: "names", names: values.map(([name]) => name), show: "number", includes: [] },
    y: {
      label: "mean loss; a bar says nothing about its chance error",
      kind: "linear",
      show: "number",
      includes: [0, epsilon * 1.1],
    },
    series: [
      {
        label: "mean loss",
        look: 0,
        mark: "bar",
        points: values.map(([name, y], x) => ({ x, y, text: `${name}: ${formatNumber(y)}` })),
      },
    ],
    guides: [{ kind: "y", at: epsilon, label: `ε = ${formatNumber(epsilon)}` }],
    followsLevel: false,
  };
}
