import { clippedPath, lossSums, monotonePath, type RiskPath, tieCharges } from "../exits/risk-path.ts";
import type { LossKind } from "../exits/types.ts";
import { clopperPearsonCriticalSum, hoeffdingBentkusCriticalSum } from "../stats/critical-sum.ts";
import { resumableStar, resumableWsr } from "../stats/resumable-betting.ts";
import type { Level, ResolvedMethod } from "./types.ts";

/** Slack for comparisons of sums: 100 × 0.07 = 7.000000000000001 must equal 7 (STATISTICS, decision S3). */
const SLACK = 1e-9;

/** One path, ready to be asked about many methods and levels: whatever does not depend on ε is computed once. */
export interface PreparedPath {
  readonly path: RiskPath;
  readonly kind: LossKind;
  /** `position[i]`: place of sample i in the shuffled order that betting bounds read. */
  readonly position: Uint32Array;
  sums(): Float64Array;
  charges(): Float64Array;
  clippedSums(): Float64Array;
  monotoneSums(): Float64Array;
}

export function preparePath(path: RiskPath, kind: LossKind, position: Uint32Array): PreparedPath {
  const sums = once(() => lossSums(path));
  return {
    path,
    kind,
    position,
    sums,
    charges: once(() => tieCharges(path, sums())),
    clippedSums: once(() => (kind.lower < 0 ? lossSums(clippedPath(path)) : sums())),
    monotoneSums: once(() => lossSums(monotonePath(path))),
  };
}

/**
 * The riskiest piece that a procedure accepts; −1 when not even the safest passes.
 *
 * Methods with a guarantee stop at the *first failure* on the way down. "The last piece that passes" would deploy the most
 * optimistic dip of a noisy curve: P(risk > ε) is about 0.25 at δ = 0.1 that way, even for a monotone risk. Only naive
 * and `crc:last-pass`, which promise nothing, look for the last.
 */
export function acceptedPiece(method: ResolvedMethod, prepared: PreparedPath, level: Level): number {
  const { path, kind } = prepared;
  const n = path.sampleCount;
  if (method.name === "naive") return lastPass(prepared.sums(), n * level.epsilon);
  if (method.name === "crc") return acceptedByCrc(method, prepared, level.epsilon);
  switch (method.bound) {
    case "cp":
      return beforeFirstAbove(prepared.sums(), clopperPearsonCriticalSum(n, level.epsilon, level.delta));
    case "hb": {
      const critical = hoeffdingBentkusCriticalSum(n, level.epsilon / kind.upper, level.delta);
      // This critical sum has the slack in it already, before it is scaled to the range of the loss.
      return beforeFirstAbove(prepared.clippedSums(), kind.upper * critical - SLACK);
    }
    default:
      return acceptedByBetting(method.bound === "wsr" ? resumableWsr : resumableStar, prepared, level);
  }
}

/**
 * Conformal risk control: S + B ≤ (n+1)ε.
 * A fixed grid or a table compares the net sums of its rows; the exact sweep charges a group of equal confidences with its
 * increases only, which Theorem FF needs and a grid cannot offer.
 */
function acceptedByCrc(method: ResolvedMethod, prepared: PreparedPath, epsilon: number): number {
  const { path, kind } = prepared;
  const budget = (path.sampleCount + 1) * epsilon - kind.upper;
  if (method.crc === "last-pass") return lastPass(prepared.sums(), budget);
  // Without this stop the expected risk may reach B/(n+1): the calibration set is too small to promise ε.
  if (budget < -SLACK) return -1;
  if (method.crc === "monotone") return beforeFirstAbove(prepared.monotoneSums(), budget);
  return beforeFirstAbove(path.kind === "exact" ? prepared.charges() : prepared.sums(), budget);
}

/** Walks down and re-tests the loss vector wherever it changed; the test resumes at the first changed row. */
function acceptedByBetting(test: typeof resumableStar, { path, kind, position }: PreparedPath, level: Level): number {
  const losses = new Float64Array(path.sampleCount);
  const { certified } = test({ losses, epsilon: level.epsilon, delta: level.delta, lossBound: kind.upper });
  for (let k = 0; k < path.pieceCount; k++) {
    let firstChanged = k === 0 ? 0 : path.sampleCount;
    for (let j = path.changeStart[k]; j < path.changeStart[k + 1]; j++) {
      if (path.after[j] === path.before[j]) continue;
      const place = position[path.samples[j]];
      losses[place] = path.after[j];
      if (place < firstChanged) firstChanged = place;
    }
    if (!certified(firstChanged)) return k - 1;
  }
  return path.pieceCount - 1;
}

function beforeFirstAbove(sums: Float64Array, critical: number): number {
  let k = 0;
  while (k < sums.length && sums[k] <= critical + SLACK) k++;
  return k - 1;
}

function lastPass(sums: Float64Array, critical: number): number {
  let k = sums.length - 1;
  while (k >= 0 && sums[k] > critical + SLACK) k--;
  return k;
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}
