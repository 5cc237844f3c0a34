import { EexitError } from "../errors.ts";
import { assertLosses } from "./loss-range.ts";
import type { LossKind, LossTable } from "./types.ts";

/** What a loss table file holds, before its rows are put in order. */
export interface RawLossTable {
  readonly name: string;
  /** `[rowCount]`, in file order. */
  readonly lambdas: Float64Array;
  /** Row-major `[rowCount, sampleCount]`: losses, or scores when `scores` is set. */
  readonly values: Float64Array;
  readonly scores: boolean;
  /** `[rowCount]` means or row-major `[rowCount, sampleCount]`; null when unknown. */
  readonly exits: Float64Array | null;
  /** What `exits` counts when nobody says: "exits", or "cost". */
  readonly costUnit?: string;
}

/** What is declared about a loss table before its losses are seen. */
export interface LossTableOptions {
  readonly direction: "down" | "up";
  /** Row after sorting, 0 = the safest. */
  readonly referenceRow: number;
  /** The reference row by its λ, which goes before the number: rows may be missing in another table. */
  readonly referenceLambda?: number | undefined;
  readonly kind: LossKind;
  /** Losses become max(0, loss), before they are held against `kind`. */
  readonly clip?: boolean | undefined;
  readonly costUnit?: string | undefined;
}

/**
 * Puts a loss table in order: rows sorted by λ safest first, scores turned into losses relative to the reference row.
 *
 * @throws table-invalid when two rows share a λ, a λ is not finite, shapes disagree or the reference row does not exist;
 *   loss-out-of-range or value-not-finite for losses that break their declared kind
 */
export function orderLossTable(raw: RawLossTable, options: LossTableOptions): LossTable {
  const rowCount = raw.lambdas.length;
  const sampleCount = raw.values.length / rowCount;
  assertShapes(raw, sampleCount, options.referenceRow);
  const sign = options.direction === "down" ? -1 : 1;
  const order = Array.from(raw.lambdas.keys()).sort((j, k) => sign * (raw.lambdas[j] - raw.lambdas[k]));
  const lambdas = Float64Array.from(order, (row) => raw.lambdas[row]);
  assertStrictlyMonotone(raw.name, lambdas);
  const values = reorderRows(raw.values, order, sampleCount);
  const perSample = raw.exits !== null && raw.exits.length !== rowCount;
  const exits = perSample ? reorderRows(raw.exits as Float64Array, order, sampleCount) : null;
  const referenceRow = rowOfReference(raw.name, lambdas, options);
  const losses = clippedLosses(raw.scores ? lossesFromScores(values, sampleCount, referenceRow) : values, options);
  assertLosses(losses, options.kind, raw.name, (index) => {
    return `λ = ${lambdas[Math.floor(index / sampleCount)]}, sample ${index % sampleCount}`;
  });
  return {
    sampleCount,
    lambdas,
    direction: options.direction,
    losses,
    kind: options.kind,
    referenceRow,
    scores: raw.scores,
    meanExits: exits ? rowMeans(exits, rowCount) : raw.exits && reorderRows(raw.exits, order, 1),
    exits,
    costUnit: options.costUnit ?? raw.costUnit ?? "exits",
  };
}

/**
 * Whether the losses are relative to the reference row: all of its own are 0. Otherwise they are taken as they are, the
 * reference row has a risk of its own, and nothing is "no worse" by construction.
 */
export function isRelative({ losses, referenceRow, sampleCount }: LossTable): boolean {
  return losses.subarray(referenceRow * sampleCount, (referenceRow + 1) * sampleCount).every((loss) => loss === 0);
}

/** The same table with only the given samples, in the given order: a calibration or test split. */
export function selectTableSamples(table: LossTable, samples: ArrayLike<number>): LossTable {
  const select = (values: Float64Array) => {
    const selected = new Float64Array(table.lambdas.length * samples.length);
    for (let k = 0; k < table.lambdas.length; k++) {
      for (let j = 0; j < samples.length; j++) {
        selected[k * samples.length + j] = values[k * table.sampleCount + samples[j]];
      }
    }
    return selected;
  };
  const exits = table.exits && select(table.exits);
  return {
    ...table,
    sampleCount: samples.length,
    losses: select(table.losses),
    exits,
    meanExits: exits ? rowMeans(exits, table.lambdas.length) : table.meanExits,
  };
}

/** @throws table-invalid when the reference λ is not in this table: losses would be relative to another row */
function rowOfReference(
  name: string,
  lambdas: Float64Array,
  { referenceRow, referenceLambda }: LossTableOptions,
): number {
  if (referenceLambda === undefined) return referenceRow;
  const row = lambdas.indexOf(referenceLambda);
  if (row >= 0) return row;
  throw new EexitError(
    "table-invalid",
    `${name}: no row with the reference λ = ${referenceLambda}, expected the reference row of the calibration`,
    "make the table with the same reference row",
  );
}

function clippedLosses(losses: Float64Array, { clip }: LossTableOptions): Float64Array {
  return clip ? losses.map((loss) => Math.max(0, loss)) : losses;
}

function lossesFromScores(scores: Float64Array, sampleCount: number, referenceRow: number): Float64Array {
  return scores.map((score, index) => scores[referenceRow * sampleCount + (index % sampleCount)] - score);
}

function reorderRows(values: Float64Array, order: readonly number[], width: number): Float64Array {
  const sorted = new Float64Array(values.length);
  order.forEach((row, k) => {
    sorted.set(values.subarray(row * width, (row + 1) * width), k * width);
  });
  return sorted;
}

function rowMeans(values: Float64Array, rowCount: number): Float64Array {
  const width = values.length / rowCount;
  return Float64Array.from({ length: rowCount }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += values[k * width + j];
    return sum / width;
  });
}

function assertShapes(raw: RawLossTable, sampleCount: number, referenceRow: number): void {
  const rowCount = raw.lambdas.length;
  if (rowCount === 0 || !Number.isInteger(sampleCount) || sampleCount === 0) {
    throw new EexitError(
      "table-invalid",
      `${raw.name}: ${rowCount} λ values do not fit ${raw.values.length} losses, expected losses of shape [λ, sample]`,
      "give lambdas [K] and losses or scores [K, n]",
    );
  }
  if (raw.exits && raw.exits.length !== rowCount && raw.exits.length !== raw.values.length) {
    throw new EexitError(
      "table-invalid",
      `${raw.name}: exits hold ${raw.exits.length} values, expected ${rowCount} (per row) or ${raw.values.length} (per row and sample)`,
      "give one mean exit per λ, or one exit per λ and sample (--table-exits)",
    );
  }
  if (referenceRow >= rowCount) {
    throw new EexitError(
      "table-invalid",
      `${raw.name}: reference row ${referenceRow} of ${rowCount} rows does not exist`,
      `use --reference 0 … ${rowCount - 1}`,
    );
  }
}

function assertStrictlyMonotone(name: string, lambdas: Float64Array): void {
  for (let k = 0; k < lambdas.length; k++) {
    if (!Number.isFinite(lambdas[k])) {
      throw new EexitError(
        "table-invalid",
        `${name}: λ of row ${k} is ${lambdas[k]}, expected a finite number`,
        "remove that row",
      );
    }
    if (k > 0 && lambdas[k] === lambdas[k - 1]) {
      throw new EexitError(
        "table-invalid",
        `${name}: λ = ${lambdas[k]} occurs in two rows, expected each λ once`,
        "remove the repeated row",
      );
    }
  }
}
