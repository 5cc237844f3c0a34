import { expect, test } from "vitest";
import { exactPath } from "../../src/exits/exact-path.ts";
import { exitRecords } from "../../src/exits/exit-records.ts";
import { lossSteps } from "../../src/exits/loss-steps.ts";

test("steps are piece 0 and the pieces on which a loss really changes, with places in betting order", () => {
  // Sample 0 leaves below .9 and loses nothing, sample 1 below .8 and loses 1, sample 2 below .7 and gains .5.
  const confidences = Float32Array.of(0.9, 0, 0.8, 0, 0.7, 0);
  const losses = Float64Array.of(0, 0, 1, 0, -0.5, 0);
  const path = exactPath(exitRecords(confidences, 3, 2), losses);
  expect(path.pieceCount).toBe(4);
  expect(lossSteps(path, Uint32Array.of(2, 0, 1))).toEqual({
    sampleCount: 3,
    stepCount: 3,
    pieceCount: 4,
    pieces: Uint32Array.of(0, 2, 3),
    starts: Uint32Array.of(0, 0, 1, 2),
    places: Uint32Array.of(0, 1),
    losses: Float64Array.of(1, -0.5),
  });
});
