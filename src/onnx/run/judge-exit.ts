import { EexitError } from "../../errors.ts";
import type { ComputedConfidence } from "../../exits/confidence-name.ts";
import type { Floats } from "../../exits/types.ts";
import { halfToFloat32 } from "../../kernels/half-float.ts";
import type { PixelScorerMaker } from "../../kernels/pixel-scorer.ts";
import { plainPixelScorer } from "../../kernels/plain-pixel-scorer.ts";
import { defectError } from "../../kernels/row-defect.ts";
import { type RowJudge, rowJudge } from "../../kernels/row-judge.ts";
import type { Values } from "../session.ts";
import { product } from "./rows.ts";

/** One exit's answer for the rows of a batch. */
export interface Judged {
  /** Class per row, −1 for dense outputs. */
  readonly predictions: Int32Array;
  /** NaN at the last exit where the model has no confidence output for it. */
  readonly confidences: Float32Array;
  /** Class per pixel, row-major `[rows, H, W]`; null for one prediction per sample. */
  readonly classMaps: Int32Array | null;
}

/** Reads predictions and confidences from what a stage computed. */
export interface ExitJudge {
  /**
   * @param samples sample number per row, for messages
   * @param supplied the model's own confidence output, if it has one
   */
  judge(logits: Values, supplied: Values | null, exitIndex: number, samples: ArrayLike<number>): Judged;
}

/**
 * @param confidence null when the model supplies it
 * @param where names the model in messages
 * @param pixelScorer what scores the pixels of dense outputs
 */
export function exitJudge(
  confidence: ComputedConfidence | null,
  kind: "logits" | "probs",
  shape: readonly number[],
  where: string,
  pixelScorer: PixelScorerMaker = plainPixelScorer,
): ExitJudge {
  const wanted = confidence ?? { measure: "top1", aggregation: shape.length > 1 ? { kind: "mean" } : null };
  let judge = rowJudge(wanted, kind, shape, pixelScorer);
  let judgedShape = shape;
  return {
    judge(logits, supplied, exitIndex, samples) {
      const found = logits.dims.slice(1);
      // a model may leave the size of its images open
      if (found.join() !== judgedShape.join()) {
        judge = rowJudge(wanted, kind, found, pixelScorer);
        judgedShape = found;
      }
      const judged = judgeRows(judge, logits, exitIndex, samples, where);
      if (confidence !== null) return judged;
      return { ...judged, confidences: suppliedConfidences(supplied, logits.dims[0], where) };
    },
  };
}

function judgeRows(
  judge: RowJudge,
  logits: Values,
  exitIndex: number,
  samples: ArrayLike<number>,
  where: string,
): Judged {
  const rowCount = logits.dims[0];
  const width = product(logits.dims.slice(1));
  const values = asFloats(logits);
  const predictions = new Int32Array(rowCount);
  const confidences = new Float32Array(rowCount);
  const classMaps = judge.classMap && new Int32Array(rowCount * judge.classMap.length);
  for (let row = 0; row < rowCount; row++) {
    const problem = judge.read(values, row * width);
    if (problem === "patch-too-large") {
      throw new EexitError(
        "confidence-unknown",
        `${where}: the patch is larger than its output of ${logits.dims.slice(2).join(" × ")} pixels`,
        "use a threshold made for a smaller patch",
      );
    }
    if (problem !== null) throw defectError({ row: 0, exitIndex, problem }, where, samples[row]);
    predictions[row] = judge.prediction;
    confidences[row] = judge.confidence;
    if (judge.classMap !== null) classMaps?.set(judge.classMap, row * judge.classMap.length);
  }
  return { predictions, confidences, classMaps };
}

function suppliedConfidences(supplied: Values | null, rowCount: number, where: string): Float32Array {
  if (supplied === null) return new Float32Array(rowCount).fill(Number.NaN);
  if (product(supplied.dims) === rowCount) return Float32Array.from(asFloats(supplied));
  throw new EexitError(
    "confidence-unknown",
    `${where}: a confidence output has the shape [${supplied.dims.join(", ")}] for ${rowCount} rows, expected one number per row`,
    "see --confidence-output",
  );
}

/** Float values of a tensor; float16 exactly, as calibration reads it. */
export function asFloats({ type, data }: Values): Floats {
  if (type === "float16") return halfToFloat32(data as Uint16Array);
  return data as Floats;
}
