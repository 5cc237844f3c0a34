import { EexitError } from "../errors.ts";
import { parseConfidenceName } from "../exits/confidence-name.ts";
import { exactPath } from "../exits/exact-path.ts";
import { type ExitRecords, exitRecords } from "../exits/exit-records.ts";
import { clipLosses } from "../exits/exit-table.ts";
import { gridPath } from "../exits/grid-path.ts";
import { tablePath } from "../exits/table-path.ts";
import type { ExitTable, LossColumn, LossKind, LossTable } from "../exits/types.ts";
import { seededRandom } from "../stats/random.ts";
import { type Grid, resolveGrid, tableGrid } from "./grid.ts";
import type { GridRequest } from "./grid-request.ts";
import { type PreparedPath, preparePath } from "./prepared-path.ts";

/**
 * One risk of one network under one confidence (or one loss table), as the procedures see it: a kind of loss and a risk
 * path for any grid. Paths are made once per grid and kept.
 */
export interface Problem {
  readonly sampleCount: number;
  /** Null for a loss table. */
  readonly exitCount: number | null;
  readonly kind: LossKind;
  readonly table: LossTable | null;
  /** Whether order-dependent bounds see shuffled rows. */
  readonly shuffled: boolean;
  gridFor(request: GridRequest): Grid;
  prepare(grid: Grid): PreparedPath;
}

/** How rows are ordered before order-dependent bounds see them: shuffled once by a recorded seed, or as they came. */
export interface RowOrder {
  readonly seed: number;
  readonly shuffle: boolean;
}

/** Computed measures, and means and quantiles of them, are known beforehand to lie in [0, 1]: a fixed grid of it makes sense. */
export function isUnitMeasure(confidence: string): boolean {
  return parseConfidenceName(confidence) !== null;
}

/**
 * The two columns that a problem is about.
 *
 * @throws confidence-unknown, risk-unknown when the table has no such column
 */
export function columnsOf(
  table: ExitTable,
  confidence: string,
  risk: string,
): { readonly confidences: Float32Array; readonly losses: LossColumn } {
  const confidences = table.confidences.get(confidence);
  if (!confidences) {
    throw new EexitError(
      "confidence-unknown",
      `--confidence ${confidence}: no such measure or column, found ${[...table.confidences.keys()].join(", ") || "none"}`,
      "name one of those, or supply one as --confidence name=file:scores.npy",
    );
  }
  const losses = table.losses.get(risk);
  if (!losses) {
    throw new EexitError(
      "risk-unknown",
      `--risk ${risk}: no such loss, found ${[...table.losses.keys()].join(", ") || "none"}`,
      "see eexit help risks",
    );
  }
  return { confidences, losses };
}

/**
 * @throws confidence-unknown, risk-unknown when the table has no such column
 */
export function exitTableProblem(
  table: ExitTable,
  confidence: string,
  risk: string,
  clip: boolean,
  order: RowOrder,
): Problem {
  const { confidences, losses } = columnsOf(table, confidence, risk);
  const records = exitRecords(confidences, table.sampleCount, table.exitCount);
  return recordsProblem(records, clip ? clipLosses(losses) : losses, order, (request) =>
    resolveGrid(request, isUnitMeasure(confidence)),
  );
}

/** The problem of records that are known already; several risks share the records of one confidence. */
export function recordsProblem(
  records: ExitRecords,
  { kind, values }: LossColumn,
  order: RowOrder,
  gridFor: Problem["gridFor"],
): Problem {
  const { sampleCount, exitCount } = records;
  return {
    sampleCount,
    exitCount,
    kind,
    table: null,
    shuffled: order.shuffle,
    gridFor,
    prepare: memo((grid) =>
      preparePath(
        grid.values ? gridPath(records, values, grid.values) : exactPath(records, values),
        kind,
        rowPositions(sampleCount, order),
      ),
    ),
  };
}

/** A loss table brings its own λ; a grid does not apply. */
export function lossTableProblem(given: LossTable, clip: boolean, order: RowOrder): Problem {
  const table = clip ? clipTable(given) : given;
  return {
    sampleCount: table.sampleCount,
    exitCount: null,
    kind: table.kind,
    table,
    shuffled: order.shuffle,
    gridFor: () => tableGrid,
    prepare: memo(() => preparePath(tablePath(table), table.kind, rowPositions(table.sampleCount, order))),
  };
}

/** No change for a table whose rows were clipped when they were put in order. */
function clipTable(table: LossTable): LossTable {
  return {
    ...table,
    kind: { ...table.kind, lower: Math.max(0, table.kind.lower) },
    losses: table.losses.map((loss) => Math.max(0, loss)),
  };
}

/** Place of every row in the order that betting bounds read: `positions[i]` for file row i. */
export function rowPositions(sampleCount: number, { seed, shuffle }: RowOrder): Uint32Array {
  const positions = new Uint32Array(sampleCount);
  if (!shuffle) {
    for (let i = 0; i < sampleCount; i++) positions[i] = i;
    return positions;
  }
  seededRandom(seed)
    .permutation(sampleCount)
    .forEach((row, place) => {
      positions[row] = place;
    });
  return positions;
}

/** Rows put in the order that betting bounds read. */
export function inRowOrder(losses: Float64Array, order: RowOrder): Float64Array {
  const positions = rowPositions(losses.length, order);
  const ordered = new Float64Array(losses.length);
  for (let i = 0; i < losses.length; i++) ordered[positions[i]] = losses[i];
  return ordered;
}

/** Keeps the path of every grid; two grids are the same when they test the same thresholds. */
function memo(make: (grid: Grid) => PreparedPath): (grid: Grid) => PreparedPath {
  const made: { readonly grid: Grid; readonly prepared: PreparedPath }[] = [];
  return (grid) => {
    const known = made.find((entry) => sameThresholds(entry.grid, grid));
    if (known) return known.prepared;
    const prepared = make(grid);
    made.push({ grid, prepared });
    return prepared;
  };
}

function sameThresholds(one: Grid, other: Grid): boolean {
  const [a, b] = [one.values, other.values];
  if (a === b) return true;
  return a !== null && b !== null && a.length === b.length && a.every((value, k) => value === b[k]);
}
