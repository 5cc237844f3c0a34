import { type ExitCosts, exitsAsCosts } from "../exits/efficiency.ts";
import { selectRows } from "../exits/exit-table.ts";
import { selectTableSamples } from "../exits/loss-table.ts";
import type { ExitTable, LossTable } from "../exits/types.ts";
import { exactGrid } from "./grid.ts";
import { type Population, pathPopulation, tablePopulation } from "./population.ts";
import { exitTableProblem, lossTableProblem, type Problem, type RowOrder } from "./problem.ts";

/**
 * Rows to draw calibration sets from: an exit table under one risk and confidence, or a loss table. What repeated splits
 * and the self-audit need beyond one {@link Problem}: subsets, and the curves of the whole.
 */
export interface Source {
  readonly risk: string;
  readonly confidence: string | null;
  readonly sampleCount: number;
  readonly costs: ExitCosts | null;
  problem(order: RowOrder): Problem;
  /** The problem of some rows (repeats allowed), in the given order, which is taken as the shuffled one. */
  subset(rows: Uint32Array): Problem;
  /** Curves over all rows and all thresholds. */
  population(): Population;
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
  const narrow: ExitTable = {
    ...table,
    predictions: null,
    labels: null,
    brier: null,
    confidences: only(table.confidences, confidence),
    losses: only(table.losses, risk),
  };
  const problem = (order: RowOrder) => exitTableProblem(narrow, confidence, risk, clip, order);
  return {
    risk,
    confidence,
    sampleCount: table.sampleCount,
    costs,
    problem,
    subset: (rows) => exitTableProblem(selectRows(narrow, rows), confidence, risk, clip, asGiven),
    population: () => {
      const whole = problem(asGiven);
      const prepared = whole.prepare(exactGrid);
      return pathPopulation(prepared.path, prepared.sums(), costs);
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
    costs: null,
    problem: (order) => lossTableProblem(table, clip, order),
    subset: (rows) => lossTableProblem(selectTableSamples(table, rows), clip, asGiven),
    population: () => {
      const { sums } = lossTableProblem(table, clip, asGiven).prepare(exactGrid);
      return tablePopulation(table, sums());
    },
    curvesOf: (problem, { sums }) => tablePopulation(problem.table as LossTable, sums()),
  };
}

function only<Value>(columns: ReadonlyMap<string, Value>, name: string): ReadonlyMap<string, Value> {
  const column = columns.get(name);
  return new Map(column === undefined ? [] : [[name, column]]);
}
