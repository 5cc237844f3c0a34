import { methodLabel } from "../../control/methods.ts";
import type { LevelTable } from "../figure/figure.ts";
import { formatNumber, formatPercent, formatThreshold } from "../format.ts";
import { type CurveFacts, type CurveRow, type Measured, measured, riskOf, riskWord, spreadText } from "./curve-row.ts";

interface LevelColumn {
  readonly label: string;
  readonly cell: (row: CurveRow) => string;
}

/** What the slider shows at each ε, in words. A single threshold has every digit, because it is copied from here. */
export function levelTable(
  rows: readonly CurveRow[],
  facts: CurveFacts,
  looks: ReadonlyMap<string, number>,
): LevelTable | null {
  const epsilons = [...new Set(rows.map(({ epsilon }) => epsilon))].sort((a, b) => a - b);
  if (epsilons.length === 0) return null;
  const columns = columnsOf(rows, facts);
  const byPlace = new Map(rows.map((row) => [`${methodLabel(row.method)} ${row.epsilon}`, row]));
  const labels = [...looks.keys()].filter((label) => rows.some(({ method }) => methodLabel(method) === label));
  return {
    epsilons,
    start: startOf(epsilons, facts.startEpsilon),
    columns: columns.map(({ label }) => label),
    rows: labels.map((label) => ({
      label,
      look: looks.get(label) as number,
      cells: epsilons.map((epsilon) => {
        const row = byPlace.get(`${label} ${epsilon}`);
        return columns.map(({ cell }) => (row === undefined ? missing : cell(row)));
      }),
    })),
  };
}

const missing = "–";

function startOf(epsilons: readonly number[], wanted: number | null): number {
  const asked = wanted === null ? -1 : epsilons.indexOf(wanted);
  if (asked !== -1) return asked;
  // Levels are read as ratios: of 0.01 … 0.3 the middle is 0.05, where most people look.
  const middle = Math.sqrt((epsilons[0] as number) * (epsilons.at(-1) as number));
  const distances = epsilons.map((epsilon) => Math.abs(epsilon - middle));
  return distances.indexOf(Math.min(...distances));
}

function columnsOf(rows: readonly CurveRow[], facts: CurveFacts): LevelColumn[] {
  const number = (value: Measured | null) => (value === null ? missing : spreadText(value, formatNumber));
  const percent = (value: Measured | null) => (value === null ? missing : spreadText(value, formatPercent));
  const repeated = facts.trials !== null;
  const saving = rows.some((row) => row.saving !== null);
  return [
    { label: repeated ? "threshold λ̂, mean" : "threshold λ̂", cell: thresholdText },
    { label: riskWord(facts), cell: (row) => number(riskOf(row, facts)) },
    ...(saving
      ? [
          { label: "mean exit", cell: (row: CurveRow) => number(measured(row.meanExit)) },
          { label: `saving (${facts.costUnit})`, cell: (row: CurveRow) => percent(measured(row.saving)) },
        ]
      : []),
    ...(repeated
      ? [
          {
            label: "above ε",
            cell: ({ violationShare }: CurveRow) => (violationShare === null ? missing : formatPercent(violationShare)),
          },
        ]
      : []),
  ];
}

function thresholdText(row: CurveRow): string {
  const { policy, threshold } = row;
  if (typeof policy === "string") {
    return policy === "threshold" && typeof threshold === "number"
      ? formatThreshold(threshold)
      : policy.replace("-", " ");
  }
  const never = policy["never-exit"];
  if (never === 1) return "never exit";
  const value = measured(threshold);
  const mean = value === null ? "first exit" : formatNumber(value.mean);
  return never === 0 ? mean : `${mean} (never exit in ${formatPercent(never)})`;
}
