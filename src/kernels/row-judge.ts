import type { MeasureName } from "../exits/confidence.ts";
import type { ComputedConfidence } from "../exits/confidence-name.ts";
import type { Floats } from "../exits/types.ts";
import { aggregate } from "./aggregate.ts";
import type { ExitScorer } from "./exit-scorer.ts";
import { LogitScorer } from "./logit-scorer.ts";
import { ProbabilityScorer } from "./probability-scorer.ts";
import type { RowProblem } from "./row-defect.ts";

/** Prediction and confidence of one exit's output for one sample at a time, bit for bit what calibration computes. */
export interface RowJudge {
  /** Reads the sample whose output begins at `base`; returns what is wrong with it, or null. */
  read(values: Floats, base: number): RowProblem | "patch-too-large" | null;
  /** Class, the lowest on a tie; −1 for dense outputs, which predict per pixel. */
  readonly prediction: number;
  /** float32. */
  readonly confidence: number;
}

/** @param shape of one sample's output: `[C]`, or `[C, H, W]` with an aggregation */
export function rowJudge(wanted: ComputedConfidence, kind: "logits" | "probs", shape: readonly number[]): RowJudge {
  const scorer = kind === "logits" ? new LogitScorer(shape[0]) : new ProbabilityScorer(shape[0]);
  return shape.length === 1 ? new VectorJudge(scorer, wanted.measure) : new DenseJudge(scorer, wanted, shape);
}

class VectorJudge implements RowJudge {
  prediction = 0;
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
    this.confidence = Math.fround(measured(this.#scorer, this.#measure));
    return null;
  }
}

class DenseJudge implements RowJudge {
  readonly prediction = -1;
  confidence = 0;
  readonly #scorer: ExitScorer;
  readonly #wanted: ComputedConfidence;
  readonly #shape: readonly number[];
  readonly #pixel: Float64Array;
  readonly #confidences: Float32Array;

  constructor(scorer: ExitScorer, wanted: ComputedConfidence, shape: readonly number[]) {
    this.#scorer = scorer;
    this.#wanted = wanted;
    this.#shape = shape;
    this.#pixel = new Float64Array(shape[0]);
    this.#confidences = new Float32Array(shape[1] * shape[2]);
  }

  read(values: Floats, base: number): RowProblem | "patch-too-large" | null {
    const [classCount, height, width] = this.#shape;
    const pixelCount = height * width;
    for (let at = 0; at < pixelCount; at++) {
      for (let k = 0; k < classCount; k++) this.#pixel[k] = values[base + k * pixelCount + at];
      const problem = this.#scorer.read(this.#pixel, 0);
      if (problem !== null) return problem;
      this.#confidences[at] = measured(this.#scorer, this.#wanted.measure);
    }
    const confidence = aggregate(this.#confidences, height, width, this.#wanted.aggregation ?? { kind: "mean" });
    if (confidence === null) return "patch-too-large";
    this.confidence = Math.fround(confidence);
    return null;
  }
}

function measured(scorer: ExitScorer, measure: MeasureName): number {
  if (measure === "top1") return scorer.top1();
  return measure === "top-diff" ? scorer.topDiff() : scorer.entropy();
}
