import { CompensatedSum } from "../stats/sum.ts";
import { exitCounts } from "./efficiency.ts";

/**
 * λ walked downwards, piece by piece, telling at each step which samples' losses changed.
 *
 * The one face that exit tables (exact or on a grid) and loss tables show to the procedures. Before piece 0 every loss is
 * 0 (the full network, or the reference row); piece k holds on [lambdas[k], lambdas[k−1]), so deploying `lambdas[k]`
 * yields exactly the losses of piece k. Changes of piece k are those at `changeStart[k] … changeStart[k+1] − 1`.
 */
export interface RiskPath {
  readonly kind: "exact" | "grid" | "table";
  readonly sampleCount: number;
  readonly pieceCount: number;
  /** The threshold to deploy for each piece, safest first; −∞ ends an exact path (everything leaves at exit 1 or its first record). */
  readonly lambdas: Float64Array;
  readonly changeStart: Uint32Array;
  readonly samples: Uint32Array;
  /** Loss of the sample before and after the change. */
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** Zero-based exit index after the change; null for loss tables. */
  readonly exits: Uint16Array | null;
}

/** Loss sum of every piece, `[pieceCount]`: whole-number losses add exactly, others with compensation. */
export function lossSums(path: RiskPath): Float64Array {
  const sums = new Float64Array(path.pieceCount);
  const sum = new CompensatedSum();
  for (let k = 0; k < path.pieceCount; k++) {
    for (let j = path.changeStart[k]; j < path.changeStart[k + 1]; j++) {
      sum.add(path.after[j]);
      sum.add(-path.before[j]);
    }
    sums[k] = sum.value;
  }
  return sums;
}

/**
 * What first-failure CRC charges for entering each piece, `[pieceCount]`: the sum before it plus only the *increases* in it.
 * Decreases inside a group of equal confidences may not pay for its increases (Theorem FF, the case of ties).
 */
export function tieCharges(path: RiskPath, sums: Float64Array): Float64Array {
  const charges = new Float64Array(path.pieceCount);
  const increase = new CompensatedSum();
  for (let k = 0; k < path.pieceCount; k++) {
    increase.clear();
    for (let j = path.changeStart[k]; j < path.changeStart[k + 1]; j++) {
      increase.add(Math.max(0, path.after[j] - path.before[j]));
    }
    charges[k] = (k === 0 ? 0 : sums[k - 1]) + increase.value;
  }
  return charges;
}

/** The path of max(0, loss), per sample: what Hoeffding–Bentkus tests, which needs losses in [0, B]. */
export function clippedPath(path: RiskPath): RiskPath {
  const clip = (losses: Float64Array) => losses.map((loss) => Math.max(0, loss));
  return { ...path, before: clip(path.before), after: clip(path.after) };
}

/** The path of each sample's running maximum of 0 and its losses so far: monotone in λ by construction. */
export function monotonePath(path: RiskPath): RiskPath {
  const worst = new Float64Array(path.sampleCount);
  const before = new Float64Array(path.before.length);
  const after = new Float64Array(path.after.length);
  for (let j = 0; j < after.length; j++) {
    const sample = path.samples[j];
    before[j] = worst[sample];
    after[j] = worst[sample] = Math.max(worst[sample], path.after[j]);
  }
  return { ...path, before, after };
}

/** Share of samples in [0, 1] whose loss falls somewhere while λ falls: they break the monotonicity that plain CRC assumes. */
export function nonMonotoneShare(path: RiskPath): number {
  const falls = new Uint8Array(path.sampleCount);
  for (let j = 0; j < path.after.length; j++) {
    if (path.after[j] < path.before[j] - 1e-12) falls[path.samples[j]] = 1;
  }
  return falls.reduce((count, flag) => count + flag, 0) / path.sampleCount;
}

/** The losses of every sample on a piece, `[sampleCount]`; piece −1 is the start, where all are 0. */
export function lossesAt(path: RiskPath, piece: number): Float64Array {
  const losses = new Float64Array(path.sampleCount);
  const end = path.changeStart[piece + 1];
  for (let j = 0; j < end; j++) losses[path.samples[j]] = path.after[j];
  return losses;
}

/** The piece of an exact path that a threshold falls in: the first whose lower end is at or below it. */
export function pieceAt(path: RiskPath, threshold: number): number {
  let low = 0;
  let high = path.pieceCount - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (path.lambdas[middle] <= threshold) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many samples leave at each exit on a piece, `[exitCount]`. Exit tables only. */
export function exitCountsAt(path: RiskPath, piece: number, exitCount: number): Float64Array {
  const taken = new Uint16Array(path.sampleCount).fill(exitCount - 1);
  const end = path.changeStart[piece + 1];
  for (let j = 0; j < end; j++) taken[path.samples[j]] = (path.exits as Uint16Array)[j];
  return exitCounts(taken, exitCount);
}

/** Sum over all samples of the weight of the exit taken, for every piece `[pieceCount]`: costs, or exit numbers. */
export function exitWeightSums(path: RiskPath, weights: readonly number[]): Float64Array {
  const last = weights.length - 1;
  const taken = new Uint16Array(path.sampleCount).fill(last);
  const sums = new Float64Array(path.pieceCount);
  const sum = new CompensatedSum();
  sum.add(path.sampleCount * weights[last]);
  for (let k = 0; k < path.pieceCount; k++) {
    for (let j = path.changeStart[k]; j < path.changeStart[k + 1]; j++) {
      const exit = (path.exits as Uint16Array)[j];
      sum.add(weights[exit]);
      sum.add(-weights[taken[path.samples[j]]]);
      taken[path.samples[j]] = exit;
    }
    sums[k] = sum.value;
  }
  return sums;
}
