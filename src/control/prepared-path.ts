import { type LossSteps, lossSteps } from "../exits/loss-steps.ts";
import { clippedPath, lossSums, monotonePath, type RiskPath, tieCharges } from "../exits/risk-path.ts";
import type { LossKind } from "../exits/types.ts";
import { BettingWalk } from "./betting-walk.ts";

/** One path, ready to be asked about many methods and levels: whatever does not depend on ε is computed once. */
export interface PreparedPath {
  readonly path: RiskPath;
  readonly kind: LossKind;
  /** `position[i]`: place of sample i in the shuffled order that betting bounds read. */
  readonly position: Uint32Array;
  /** Loss sum of every piece, `[pieceCount]`. */
  sums(): Float64Array;
  /** The largest value up to each piece, `[pieceCount]`, of four curves: a first failure is found by bisection. */
  highestSums(): Float64Array;
  highestCharges(): Float64Array;
  highestClippedSums(): Float64Array;
  highestMonotoneSums(): Float64Array;
  /** The smallest sum from each piece on, `[pieceCount]`: for the last piece that passes. */
  lowestSumsAfter(): Float64Array;
  /** Loss sum of every piece of max(0, loss), `[pieceCount]`. */
  clippedSums(): Float64Array;
  /** One walk per bound and δ, so that a level learns from the others where to look. */
  betting(bound: "wsr" | "star", delta: number): BettingWalk;
}

export function preparePath(path: RiskPath, kind: LossKind, position: Uint32Array): PreparedPath {
  const sums = once(() => lossSums(path));
  const clippedSums = once(() => (kind.lower < 0 ? lossSums(clippedPath(path)) : sums()));
  const steps = once((): LossSteps => lossSteps(path, position));
  const walks = new Map<string, BettingWalk>();
  return {
    path,
    kind,
    position,
    sums,
    clippedSums,
    highestSums: once(() => highestSoFar(sums())),
    highestCharges: once(() => highestSoFar(tieCharges(path, sums()))),
    highestClippedSums: once(() => highestSoFar(clippedSums())),
    highestMonotoneSums: once(() => highestSoFar(lossSums(monotonePath(path)))),
    lowestSumsAfter: once(() => lowestFromHere(sums())),
    betting: (bound, delta) => {
      const key = `${bound} ${delta}`;
      let walk = walks.get(key);
      if (!walk) walks.set(key, (walk = new BettingWalk(steps(), sums(), { bound, delta, lossBound: kind.upper })));
      return walk;
    },
  };
}

function highestSoFar(curve: Float64Array): Float64Array {
  const highest = new Float64Array(curve.length);
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < curve.length; k++) highest[k] = most = Math.max(most, curve[k]);
  return highest;
}

function lowestFromHere(curve: Float64Array): Float64Array {
  const lowest = new Float64Array(curve.length);
  let least = Number.POSITIVE_INFINITY;
  for (let k = curve.length - 1; k >= 0; k--) lowest[k] = least = Math.min(least, curve[k]);
  return lowest;
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}
