import { type ExitCosts, efficiency } from "../exits/efficiency.ts";
import type { ReportDocument, ReportTable } from "./document.ts";
import { formatList, formatNumber, formatPercent } from "./format.ts";
import { benchPanels } from "./panels/bench-panels.ts";

/** Milliseconds per sample. */
export interface WayTimings {
  readonly full: number;
  readonly staged: number;
  readonly baked: number | null;
  readonly stagedNever: number;
  readonly bakedNever: number | null;
}

/** What was measured at one batch size. */
export interface BenchTiming {
  readonly batchSize: number;
  readonly rows: number;
  readonly exitCounts: readonly number[];
  /** In one process, whose threads divide the work of its operators. */
  readonly inOperators: WayTimings;
  /** In several processes that share the rows; null where there was one. */
  readonly inRows: WayTimings | null;
}

export interface BenchFacts {
  readonly model: string;
  readonly threads: number;
  readonly processes: number;
  readonly runs: number;
  readonly costs: ExitCosts;
  readonly timings: readonly BenchTiming[];
  /** Why there is no baked model, or null. */
  readonly notBaked: string | null;
}

/** Bench JSON, version 1, and the same for people: speed relative to the full network beside what the costs promise. */
export function benchDocument({ timings, costs, ...facts }: BenchFacts): ReportDocument {
  const rows = timings.map((timing) => rowOf(timing, costs));
  return measuredDocument({ ...facts, costUnit: costs.unit, rows });
}

/** What the document needs, which is what the JSON answer holds. */
export interface BenchMeasured {
  readonly model: string;
  readonly threads: number;
  /** That share the rows. */
  readonly processes: number;
  readonly runs: number;
  readonly costUnit: string;
  readonly rows: readonly BenchRow[];
  readonly notBaked: string | null;
}

export function measuredDocument(facts: BenchMeasured): ReportDocument {
  const { rows, costUnit } = facts;
  const [first] = rows;
  const breakEven = { staged: breakEvenBatch(rows, "staged"), baked: breakEvenBatch(rows, "baked") };
  return {
    title: `eexit bench of ${facts.model}`,
    verdict: null,
    statements: [
      `${formatPercent(first.promisedSaving)} of ${costUnit} saved on these samples (share per exit: ${first.exitShare.map((share) => formatPercent(share)).join(", ")}): ${formatNumber(first.promisedSpeedup, 3)} × is the most that exits can gain`,
      ...verdictSentences(rows, breakEven),
      ...(facts.notBaked === null ? [] : [`not baked: ${facts.notBaked}`]),
    ],
    facts: [
      { label: "threads", value: String(facts.threads) },
      ...(facts.processes > 1 ? [{ label: "processes", value: `${facts.processes}, which share the rows` }] : []),
      { label: "runs", value: `${facts.runs}, interleaved; medians` },
      { label: "break-even", value: `staged ${batchText(breakEven.staged)}, baked ${batchText(breakEven.baked)}` },
    ],
    tables: tablesOf(rows),
    checks: [],
    cautions: [],
    panels: () => benchPanels(rows),
    json: {
      format: "eexit-bench",
      version: 1,
      model: facts.model,
      threads: facts.threads,
      processes: facts.processes,
      runs: facts.runs,
      costUnit,
      breakEvenBatch: breakEven,
      rows,
    },
  };
}

function batchText(batch: number | null): string {
  return batch === null ? "at no batch size measured" : `from batch ${batch}`;
}

export interface BenchRow extends BenchSpeeds {
  readonly batch: number;
  readonly samples: number;
  readonly exitShare: readonly number[];
  readonly promisedSaving: number;
  readonly promisedSpeedup: number;
  /** One process with the threads inside its operators, where `processes` is above 1; its speeds are relative to its own full network. */
  readonly inOperators: BenchSpeeds | null;
}

export interface BenchSpeeds {
  /** Milliseconds per sample. */
  readonly fullMs: number;
  readonly stagedMs: number;
  readonly bakedMs: number | null;
  /** Time of the full network over this one's. */
  readonly stagedSpeedup: number;
  readonly bakedSpeedup: number | null;
  /** Measured speedup over the promised one. */
  readonly stagedReached: number;
  readonly bakedReached: number | null;
  /** Time with nothing leaving early over the full network's. */
  readonly stagedNever: number;
  readonly bakedNever: number | null;
}

