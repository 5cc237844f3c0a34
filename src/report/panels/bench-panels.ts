import type { Figure, Panel, Series } from "../figure/figure.ts";
import { formatNumber } from "../format.ts";
import { shareFigure } from "./share-figure.ts";

/** What one batch size showed; see bench JSON. */
export interface BenchPoint {
  readonly batch: number;
  readonly exitShare: readonly number[];
  readonly promisedSpeedup: number;
  readonly stagedSpeedup: number;
  readonly bakedSpeedup: number | null;
  readonly fullMs: number;
  readonly stagedMs: number;
  readonly bakedMs: number | null;
}

/** Speed relative to the full network against the batch size, beside what the costs promise, and where samples left. */
export function benchPanels(rows: readonly BenchPoint[]): Panel[] {
  const [first] = rows;
  const shares =
    first === undefined
      ? []
      : [shareFigure([{ label: "samples", look: 0, shares: first.exitShare }], null, "Where samples leave")];
  return [
    {
      title: "Measured and promised",
      note: "Only ratios of one run on one quiet machine mean something.",
      figures: [speedFigure(rows), timeFigure(rows), ...shares],
      levels: null,
    },
  ];
}

const batchAxis = { label: "batch size", kind: "log", show: "number", includes: [] } as const;

function speedFigure(rows: readonly BenchPoint[]): Figure {
  const promised = rows[0]?.promisedSpeedup;
  return {
    title: "Speed",
    summary: "Speed of the stages and of the baked model relative to the full network, against the batch size.",
    x: batchAxis,
    y: { label: "times as fast as the full network", kind: "ratio", show: "number", includes: [1, promised ?? 1] },
    series: [
      lineOf("staged", 0, rows, (row) => row.stagedSpeedup, "×"),
      lineOf("baked", 1, rows, (row) => row.bakedSpeedup, "×"),
    ].filter(({ points }) => points.length > 0),
    guides: [
      { kind: "y", at: 1, label: "full network" },
      ...(promised === undefined ? [] : [{ kind: "y" as const, at: promised, label: "promised by the costs" }]),
    ],
    followsLevel: false,
  };
}

function timeFigure(rows: readonly BenchPoint[]): Figure {
  return {
    title: "Time per sample",
    summary: "Milliseconds per sample of the full network, the stages and the baked model, against the batch size.",
    x: batchAxis,
    y: { label: "milliseconds per sample (median)", kind: "linear", show: "number", includes: [0] },
    series: [
      lineOf("staged", 0, rows, (row) => row.stagedMs, "ms"),
      lineOf("baked", 1, rows, (row) => row.bakedMs, "ms"),
      lineOf("full", 4, rows, (row) => row.fullMs, "ms"),
    ].filter(({ points }) => points.length > 0),
    guides: [],
    followsLevel: false,
  };
}

function lineOf(
  label: string,
  look: number,
  rows: readonly BenchPoint[],
  value: (row: BenchPoint) => number | null,
  unit: string,
): Series {
  const points = [...rows]
    .sort((a, b) => a.batch - b.batch)
    .flatMap((row) => {
      const y = value(row);
      return y === null ? [] : [{ x: row.batch, y, text: `batch ${row.batch}: ${formatNumber(y)} ${unit}` }];
    });
  return { label, look, mark: "line", points };
}
