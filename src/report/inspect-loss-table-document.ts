import type { LossTableSummary } from "../exits/loss-table-summary.ts";
import type { LossTable } from "../exits/types.ts";
import type { ReportDocument, ReportFact } from "./document.ts";
import { formatCount, formatNumber, formatPercent, formatRange } from "./format.ts";
import { filesText } from "./inspect-arrays-document.ts";
import type { InspectedFile } from "./inspected-file.ts";

/** Rows that people see; CSV and JSON have all. */
const FEW_ROWS = 9;

/**
 * What a loss table shows: inspect JSON, version 1, kind "loss-table", and the same for people.
 *
 * @param allRows whether the table lists every row instead of a few evenly spaced ones and the reference
 */
export function inspectLossTableDocument(
  files: readonly InspectedFile[],
  table: LossTable,
  summary: LossTableSummary,
  allRows: boolean,
): ReportDocument {
  const { lambdas, sampleCount, direction, referenceRow, kind, scores } = table;
  const wanted = allRows ? null : fewRows(lambdas.length, referenceRow);
  return {
    title: `eexit inspect: loss table of ${formatCount(lambdas.length, "row")}, ${formatCount(sampleCount, "sample")}`,
    verdict: null,
    statements: [
      summary.meanLossFalls === 0
        ? "The mean loss never falls from a safer row to a riskier one."
        : `The mean loss falls ${formatCount(summary.meanLossFalls, "time")} from a safer row to a riskier one: it is not monotone in λ.`,
      `The loss of ${formatPercent(summary.nonMonotoneShare)} of the samples falls somewhere on the way; ucb and ltt need no monotonicity.`,
    ],
    facts: listedFacts(files, table, summary),
    tables: [
      {
        title:
          wanted && wanted.size < lambdas.length
            ? `Rows (${wanted.size} of ${lambdas.length}, safest first)`
            : "Rows, safest first",
        columns: [
          { key: "row", label: "row", align: "right" },
          { key: "lambda", label: "λ", align: "right", show: "exact" },
          { key: "meanLoss", label: "mean loss", align: "right" },
          {
            key: "meanExit",
            label: table.costUnit === "exits" ? "mean exit" : `mean ${table.costUnit}`,
            align: "right",
          },
        ],
        rows: summary.rows
          .filter(({ row }) => wanted?.has(row) ?? true)
          .map(({ row, lambda, meanLoss, meanExit }) => [row, lambda, meanLoss, meanExit]),
      },
    ],
    checks: [],
    cautions: [],
    json: {
      format: "eexit-inspect",
      version: 1,
      kind: "loss-table",
      files,
      samples: sampleCount,
      lambdaDirection: direction,
      scores,
      reference: { row: referenceRow, lambda: lambdas[referenceRow] },
      lossRange: [kind.lower, kind.upper],
      binary: kind.binary,
      lossFound: [summary.lowestLoss, summary.highestLoss],
      meanLossFalls: summary.meanLossFalls,
      nonMonotoneShare: summary.nonMonotoneShare,
      rows: summary.rows,
    },
  };
}

function listedFacts(files: readonly InspectedFile[], table: LossTable, summary: LossTableSummary): ReportFact[] {
  const { lambdas, direction, referenceRow, kind, scores, meanExits, exits, costUnit } = table;
  const own = exits === null ? ", as the table says: it has none per sample" : ", per sample";
  const last = lambdas[lambdas.length - 1];
  const entries: [string, string][] = [
    ["holds", filesText(files)],
    ["λ", `${lambdas[0]} (safest) to ${last}, --lambda-direction ${direction}`],
    ["reference", `row ${referenceRow}, λ = ${lambdas[referenceRow]}`],
    ["losses", scores ? "reference score − score" : "as given"],
    ["declared range", `${formatRange(kind.lower, kind.upper)}${kind.binary ? ", 0/1" : ""} (--loss-range)`],
    ["found range", formatRange(summary.lowestLoss, summary.highestLoss)],
    [costUnit, meanExits ? `mean ${formatNumber(meanExits[0])} at the safest row${own}` : "not known (--table-exits)"],
  ];
  return entries.map(([label, value]) => ({ label, value }));
}

function fewRows(rowCount: number, referenceRow: number): ReadonlySet<number> {
  const count = Math.min(FEW_ROWS, rowCount);
  const even = Array.from({ length: count }, (_, k) => Math.round((k * (rowCount - 1)) / Math.max(1, count - 1)));
  return new Set([...even, referenceRow]);
}
