import { methodLabel } from "../../control/methods.ts";
import type { Spread, SweepRow } from "../../control/sweep.ts";
import { formatNumber, formatPercent } from "../format.ts";

export type CurveRow = SweepRow<number> | SweepRow<Spread>;

export interface CurveFacts {
  readonly trials: number | null;
  readonly audit: boolean;
  /** What a saving is a share of: "exits", "MACs", …. */
  readonly costUnit: string;
  /** The ε that the slider starts at; null for the middle of the sweep. */
  readonly startEpsilon: number | null;
}

/** A value with its spread; no deviation for a single calibration or trial. */
export interface Measured {
  readonly mean: number;
  readonly std: number | null;
}

export function riskOf(row: CurveRow, { trials, audit }: CurveFacts): Measured | null {
  if (trials === null) return { mean: row.empiricalRisk, std: null };
  return (audit ? row.trueRisk : row.testRisk) as Spread | null;
}

export function measured(value: number | Spread | null): Measured | null {
  return typeof value === "number" ? { mean: value, std: null } : value;
}

/** Whether nothing was certified: in this calibration, or in every trial. */
export function nothingCertified({ policy }: CurveRow): boolean {
  return typeof policy === "string" ? policy === "never-exit" : policy["never-exit"] === 1;
}

export function spreadText({ mean, std }: Measured, format: (value: number) => string): string {
  return std === null ? format(mean) : `${format(mean)} ± ${format(Number(std.toPrecision(2)))}`;
}

export function riskWord({ trials, audit }: CurveFacts): string {
  if (trials === null) return "risk on calibration rows";
  return audit ? "true risk" : "risk on test rows";
}

/** What hovering over a row of a sweep says. */
export function rowText(row: CurveRow, facts: CurveFacts): string {
  const risk = riskOf(row, facts);
  const saving = measured(row.saving);
  const parts = [
    `ε ${formatNumber(row.epsilon)}`,
    ...(nothingCertified(row) ? ["nothing certified"] : []),
    ...(risk === null ? [] : [`risk ${spreadText(risk, formatNumber)}`]),
    ...(saving === null ? [] : [`saving ${spreadText(saving, formatPercent)}`]),
    ...(row.violationShare === null ? [] : [`above ε in ${formatPercent(row.violationShare)}`]),
  ];
  return parts.join(", ");
}

export function methodNames(rows: readonly CurveRow[]): string {
  return [...new Set(rows.map(({ method }) => methodLabel(method)))].join(", ");
}
