import { methodLabel } from "../../control/methods.ts";
import type { Axis, Figure, Guide, Point, Series } from "../figure/figure.ts";
import {
  type CurveFacts,
  type CurveRow,
  type Measured,
  measured,
  methodNames,
  nothingCertified,
  riskOf,
  riskWord,
  rowText,
} from "./curve-row.ts";

/** The paper's two figures, what risk buys, and how often ε is exceeded, for the rows of one risk and confidence. */
export function curveFigures(
  rows: readonly CurveRow[],
  facts: CurveFacts,
  looks: ReadonlyMap<string, number>,
): Figure[] {
  const hasSaving = rows.some(({ saving }) => saving !== null);
  return [
    riskFigure(rows, facts, looks),
    ...(hasSaving ? [savingFigure(rows, facts, looks), tradeFigure(rows, facts, looks)] : []),
    ...(facts.trials !== null && facts.trials > 1 ? [violationFigure(rows, facts, looks)] : []),
  ];
}

const epsilonAxis: Axis = { label: "ε, the risk level asked for", kind: "linear", show: "number", includes: [0] };

function riskFigure(rows: readonly CurveRow[], facts: CurveFacts, looks: ReadonlyMap<string, number>): Figure {
  return {
    title: "Risk",
    summary: `${riskWord(facts)} against ε for ${methodNames(rows)}; points below the diagonal keep the level.`,
    x: epsilonAxis,
    y: riskAxis(rows, facts),
    series: seriesOf(rows, looks, (row) => curvePoint(row, row.epsilon, riskOf(row, facts), facts)),
    guides: [{ kind: "diagonal", at: 0, label: "risk = ε" }],
    followsLevel: true,
  };
}

function savingFigure(rows: readonly CurveRow[], facts: CurveFacts, looks: ReadonlyMap<string, number>): Figure {
  return {
    title: "Efficiency",
    summary: `Share of ${facts.costUnit} saved against ε for ${methodNames(rows)}; higher is cheaper.`,
    x: epsilonAxis,
    y: { label: `saving, share of ${facts.costUnit}`, kind: "linear", show: "percent", includes: [0] },
    series: seriesOf(rows, looks, (row) => curvePoint(row, row.epsilon, measured(row.saving), facts)),
    guides: [],
    followsLevel: true,
  };
}

function tradeFigure(rows: readonly CurveRow[], facts: CurveFacts, looks: ReadonlyMap<string, number>): Figure {
  return {
    title: "What risk buys",
    summary: `${riskWord(facts)} against the saving of ${facts.costUnit}, one point per ε, for ${methodNames(rows)}.`,
    x: { label: `saving, share of ${facts.costUnit}`, kind: "linear", show: "percent", includes: [0] },
    y: riskAxis(rows, facts),
    series: seriesOf(rows, looks, (row) => {
      const risk = riskOf(row, facts);
      const saving = measured(row.saving);
      if (risk === null || saving === null) return null;
      return {
        x: saving.mean,
        y: risk.mean,
        hollow: nothingCertified(row),
        text: rowText(row, facts),
        level: row.epsilon,
      };
    }),
    guides: [],
    followsLevel: true,
  };
}

/** Where every risk is 0 the levels still give the axis its measure. */
function riskAxis(rows: readonly CurveRow[], facts: CurveFacts): Axis {
  const flat = rows.every((row) => (riskOf(row, facts)?.mean ?? 0) === 0);
  const includes = flat ? [0, Math.max(0, ...rows.map(({ epsilon }) => epsilon)) / 2] : [0];
  return { label: riskWord(facts), kind: "linear", show: "number", includes };
}

/** What δ promises, seen: the share of trials above ε. On test rows it carries their noise; in an audit it does not. */
function violationFigure(rows: readonly CurveRow[], facts: CurveFacts, looks: ReadonlyMap<string, number>): Figure {
  const deltas = [...new Set(rows.flatMap(({ delta }) => (delta === null ? [] : [delta])))];
  const guides = deltas.map((delta): Guide => ({ kind: "y", at: delta, label: `δ = ${delta}` }));
  return {
    title: "How often ε is exceeded",
    summary: `Share of trials whose ${riskWord(facts)} is above ε, for ${methodNames(rows)}.`,
    x: epsilonAxis,
    y: { label: `share of trials, ${riskWord(facts)} > ε`, kind: "linear", show: "percent", includes: [0, ...deltas] },
    series: seriesOf(rows, looks, (row) => {
      const { violationShare: share, violationInterval: interval } = row;
      if (share === null) return null;
      return { x: row.epsilon, y: share, low: interval?.[0], high: interval?.[1], text: rowText(row, facts) };
    }),
    guides,
    followsLevel: true,
  };
}

function seriesOf(
  rows: readonly CurveRow[],
  looks: ReadonlyMap<string, number>,
  point: (row: CurveRow) => Point | null,
): Series[] {
  return [...looks].flatMap(([label, look]): Series[] => {
    const own = rows.filter(({ method }) => methodLabel(method) === label).sort((a, b) => a.epsilon - b.epsilon);
    if (own.length === 0) return [];
    return [{ label, look, mark: "line", points: own.map(point).filter((found) => found !== null) }];
  });
}

function curvePoint(row: CurveRow, x: number, value: Measured | null, facts: CurveFacts): Point | null {
  if (value === null) return null;
  const { mean, std } = value;
  const spread = std === null ? {} : { low: mean - std, high: mean + std };
  return { x, y: mean, ...spread, hollow: nothingCertified(row), text: rowText(row, facts) };
}
