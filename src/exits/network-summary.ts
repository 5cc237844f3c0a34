import { exactPath } from "./exact-path.ts";
import { exitRecords } from "./exit-records.ts";
import { nonMonotoneShare } from "./risk-path.ts";
import type { ExitTable } from "./types.ts";

/** What an exit table shows before any threshold is chosen. Descriptive: nothing here is certified or used by a procedure. */
export interface NetworkSummary {
  readonly exits: readonly ExitSummary[];
  readonly confidences: readonly ConfidenceSummary[];
  readonly overthinking: Overthinking | null;
  readonly labels: LabelSummary | null;
  /** Exits (one-based) whose mean accuracy is below the previous exit's; null without labels and predictions. */
  readonly accuracyDrops: readonly number[] | null;
  /** Exits whose mean Brier score is above the previous exit's; null when unknown. */
  readonly brierRises: readonly number[] | null;
  /** Images only: exits whose mean IoU is below the previous exit's. */
  readonly meanIouDrops?: readonly number[] | null | undefined;
}

export interface ExitSummary {
  /** One-based. */
  readonly exit: number;
  /** Share of samples that the exit gets right, in [0, 1]; null without labels or predictions. */
  readonly accuracy: number | null;
  /** Share of samples with the full network's prediction; null without predictions. */
  readonly agreement: number | null;
  /** Mean Brier score against the label, in [0, 2]; null without labels or probabilities. */
  readonly brier: number | null;
  /** Images with labels only: mean over them of the mean IoU, in [0, 1]. */
  readonly meanIou?: number | undefined;
  /** Measure → mean; null where the last exit's confidence was not supplied. */
  readonly meanConfidence: Readonly<Record<string, number | null>>;
  /** Share of samples right here and wrong at the last exit; null without labels or predictions. */
  readonly rightHereWrongAtLast: number | null;
  /** Risk → mean relative loss if every sample left here: the risk of first-exit in the row of exit 1. */
  readonly meanLoss: Readonly<Record<string, number>>;
}

export interface ConfidenceSummary {
  readonly name: string;
  /** Over the early exits only; the rule never reads the last. */
  readonly lowest: number;
  readonly highest: number;
  /** Share of early-exit confidences that are exactly 1: no threshold can tell them apart. */
  readonly saturatedShare: number;
  /** Share of samples whose loss falls somewhere while the threshold falls; null without losses. */
  readonly nonMonotoneShare: number | null;
}

/** "Overthinking" (Kaya, Hong, Dumitras: Shallow-Deep Networks, ICML 2019): deeper exits undo right answers. */
export interface Overthinking {
  /** Share of samples that some earlier exit gets right and the last wrong. */
  readonly share: number;
  /** The same as a share of the last exit's errors; null when it makes none. */
  readonly shareOfErrors: number | null;
}

export interface LabelSummary {
  /** Distinct labels that occur. */
  readonly count: number;
  readonly rarest: { readonly label: number; readonly share: number };
  readonly commonest: { readonly label: number; readonly share: number };
}

/**
 * Accuracy, Brier score, confidence and overthinking of every exit.
 *
 * @param risk the loss whose monotonicity in the threshold is told; null for none
 */
export function networkSummary(table: ExitTable, risk: string | null): NetworkSummary {
  const exits = Array.from({ length: table.exitCount }, (_, l) => exitSummary(table, l));
  return {
    exits,
    confidences: [...table.confidences].map(([name, values]) => confidenceSummary(table, name, values, risk)),
    overthinking: overthinking(table),
    labels: table.labels && labelSummary(table.labels),
    accuracyDrops: worseThanBefore(exits.map(({ accuracy }) => accuracy && -accuracy)),
    brierRises: worseThanBefore(exits.map(({ brier }) => brier)),
    ...(table.meanIou && { meanIouDrops: worseThanBefore(exits.map(({ meanIou }) => -(meanIou as number))) }),
  };
}

function exitSummary(table: ExitTable, l: number): ExitSummary {
  const { predictions, labels, brier, exitCount, sampleCount } = table;
  const last = exitCount - 1;
  const share = (holds: (row: number) => boolean) => {
    let count = 0;
    for (let i = 0; i < sampleCount; i++) if (holds(i)) count++;
    return count / sampleCount;
  };
  const right = (row: number, exit: number) => predictions![row * exitCount + exit] === labels![row];
  const known = predictions !== null && labels !== null;
  return {
    exit: l + 1,
    accuracy: known ? share((i) => right(i, l)) : null,
    agreement: predictions && share((i) => predictions[i * exitCount + l] === predictions[i * exitCount + last]),
    brier: brier && columnMean(brier, table, l),
    ...(table.meanIou && { meanIou: columnMean(table.meanIou, table, l) }),
    meanConfidence: record(table.confidences, (values) => finite(columnMean(values, table, l))),
    rightHereWrongAtLast: known ? share((i) => right(i, l) && !right(i, last)) : null,
    meanLoss: record(table.losses, ({ values }) => columnMean(values, table, l)),
  };
}

function columnMean(values: ArrayLike<number>, { sampleCount, exitCount }: ExitTable, l: number): number {
  let sum = 0;
  for (let i = 0; i < sampleCount; i++) sum += values[i * exitCount + l];
  return sum / sampleCount;
}

function record<Column, Value>(
  columns: ReadonlyMap<string, Column>,
  of: (column: Column) => Value,
): Record<string, Value> {
  return Object.fromEntries(Array.from(columns, ([name, column]) => [name, of(column)]));
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function confidenceSummary(
  table: ExitTable,
  name: string,
  values: Float32Array,
  risk: string | null,
): ConfidenceSummary {
  const { sampleCount, exitCount } = table;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  let saturated = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % exitCount === exitCount - 1) continue;
    lowest = Math.min(lowest, values[i]);
    highest = Math.max(highest, values[i]);
    if (values[i] === 1) saturated++;
  }
  const losses = risk === null ? undefined : table.losses.get(risk)?.values;
  return {
    name,
    lowest,
    highest,
    saturatedShare: saturated / (sampleCount * (exitCount - 1)),
    nonMonotoneShare: losses ? nonMonotoneShare(exactPath(exitRecords(values, sampleCount, exitCount), losses)) : null,
  };
}

function overthinking({ predictions, labels, sampleCount, exitCount }: ExitTable): Overthinking | null {
  if (predictions === null || labels === null) return null;
  let errors = 0;
  let undone = 0;
  for (let i = 0; i < sampleCount; i++) {
    const row = predictions.subarray(i * exitCount, (i + 1) * exitCount);
    if (row[exitCount - 1] === labels[i]) continue;
    errors++;
    if (row.includes(labels[i])) undone++;
  }
  return { share: undone / sampleCount, shareOfErrors: errors === 0 ? null : undone / errors };
}

function labelSummary(labels: Int32Array): LabelSummary {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const byCount = [...counts].sort(([a, m], [b, n]) => m - n || a - b);
  const share = ([label, count]: [number, number]) => ({ label, share: count / labels.length });
  const commonest = byCount.reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  return { count: counts.size, rarest: share(byCount[0]), commonest: share(commonest) };
}

/** One-based exits whose badness is above the previous exit's, beyond rounding; null when not all are known. */
function worseThanBefore(badness: readonly (number | null)[]): number[] | null {
  if (badness.includes(null)) return null;
  const values = badness as readonly number[];
  return values.flatMap((value, l) => (l > 0 && value > values[l - 1] + 1e-12 ? [l + 1] : []));
}
