import type { RiskPath } from "./risk-path.ts";

/**
 * The pieces of a path on which losses really change, in the order of a walk: most records of a 0/1 loss change nothing,
 * and a test need not be repeated for them. Step 0 is piece 0, changed or not, because it has to be tested.
 */
export interface LossSteps {
  readonly sampleCount: number;
  readonly stepCount: number;
  /** Pieces of the whole path. */
  readonly pieceCount: number;
  /** `[stepCount]`: the piece that begins with the step. */
  readonly pieces: Uint32Array;
  /** `[stepCount + 1]`: the changes of step s are those at `starts[s] … starts[s+1] − 1`. */
  readonly starts: Uint32Array;
  /** Place of the changed sample in the order that betting bounds read. */
  readonly places: Uint32Array;
  /** Its loss from here on. */
  readonly losses: Float64Array;
}

/** @param position `position[i]`: place of sample i in the order that betting bounds read */
export function lossSteps(path: RiskPath, position: Uint32Array): LossSteps {
  const { changeStart, before, after, samples, pieceCount, sampleCount } = path;
  const changeCount = after.length;
  const pieces = new Uint32Array(Math.min(pieceCount, changeCount + 1));
  const starts = new Uint32Array(pieces.length + 1);
  const places = new Uint32Array(changeCount);
  const losses = new Float64Array(changeCount);
  let step = 0;
  let change = 0;
  for (let k = 0; k < pieceCount; k++) {
    const first = change;
    for (let j = changeStart[k]; j < changeStart[k + 1]; j++) {
      if (after[j] === before[j]) continue;
      places[change] = position[samples[j]];
      losses[change++] = after[j];
    }
    if (change === first && k > 0) continue;
    pieces[step] = k;
    starts[step++] = first;
  }
  starts[step] = change;
  return {
    sampleCount,
    stepCount: step,
    pieceCount,
    pieces: pieces.subarray(0, step),
    starts: starts.subarray(0, step + 1),
    places: places.subarray(0, change),
    losses: losses.subarray(0, change),
  };
}
