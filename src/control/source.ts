import { type ExitCosts, exitsAsCosts } from "../exits/efficiency.ts";
import { type ExitRecords, exitRecords } from "../exits/exit-records.ts";
import { clipLosses, clippedKind, selectCells } from "../exits/exit-table.ts";
import { selectTableSamples } from "../exits/loss-table.ts";
import type { ExitTable, Floats, LossKind, LossTable } from "../exits/types.ts";
import { exactGrid, type Grid, resolveGrid, tableGrid } from "./grid.ts";
import type { GridRequest } from "./grid-request.ts";
import { type Population, pathPopulation, tablePopulation } from "./population.ts";
import {
  columnsOf,
  exitTableProblem,
  isUnitMeasure,
  lossTableProblem,
  type Problem,
  type RowOrder,
  recordsProblem,
} from "./problem.ts";

/**
 * Rows to draw calibration sets from: an exit table under one risk and confidence, or a loss table. What repeated splits
 * and the self-audit need beyond one {@link Problem}: subsets, and the curves of the whole.
 */
export interface Source {
  readonly risk: string;
  readonly confidence: string | null;
  readonly sampleCount: number;
  /** What is declared about the loss, clipping included. */
  readonly kind: LossKind;
  readonly costs: ExitCosts | null;
  problem(order: RowOrder): Problem;
  /**
   * The problem of some rows (repeats allowed), in the given order, which is taken as the shuffled one.
   *
   * @param records of the same rows by confidence column; sources that share a column fill and use it together
   */
  subset(rows: Uint32Array, records?: Map<Floats, ExitRecords>): Problem;
  /** The grid that its problems use. */
  gridFor(request: GridRequest): Grid;
  /** Curves over all rows and all thresholds; `records` as for a subset, of all rows. */
  population(records?: Map<Floats, ExitRecords>): Population;
  /** Curves of a problem on the path that a procedure walked. */
  curvesOf(problem: Problem, path: ReturnType<Problem["prepare"]>): Population;
}

const asGiven: RowOrder = { seed: 0, shuffle: false };

/**
 * One risk under one confidence of an exit table, ready for any number of calibrations: on all rows, on subsets, as a
 * population.
 */
export function exitTableSource(
  table: ExitTable,
  confidence: string,
  risk: string,
  clip: boolean,
  costs: ExitCosts = exitsAsCosts(table.exitCount),
): Source {
  const columns = columnsOf(table, confidence, risk);
  const { exitCount } = table;
  const kind = clip ? clippedKind(columns.losses.kind) : columns.losses.kind;
  const isUnit = isUnitMeasure(confidence);
  const gridFor: Source["gridFor"] = (request) => resolveGrid(request, isUnit);
  return {
    risk,
    confidence,
    sampleCount: table.sampleCount,
    kind,
    costs,
    problem: (order) => exitTableProblem(table, confidence, risk, clip, order),
    gridFor,
    subset: (rows, records = new Map()) => {
      let drawn = records.get(columns.confidences);
      if (!drawn) {
        drawn = exitRecords(selectCells(columns.confidences, rows, exitCount), rows.length, exitCount);
        records.set(columns.confidences, drawn);
      }
      const values = selectCells(columns.losses.values, rows, exitCount);
      const losses = clip ? clipLosses({ kind: columns.losses.kind, values }) : { kind, values };
      return recordsProblem(drawn, losses, asGiven, gridFor);
    },
    population: (records = new Map()) => {
      let all = records.get(columns.confidences);
      if (!all)
        records.set(columns.confidences, (all = exitRecords(columns.confidences, table.sampleCount, exitCount)));
      const losses = clip ? clipLosses(columns.losses) : columns.losses;
      const whole = recordsProblem(all, losses, asGiven, gridFor);
      const { path, sums } = whole.prepare(exactGrid);
      return pathPopulation(path, sums(), costs);
    },
    curvesOf: (_, { path, sums }) => pathPopulation(path, sums(), costs),
  };
}

/** The same for a loss table, whose rows are its own thresholds. */
export function lossTableSource(table: LossTable, clip: boolean): Source {
  return {
    risk: table.kind.name,
    confidence: null,
    sampleCount: table.sampleCount,
    kind: clip ? { ...table.kind, lower: Math.max(0, table.kind.lower) } : table.kind,
    costs: null,
    gridFor: () => tableGrid,
    problem: (order) => lossTableProblem(table, clip, order),
    subset: (rows) => lossTableProblem(selectTableSamples(table, rows), clip, asGiven),
    population: () => {
      const { sums } = lossTableProblem(table, clip, asGiven).prepare(exactGrid);
      return tablePopulation(table, sums());
    },
    curvesOf: (problem, { sums }) => tablePopulation(problem.table as LossTable, sums()),
  };
}
