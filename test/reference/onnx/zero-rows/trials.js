// All trials, and each at every operator set that it exists in.
import { arithmeticTrials } from "./arithmetic.js";
import { caseTrials } from "./cases.js";
import { denseTrials } from "./dense-layers.js";
import { graphTrials } from "./graphs.js";
import { imageTrials } from "./image-layers.js";
import { quantizedTrials } from "./quantized.js";
import { reductionTrials } from "./reductions.js";
import { rowTrials } from "./rows.js";
import { sequenceTrials } from "./sequences.js";
import { shapeTrials } from "./shapes.js";

export const opsets = [11, 13, 17, 21, 24];

/**
 * A trial: `subject` (an operator, or the name of a graph), `form` (how it is used), `draw` (a Drawing → names of outputs), the operator
 * sets `from` and `until` between which it is written so, shapes `expected` of zero rows where they are no straight line through those
 * of 3 and 5, and a `verify` of the outputs of zero rows, which returns what is wrong.
 */
export const trials = [
  ...arithmeticTrials(),
  ...imageTrials(),
  ...denseTrials(),
  ...reductionTrials(),
  ...shapeTrials(),
  ...rowTrials(),
  ...sequenceTrials(),
  ...quantizedTrials(),
  ...graphTrials(),
  ...caseTrials(),
];

export function runs() {
  return trials.flatMap((trial) =>
    opsets
      .filter((opset) => opset >= (trial.from ?? 0) && opset <= (trial.until ?? Infinity))
      .map((opset) => ({ trial, opset })),
  );
}
