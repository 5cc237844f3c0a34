import { methodLabel, parseMethod } from "../../src/control/methods.ts";
import type { Population } from "../../src/control/population.ts";
import type { Source } from "../../src/control/source.ts";
import { type Spread, type SweepRow, sweep } from "../../src/control/sweep.ts";
import { sweepSplits } from "../../src/control/trials.ts";
import type { Method } from "../../src/control/types.ts";
import { formatNumber, formatPercent } from "../../src/report/format.ts";

export const delta = 0.1;
export const methodsNamed = (...names: string[]) => names.map((name) => parseMethod(name) as Method);
export const methods = methodsNamed("naive", "crc", "crc:monotone", "ucb", "ucb:wsr", "ltt");

/** One calibration on one part, measured on the other: a table of method × ε. */
export function heldOutLines(
  calibration: Source,
  test: Population,
  epsilons: readonly number[],
  unit: { readonly mean: string; readonly saving: string },
): string[] {
  const { risk, confidence } = calibration;
  const named = [{ risk, confidence, problem: calibration.problem({ seed: 0, shuffle: true }) }];
  const rows = sweep(named, { methods, epsilons, delta, grid: { kind: "auto" }, costs: calibration.costs });
  return [
    `| method | ε | threshold | test risk | mean ${unit.mean} | saving (${unit.saving}) |`,
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map((row) => heldOutLine(row, test)),
  ];
}

function heldOutLine({ method, epsilon, threshold, policy }: SweepRow, test: Population): string {
  const totals = test.atPiece(test.pieceOf(threshold as number));
  const n = totals.sampleCount;
  const risk = totals.loss / n;
  const shown = policy === "threshold" ? String(threshold) : policy;
  const mark = risk > epsilon ? " **> ε**" : "";
  const saving = formatPercent(1 - totals.cost / test.atPiece(-1).cost);
  return `| ${methodLabel(method)} | ${epsilon} | ${shown} | ${formatNumber(risk)}${mark} | ${formatNumber(totals.exit / n)} | ${saving} |`;
}

/** As the paper repeats: this many random splits, few samples for calibration, the rest for the test. */
const paper = { trials: 100, methods: methodsNamed("naive", "crc", "ucb", "ucb:wsr", "ltt") };

/**
 * Repeated splits for several sources and sizes, and what they show: how often the test risk is above ε, and which of ucb
 * (betting on losses as they are) and ltt (Hoeffding–Bentkus on clipped losses) leaves earlier.
 */
export function splitLines(
  sources: readonly Source[],
  sizes: readonly number[],
  epsilons: readonly number[],
  unit: { readonly mean: string; readonly saving: string },
): string[] {
  const rows = sources.flatMap((source) =>
    sizes.flatMap((calibrationSize) => {
      const request = { ...paper, epsilons, delta, grid: { kind: "auto" } as const, calibrationSize, seed: 0 };
      return sweepSplits(source, request).map((row) => ({ row, calibrationSize }));
    }),
  );
  return [
    `| risk | n | method | ε | mean test risk | test risk > ε | certified | mean ${unit.mean} | saving (${unit.saving}) |`,
    "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(({ row, calibrationSize }) => splitLine(row, calibrationSize)),
    "",
    ...comparedLines(rows),
  ];
}

function splitLine(row: SweepRow<Spread>, calibrationSize: number): string {
  const cells = [
    row.risk,
    calibrationSize,
    methodLabel(row.method),
    row.epsilon,
    formatNumber((row.testRisk as Spread).mean),
    formatPercent(row.violationShare as number),
    formatPercent(1 - neverShare(row)),
    formatNumber((row.meanExit as Spread).mean),
    formatPercent((row.saving as Spread).mean),
  ];
  return `| ${cells.join(" | ")} |`;
}

function neverShare({ policy }: SweepRow<Spread>): number {
  return (policy as Readonly<Record<string, number>>)["never-exit"];
}

interface SplitRow {
  readonly row: SweepRow<Spread>;
  readonly calibrationSize: number;
}

/** Counts, so that a sentence says no more than the figures. */
function comparedLines(rows: readonly SplitRow[]): string[] {
  const bounded = rows.filter(({ row }) => ["ucb", "ltt"].includes(row.method.name));
  const most = Math.max(...bounded.map(({ row }) => row.violationShare as number));
  const onAverage = bounded.filter(({ row }) => (row.testRisk as Spread).mean <= row.epsilon).length;
  return [
    `The mean test risk of ucb and ltt is at most ε in ${onAverage} of ${bounded.length} rows; at most ${formatPercent(most)} of splits lie above ε.`,
    againstLtt(rows, "ucb:wsr, the paper's", ({ row }) => row.method.name === "ucb" && row.method.bound === "wsr"),
    againstLtt(rows, "ucb, the default", ({ row }) => row.method.name === "ucb" && row.method.bound !== "wsr"),
  ];
}

/** In how many settings a method leaves earlier than ltt:hb on average, and in which it does not. */
function againstLtt(rows: readonly SplitRow[], words: string, isRival: (row: SplitRow) => boolean): string {
  const pairs = rows
    .filter(({ row }) => row.method.name === "ltt")
    .map((ltt) => ({ ltt, rival: rows.find((row) => isRival(row) && isSameSetting(row, ltt))! }))
    // Where neither certifies anything there is nothing to compare.
    .filter(({ ltt, rival }) => Math.min(neverShare(ltt.row), neverShare(rival.row)) < 1);
  const exit = ({ row }: SplitRow) => (row.meanExit as Spread).mean;
  const earlier = pairs.filter(({ ltt, rival }) => exit(rival) < exit(ltt));
  const others = pairs.filter((pair) => !earlier.includes(pair));
  const where = others.map(
    ({ ltt, rival }) =>
      `${ltt.row.risk} at ε = ${ltt.row.epsilon}, n = ${ltt.calibrationSize}${exit(rival) > exit(ltt) ? "" : " (the same)"}`,
  );
  return `${words}, leaves earlier than ltt:hb in ${earlier.length} of ${pairs.length} settings${where.length > 0 ? `; not for ${where.join("; ")}` : ""}.`;
}

function isSameSetting(one: SplitRow, other: SplitRow): boolean {
  return (
    one.row.risk === other.row.risk &&
    one.row.epsilon === other.row.epsilon &&
    one.calibrationSize === other.calibrationSize
  );
}