function rowOf({ batchSize, rows, exitCounts, inOperators, inRows }: BenchTiming, costs: ExitCosts): BenchRow {
  const { meanCost, fullCost, saving, exitShare } = efficiency(exitCounts, costs);
  const promised = fullCost / meanCost;
  // What exits have to beat is the faster way of running the full network.
  const best = inRows && { ...inRows, full: Math.min(inRows.full, inOperators.full) };
  return {
    batch: batchSize,
    samples: rows,
    exitShare: exitShare as readonly number[],
    promisedSaving: saving,
    promisedSpeedup: promised,
    ...speedsOf(best ?? inOperators, promised),
    inOperators: best && speedsOf(inOperators, promised),
  };
}

function speedsOf({ full, staged, baked, stagedNever, bakedNever }: WayTimings, promised: number): BenchSpeeds {
  const bakedSpeedup = baked && full / baked;
  return {
    fullMs: full,
    stagedMs: staged,
    bakedMs: baked,
    stagedSpeedup: full / staged,
    bakedSpeedup,
    stagedReached: full / staged / promised,
    bakedReached: bakedSpeedup && bakedSpeedup / promised,
    stagedNever: stagedNever / full,
    bakedNever: bakedNever && bakedNever / full,
  };
}

/** The smallest measured batch from which on this way is never slower than the full network; null when there is none. */
function breakEvenBatch(rows: readonly BenchRow[], way: "staged" | "baked"): number | null {
  const sorted = [...rows].sort((a, b) => a.batch - b.batch);
  const pays = ({ stagedSpeedup, bakedSpeedup }: BenchRow) =>
    ((way === "staged" ? stagedSpeedup : bakedSpeedup) ?? 0) > 1;
  const lastLoss = sorted.findLastIndex((row) => !pays(row));
  return sorted[lastLoss + 1]?.batch ?? null;
}

function verdictSentences(
  rows: readonly BenchRow[],
  breakEven: { readonly staged: number | null; readonly baked: number | null },
): string[] {
  const baked = rows.some(({ bakedSpeedup }) => bakedSpeedup !== null);
  const ways = (baked ? ["staged", "baked"] : ["staged"]) as ("staged" | "baked")[];
  return ways.map((way) => {
    const from = breakEven[way];
    const losing = rows.filter((row) => (row[`${way}Speedup`] ?? 0) <= 1).map(({ batch }) => String(batch));
    if (losing.length === 0) return `${way}: faster than the full network at every batch size measured`;
    if (from === null)
      return `${way}: exits do not pay here: not faster than the full network at batch ${formatList(losing)}`;
    return `${way}: exits pay from batch ${from} on, not at batch ${formatList(losing)}`;
  });
}

const speedTitle = "Speed relative to the full network (× faster; full in milliseconds per sample)";

function tablesOf(rows: readonly BenchRow[]): ReportTable[] {
  const inOperators = rows.flatMap(({ inOperators: speeds, ...row }) => (speeds ? [{ ...row, ...speeds }] : []));
  if (inOperators.length === 0) return [speedTable(speedTitle, rows)];
  return [
    speedTable(speedTitle, rows),
    speedTable(
      "The same in one process, its threads inside the operators, relative to its own full network",
      inOperators,
    ),
  ];
}

function speedTable(title: string, rows: readonly Omit<BenchRow, "inOperators">[]): ReportTable {
  const column = (key: keyof Omit<BenchRow, "inOperators">, label: string) => ({ key, label, align: "right" as const });
  const share = (key: keyof Omit<BenchRow, "inOperators">, label: string) => ({
    ...column(key, label),
    show: "percent" as const,
  });
  const columns = [
    column("batch", "batch"),
    column("fullMs", "full, ms"),
    column("promisedSpeedup", "promised ×"),
    column("stagedSpeedup", "staged ×"),
    column("bakedSpeedup", "baked ×"),
    share("stagedReached", "staged of promised"),
    share("bakedReached", "baked of promised"),
    column("stagedNever", "staged, no exits: time ×"),
    column("bakedNever", "baked, no exits: time ×"),
  ];
  return {
    title,
    columns,
    rows: rows.map((row) => columns.map(({ key }) => row[key] as number | null)),
  };
}
