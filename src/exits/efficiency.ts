/** Cumulative cost of leaving at each exit, `costs[l]` = everything computed up to and including exit l; increasing. */
export interface ExitCosts {
  readonly costs: readonly number[];
  /** "exits" counts exits passed; otherwise the user's unit, e.g. "MACs" or "GFLOPs". */
  readonly unit: string;
  /** Cost of the full network alone, where reaching the last exit costs more: in a chain of separate models. */
  readonly full?: number | undefined;
}

/** What a rule saves, measured on some rows; exits count from 1, costs are in `costUnit`. */
export interface Efficiency {
  /** Mean one-based exit. */
  readonly meanExit: number;
  /** Share of samples per exit, `[exitCount]`, summing to 1; null for a loss table, which knows only means. */
  readonly exitShare: readonly number[] | null;
  readonly meanCost: number;
  readonly fullCost: number;
  readonly costUnit: string;
  /** 1 − meanCost / fullCost: the share of the full network's cost that is not spent. */
  readonly saving: number;
  /** "table": the means are a loss table's own, over samples that it does not tell of; absent where these samples' were taken. */
  readonly measuredOn?: "table" | undefined;
}

/** Costs in units of exits, 1 … L, for when no measured cost is known: a saving in these is a share *of exits*, not of time. */
export function exitsAsCosts(exitCount: number): ExitCosts {
  return { costs: Array.from({ length: exitCount }, (_, l) => l + 1), unit: "exits" };
}

/** Efficiency of a set of samples from how many left at each exit, `[exitCount]`. */
export function efficiency(exitCounts: ArrayLike<number>, { costs, unit, full }: ExitCosts): Efficiency {
  const counts = Array.from(exitCounts);
  const sampleCount = counts.reduce((sum, count) => sum + count, 0);
  const mean = (weight: (exitIndex: number) => number) =>
    counts.reduce((sum, count, l) => sum + count * weight(l), 0) / sampleCount;
  const meanCost = mean((l) => costs[l]);
  const fullCost = full ?? costs[costs.length - 1];
  return {
    meanExit: mean((l) => l + 1),
    exitShare: counts.map((count) => count / sampleCount),
    meanCost,
    fullCost,
    costUnit: unit,
    saving: 1 - meanCost / fullCost,
  };
}

/** How many samples leave at each exit, `[exitCount]`. */
export function exitCounts(taken: ArrayLike<number>, exitCount: number): Float64Array {
  const counts = new Float64Array(exitCount);
  for (let i = 0; i < taken.length; i++) counts[taken[i]]++;
  return counts;
}
