import type { ExitCosts } from "../exits/efficiency.ts";
import { exitWeightSums, pieceAt, type RiskPath } from "../exits/risk-path.ts";
import type { LossTable } from "../exits/types.ts";

/** Sums over a set of samples at one threshold. Sums, so that a test part is the whole less the calibration part. */
export interface Totals {
  readonly sampleCount: number;
  readonly loss: number;
  /** Sum of one-based exits taken; NaN for a loss table without exits. */
  readonly exit: number;
  readonly cost: number;
}

/** A set of samples whose sums can be read at any threshold in O(log K): the risk curve and the efficiency curve. */
export interface Population {
  readonly sampleCount: number;
  /** `piece` −1 is never-exit. */
  atPiece(piece: number): Totals;
  /** The piece that a threshold of another calibration falls in; +∞ is never-exit. */
  pieceOf(threshold: number): number;
}

/** The curves of an exit table's path. Only an exact path knows every threshold; a grid path knows its own pieces. */
export function pathPopulation(path: RiskPath, sums: Float64Array, { costs }: ExitCosts): Population {
  const n = path.sampleCount;
  const { exitSums, costSums } = weightSums(path, costs);
  return {
    sampleCount: n,
    atPiece: (piece) =>
      piece < 0
        ? { sampleCount: n, loss: 0, exit: n * costs.length, cost: n * costs[costs.length - 1] }
        : { sampleCount: n, loss: sums[piece], exit: exitSums[piece], cost: costSums[piece] },
    pieceOf: (threshold) => (threshold === Number.POSITIVE_INFINITY ? -1 : pieceAt(path, threshold)),
  };
}

interface WeightSums {
  readonly costs: readonly number[];
  readonly exitSums: Float64Array;
  readonly costSums: Float64Array;
}

/** Several risks under one confidence leave at the same exits: sums of exits and costs do not depend on losses. */
const sumsByExits = new WeakMap<Uint16Array, WeightSums>();

function weightSums(path: RiskPath, costs: readonly number[]): WeightSums {
  const exits = path.exits as Uint16Array;
  const known = sumsByExits.get(exits);
  if (known?.costs === costs && path.kind === "exact") return known;
  const ordinals = costs.map((_, l) => l + 1);
  const exitSums = exitWeightSums(path, ordinals);
  const costSums = costs.every((cost, l) => cost === ordinals[l]) ? exitSums : exitWeightSums(path, costs);
  const sums = { costs, exitSums, costSums };
  sumsByExits.set(exits, sums);
  return sums;
}

/** The rows of a loss table; never-exit deploys the reference row. */
export function tablePopulation(table: LossTable, sums: Float64Array): Population {
  const n = table.sampleCount;
  return {
    sampleCount: n,
    atPiece: (piece) => {
      const row = piece < 0 ? table.referenceRow : piece;
      const exit = table.meanExits ? n * table.meanExits[row] : Number.NaN;
      return { sampleCount: n, loss: sums[row], exit, cost: exit };
    },
    pieceOf: (threshold) => table.lambdas.indexOf(threshold),
  };
}
