import { readFileSync } from "node:fs";
import { measureNames } from "../../src/exits/confidence.ts";
import { allocateExitTable, type ExitTableColumns } from "../../src/exits/exit-table.ts";
import { lossKind, riskNames } from "../../src/exits/loss-kinds.ts";
import type { Floats } from "../../src/exits/types.ts";
import { scoreRows } from "../../src/kernels/score-rows.ts";

export interface ReferenceGroup {
  name: string;
  type: "float32" | "float64";
  shape: [number, number, number];
  values: string;
  labels: number[];
  expected: Record<string, number[]>;
}

const folder = new URL("../reference/kernels/", import.meta.url);

export function readReference<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8")) as T;
}

export function decode(text: string, type: "float32" | "float64"): Floats {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return type === "float32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
}

/** Scores everything that can be asked for into a fresh table; fails on a defect. */
export function scoreAll(
  values: Floats,
  [rowCount, exitCount, classCount]: readonly [number, number, number],
  labels: ArrayLike<number>,
  kind: "logits" | "probs" = "logits",
): ExitTableColumns {
  const risks = riskNames.map((name) => lossKind(name, false));
  const shape = {
    sampleCount: rowCount,
    exitCount,
    classCount,
    measures: measureNames,
    risks,
    labels: true,
    brier: true,
  };
  const table = allocateExitTable(shape);
  const block = { values, rowCount, exitCount, classCount };
  const request = { values: kind, measures: measureNames, risks: riskNames };
  const defect = scoreRows(block, Int32Array.from(labels), request, table, 0);
  if (defect !== null) throw new Error(JSON.stringify(defect));
  return table;
}

/** The column of a table that a reference calls `name`. */
export function column(table: ExitTableColumns, name: string): ArrayLike<number> {
  if (name === "prediction") return table.predictions;
  if (name === "brier") return table.brier!;
  return table.confidences.get(name) ?? table.losses.get(name)!.values;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Number.NaN;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
