import { methodLabel } from "../control/methods.ts";
import type { Spread, SweepRow } from "../control/sweep.ts";
import type { ExitSummary } from "../exits/network-summary.ts";
import type { ReportCell, ReportColumn, ReportDocument } from "./document.ts";
import { formatCount, formatPercent } from "./format.ts";
import { exitPanel } from "./panels/exit-panel.ts";
import { sweepPanels } from "./panels/sweep-panels.ts";

/** What a sweep was run on, for the JSON answer and the title. */
export interface SweepFacts {
  readonly samples: number;
  /** Null for a loss table. */
  readonly exits: number | null;
  readonly trials: number | null;
  readonly calibrationSize: number | null;
  readonly seed: number;
  readonly audit: boolean;
  readonly costUnit: string;
  /** For a loss table: its reference row in words, whether losses are relative to it, whether mean exits are its own. */
  readonly table?: { readonly reference: string; readonly relative: boolean; readonly ownMeans: boolean };
}

type Row = SweepRow<number> | SweepRow<Spread>;

/** Sweep JSON, version 1 (fixed key order), and its tables; `exits` for a page that shows what every exit does. */
export function sweepDocument(
  rows: readonly Row[],
  facts: SweepFacts,
  cautions: ReportDocument["cautions"],
  exits: readonly ExitSummary[] | null = null,
): ReportDocument {
  const many = facts.trials !== null;
  return {
    title: title(facts),
    verdict: null,
    statements: [...(many ? statements(facts) : []), ...tableStatements(facts)],
    facts: [],
    tables: [{ title: "", columns: columnsFor(facts), rows: rows.map((row) => cellsOf(row, facts)) }],
    checks: [],
    junitChecks: rows.map((row) => checkOf(row, facts)),
    cautions,
    json: {
      format: "eexit-sweep",
      version: 1,
      ...jsonFacts(facts),
      rows: rows.map((row) => jsonRow(row, facts)),
      costUnit: facts.costUnit,
    },
    panels: () => [
      ...sweepPanels(rows, { ...facts, startEpsilon: null }),
      ...(exits ? [{ ...exitPanel(exits, null), pageOnly: true }] : []),
    ],
  };
}

function title({ samples, trials, calibrationSize, audit }: SweepFacts): string {
  const on = formatCount(samples, "sample");
  if (trials === null) return `eexit sweep on ${on}`;
  const what = audit ? "self-audit" : "splits";
  return `eexit sweep on ${on}, ${formatCount(trials, "trial")} (${what}), ${calibrationSize} calibration samples each`;
}

function statements({ audit }: SweepFacts): string[] {
  return audit
    ? ["The file is the population: true risks are exact, and every trial draws its rows with replacement."]
    : [
        "Risk and efficiency are measured on the rows that a trial did not calibrate on; they carry the noise of those rows.",
      ];
}

function tableStatements({ table }: SweepFacts): string[] {
  if (!table) return [];
  const risk = table.relative ? `relative to ${table.reference}` : `as supplied, not relative to ${table.reference}`;
  const means = table.ownMeans
    ? " Mean exits and savings are the table's own: it has none per sample, so they are the same for every part of the samples."
    : "";
  return [`Risks are ${risk}; that row is deployed where nothing is certified.${means}`];
}

function jsonFacts({ samples, exits, trials, calibrationSize, seed, audit }: SweepFacts): object {
  return { samples, exits, trials, calibrationSize, seed, ...(audit && { audit }) };
}

function jsonRow(row: Row, { audit }: SweepFacts): object {
  return {
    risk: row.risk,
    confidence: row.confidence,
    method: row.method.name,
    bound: row.method.bound,
    crc: row.method.crc,
    grid: row.grid,
    epsilon: row.epsilon,
    delta: row.delta,
    threshold: typeof row.threshold === "number" ? finite(row.threshold) : row.threshold,
    policy: row.policy,
    empiricalRisk: row.empiricalRisk,
    testRisk: row.testRisk,
    ...(audit && { trueRisk: row.trueRisk }),
    meanExit: row.meanExit,
    meanCost: row.meanCost,
    saving: row.saving,
    violationShare: row.violationShare,
    ...(audit && { violationInterval: row.violationInterval }),
  };
}

/** never-exit and first-exit as in the threshold file: the largest numbers of either sign. */
function finite(threshold: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, threshold));
}

