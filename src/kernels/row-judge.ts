import type { MeasureName } from "../exits/confidence.ts";
import type { ComputedConfidence } from "../exits/confidence-name.ts";
import type { Floats } from "../exits/types.ts";
import { confidenceOf, type ExitScorer } from "./exit-scorer.ts";
import { ImageJudge } from "./image-judge.ts";
import { LogitScorer } from "./logit-scorer.ts";
import type { PixelScorerMaker } from "./pixel-scorer.ts";
import { plainPixelScorer } from "./plain-pixel-scorer.ts";
import { ProbabilityScorer } from "./probability-scorer.ts";
import type { RowProblem } from "./row-defect.ts";

/** Prediction and confidence of one exit's output for one sample at a time, bit for bit what calibration computes. */
export interface RowJudge {
  /** Reads the sample whose output begins at `base`; returns what is wrong with it, or null. */
  read(values: Floats, base: number): RowProblem | "patch-too-large" | null;
  /** Class, the lowest on a tie; −1 for dense outputs, which predict per pixel. */
  readonly prediction: number;
  /** Class per pixel of a dense output, row-major `[H, W]`, until the next read; null for one prediction per sample. */
  readonly classMap: Int32Array | null;
  /** float32. */
  readonly confidence: number;
}

/**
 * @param shape of one sample's output: `[C]`, or `[C, H, W]` with an aggregation
 * @param pixelScorer what scores the pixels of the latter
 */
export function rowJudge(
  wanted: ComputedConfidence,
  kind: "logits" | "probs",
  shape: readonly number[],
  pixelScorer: PixelScorerMaker = plainPixelScorer,
): RowJudge {
  if (shape.length > 1) {
    const confidence = { ...wanted, aggregation: wanted.aggregation ?? ({ kind: "mean" } as const) };
    return new ImageJudge(confidence, kind, shape, pixelScorer);
  }
  const scorer = kind === "logits" ? new LogitScorer(shape[0]) : new ProbabilityScorer(shape[0]);
  return new VectorJudge(scorer, wanted.measure);
}

class VectorJudge implements RowJudge {
  prediction = 0;
  readonly classMap = null;
  confidence = 0;
  readonly #scorer: ExitScorer;
  readonly #measure: MeasureName;

  constructor(scorer: ExitScorer, measure: MeasureName) {
    this.#scorer = scorer;
    this.#measure = measure;
  }

  read(values: Floats, base: number): RowProblem | null {
    const problem = this.#scorer.read(values, base);
    if (problem !== null) return problem;
    this.prediction = this.#scorer.prediction;
    this.confidence = Math.fround(confidenceOf(this.#scorer, this.#measure));
    return null;
  }
}
