import type { MeasureName } from "../exits/confidence.ts";
import type { Floats } from "../exits/types.ts";
import type { PixelAnswers } from "./pixel-answers.ts";
import type { RowDefect } from "./row-defect.ts";

/** What the outputs per pixel are, and what is wanted of them beside predictions. */
export interface PixelRequest {
  readonly exitCount: number;
  readonly classCount: number;
  readonly values: "logits" | "probs";
  readonly measures: readonly MeasureName[];
  /** Brier scores against labels. */
  readonly brier: boolean;
  /** ‖p_l − p_L‖² of every exit and the last. */
  readonly distances: boolean;
}

/**
 * Scores outputs per pixel as samples are scored, from the planes in which they lie in memory: `[exitCount, classCount, pixelCount]` in
 * C order. One scorer is used for block after block.
 */
export interface PixelScorer {
  /** Room for the planes of `pixelCount` pixels, where `score` needs no copy. Valid until the next call; earlier room is reused. */
  roomFor(pixelCount: number, type: Float32ArrayConstructor | Float64ArrayConstructor): Floats;
  /**
   * @param labels `[pixelCount]`, each a class; null where no Brier scores are wanted
   * @returns the first pixel that cannot be scored (`row` counts pixels), or null
   */
  score(planes: Floats, pixelCount: number, labels: Int32Array | null): RowDefect | null;
  /** About the pixels that were scored last, when all of them could be. */
  readonly answers: PixelAnswers;
}

/** Makes a scorer: the plain one, or one on a SIMD kernel, which gives the same bits. */
export type PixelScorerMaker = (request: PixelRequest) => PixelScorer;