const column = (key: string, label: string, show?: ReportColumn["show"]): ReportColumn => ({
  key,
  label,
  align:
    show === undefined || show === "hidden"
      ? ["risk", "confidence", "method", "policy"].includes(key)
        ? "left"
        : "right"
      : "right",
  ...(show && { show }),
});

function columnsFor({ trials, audit, costUnit, table }: SweepFacts): ReportColumn[] {
  const common = [
    column("risk", "risk"),
    column("confidence", "confidence"),
    column("method", "method"),
    column("epsilon", "ε"),
    column("delta", "δ", "hidden"),
    column("grid", "grid", "hidden"),
  ];
  const saving = column("saving", `saving (${costUnit})`, "percent");
  // A table's numbers are what it says they are; only there is the mean cost all that is known.
  const meanLabel = table && costUnit !== "exits" ? `mean (${costUnit})` : "mean exit";
  if (trials === null) {
    return [
      ...common,
      column("threshold", "threshold", "exact"),
      column("policy", "policy", "hidden"),
      column("empiricalRisk", "risk found"),
      column("meanExit", meanLabel),
      column("meanCost", "mean cost", "hidden"),
      saving,
    ];
  }
  const risk = audit ? "true risk" : "test risk";
  const key = audit ? "trueRisk" : "testRisk";
  return [
    ...common,
    column("threshold", "threshold"),
    column("thresholdStd", "±", "hidden"),
    column("neverExitShare", table ? "reference row" : "never exit", "percent"),
    column("firstExitShare", "first exit", "hidden"),
    column("empiricalRisk", "risk found", "hidden"),
    column(key, risk),
    column(`${key}Std`, "±"),
    column("meanExit", meanLabel),
    column("meanExitStd", "±", "hidden"),
    column("meanCost", "mean cost", "hidden"),
    saving,
    column("violationShare", `${risk} > ε`, "percent"),
    ...(audit ? [column("violationLow", "95 % from", "percent"), column("violationHigh", "to", "percent")] : []),
  ];
}

function cellsOf(row: Row, { trials, audit }: SweepFacts): ReportCell[] {
  const common = [row.risk, row.confidence, methodLabel(row.method), row.epsilon, row.delta, row.grid];
  if (trials === null) {
    const { threshold, policy, empiricalRisk, meanExit, meanCost, saving } = row as SweepRow<number>;
    return [
      ...common,
      threshold === null ? null : finite(threshold),
      policy as string,
      empiricalRisk,
      meanExit,
      meanCost,
      saving,
    ];
  }
  const {
    threshold,
    policy,
    empiricalRisk,
    testRisk,
    trueRisk,
    meanExit,
    meanCost,
    saving,
    violationShare,
    violationInterval,
  } = row as SweepRow<Spread>;
  const shares = policy as Readonly<Record<string, number>>;
  const risk = audit ? trueRisk : testRisk;
  return [
    ...common,
    threshold?.mean ?? null,
    threshold?.std ?? null,
    shares["never-exit"],
    shares["first-exit"],
    empiricalRisk,
    risk?.mean ?? null,
    risk?.std ?? null,
    meanExit?.mean ?? null,
    meanExit?.std ?? null,
    meanCost?.mean ?? null,
    saving?.mean ?? null,
    violationShare,
    ...(audit ? (violationInterval ?? [null, null]) : []),
  ];
}

/** For JUnit: certified passes, never-exit is skipped; an audit fails where violations exceed δ beyond chance. */
function checkOf(row: Row, { audit }: SweepFacts): ReportDocument["checks"][number] {
  const name = [row.risk, row.confidence, methodLabel(row.method), `ε = ${row.epsilon}`].filter(Boolean).join(", ");
  if (audit && row.violationShare !== null) {
    const interval = row.violationInterval as readonly [number, number];
    const failed = row.delta !== null && interval[0] > row.delta;
    return {
      name,
      outcome: failed ? "failed" : "passed",
      message: `true risk above ε in ${formatPercent(row.violationShare)} of trials`,
    };
  }
  if (row.violationShare !== null) {
    return { name, outcome: "passed", message: `test risk above ε in ${formatPercent(row.violationShare)} of trials` };
  }
  const never = row.policy === "never-exit";
  return {
    name,
    outcome: never ? "skipped" : "passed",
    message: never ? "nothing certified" : `mean exit ${row.meanExit}`,
  };
}
