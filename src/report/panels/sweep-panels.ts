import { methodLabel } from "../../control/methods.ts";
import type { Panel } from "../figure/figure.ts";
import { looksOfMethods } from "../figure/looks.ts";
import { curveFigures } from "./curve-figures.ts";
import type { CurveFacts, CurveRow } from "./curve-row.ts";
import { levelTable } from "./level-table.ts";

/** One panel per risk and confidence: the paper's two figures, what risk buys, and how often ε is exceeded. */
export function sweepPanels(rows: readonly CurveRow[], facts: CurveFacts): Panel[] {
  const groups = [...grouped(rows)];
  const looks = looksOfMethods(groups.map(([, group]) => [...new Set(group.map(({ method }) => methodLabel(method)))]));
  return groups.map(([title, group]) => ({
    title,
    note: noteOf(facts),
    figures: curveFigures(group, facts, looks),
    levels: levelTable(group, facts, looks),
  }));
}

function groupName({ risk, confidence }: CurveRow): string {
  return confidence === null ? risk : `${risk}, ${confidence}`;
}

function grouped(rows: readonly CurveRow[]): Map<string, CurveRow[]> {
  const groups = new Map<string, CurveRow[]>();
  for (const row of rows) groups.set(groupName(row), [...(groups.get(groupName(row)) ?? []), row]);
  return groups;
}

function noteOf({ trials, audit }: CurveFacts): string {
  if (trials === null) return "One calibration on all rows per ε. Hollow marks: nothing certified.";
  const spread = trials > 1 ? " Bands are one standard deviation of the trials." : "";
  return audit
    ? `Means of ${trials} calibrations on rows drawn from the file, whose true risk is known exactly.${spread}`
    : `Means of ${trials} splits; risk and saving on the rows that a trial did not calibrate on.${spread}`;
}
