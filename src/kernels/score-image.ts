import type { MeasureName } from "../exits/confidence.ts";
import type { ImageConfidence } from "../exits/confidence-name.ts";
import type { RiskName } from "../exits/loss-kinds.ts";
import type { Floats } from "../exits/types.ts";
import { PixelAggregator } from "./aggregate.ts";
import { ClassOverlap, type IouClasses } from "./class-overlap.ts";
import type { PixelAnswers } from "./pixel-answers.ts";
import type { PixelScorer, PixelScorerMaker } from "./pixel-scorer.ts";
import { plainPixelScorer } from "./plain-pixel-scorer.ts";
import type { RowDefect } from "./row-defect.ts";

/** Sizes of one image's outputs `[exitCount, classCount, height, width]`. */
export interface ImageShape {
  readonly exitCount: number;
  readonly classCount: number;
  readonly height: number;
  readonly width: number;
}

/** What to compute for every image. */
export interface ImageRequest {
  readonly values: "logits" | "probs";
  readonly confidences: readonly ImageConfidence[];
  /** Those of {@link imageRiskNames}. */
  readonly risks: readonly RiskName[];
  readonly labelled: boolean;
  /** Whether labels leave pixels out; `brier-consistency` then leaves them out too. */
  readonly masked: boolean;
  readonly iou: IouClasses;
}

/** An image's answers, one value per exit; overwritten by the next image. */
export interface ImageScores {
  /** In the order of the request, each `[exitCount]`. */
  readonly confidences: readonly Float32Array[];
  /** Relative losses `[exitCount]`, 0 at the last exit. */
  readonly losses: ReadonlyMap<RiskName, Float64Array>;
  /** Mean Brier score over the pixels with a label; null without labels. */
  readonly brier: Float64Array | null;
  /** Mean IoU on the pixels with a label; null without labels. */
  readonly meanIou: Float64Array | null;
  /** Pixels with a label that is not left out; all without labels. */
  validCount: number;
}

/** The values of one image, read a few rows at a time. */
export interface ImagePixels {
  readonly type: Float32ArrayConstructor | Float64ArrayConstructor;
  /**
   * Rows `[firstRow, firstRow + rowCount)` as planes, row-major `[exitCount, classCount, rowCount · width]`, in the start of `room` if that
   * is given (of this type, and large enough).
   */
  read(firstRow: number, rowCount: number, room?: Floats): Floats;
}

/** Values per block: 1 MB of float32. */
const BLOCK_VALUES = 1 << 18;

/** The label of a pixel that is left out. */
export const LEFT_OUT = -1;

/**
 * Scores dense outputs image by image. Every pixel is scored as a sample would be, a few image rows at a time; what stays is one
 * confidence per pixel, exit and measure, and counts and sums per exit. All of it is reused for the next image.
 *
 * With A the pixels of an image and V those with a label that is not left out:
 * `miscoverage` 1/|A| Σ_A 1[ŷ_l ≠ ŷ_L] · `miou-gap` mIoU_L − mIoU_l on V · `brier-gap` mean over V of the pixels' Brier gaps ·
 * `brier-consistency` mean over A of ‖p_l − p_L‖², over V where labels leave pixels out. Without a pixel in V a loss is 0.
 * Confidences are over A: a deployed network knows no labels.
 */
export class ImageScorer {
  readonly scores: ImageScores;
  readonly #shape: ImageShape;
  readonly #request: ImageRequest;
  readonly #blockRows: number;
  readonly #pixels: PixelScorer;
  readonly #labels: Int32Array | null;
  readonly #planes: ReadonlyMap<MeasureName, readonly Float32Array[]>;
  readonly #aggregator: PixelAggregator;
  readonly #overlap: ClassOverlap | null;
  readonly #sums: { readonly differs: Float64Array; readonly gap: Float64Array; readonly distance: Float64Array };

  constructor(shape: ImageShape, request: ImageRequest, pixelScorer: PixelScorerMaker = plainPixelScorer) {
    const { exitCount, classCount, height, width } = shape;
    const { values, risks, labelled, confidences } = request;
    this.#shape = shape;
    this.#request = request;
    this.#blockRows = Math.max(1, Math.min(height, Math.floor(BLOCK_VALUES / (exitCount * classCount * width))));
    const measures = [...new Set(confidences.map(({ measure }) => measure))];
    const brier = labelled && risks.includes("brier-gap");
    const distances = risks.includes("brier-consistency");
    this.#pixels = pixelScorer({ exitCount, classCount, values, measures, brier, distances });
    this.#labels = labelled ? new Int32Array(this.#blockRows * width) : null;
    const perExit = <T>(make: () => T) => Array.from({ length: exitCount }, make);
    this.#planes = new Map(measures.map((name) => [name, perExit(() => new Float32Array(height * width))]));
    this.#aggregator = new PixelAggregator(height, width);
    this.#overlap = labelled && risks.includes("miou-gap") ? new ClassOverlap(exitCount, classCount) : null;
    const sums = () => new Float64Array(exitCount);
    this.#sums = { differs: sums(), gap: sums(), distance: sums() };
    this.scores = {
      confidences: confidences.map(() => new Float32Array(exitCount)),
      losses: new Map(risks.map((risk) => [risk, sums()])),
      brier: brier ? sums() : null,
      meanIou: this.#overlap && sums(),
      validCount: 0,
    };
  }

  /**
   * @param labels `[height · width]`, a class or {@link LEFT_OUT}; null exactly when the request is not labelled
   * @returns the first pixel that cannot be scored (`row` counts pixels), or null
   */
  score(image: ImagePixels, labels: Int32Array | null): RowDefect | null {
    const { height, width } = this.#shape;
    this.#begin();
    const room = this.#pixels.roomFor(this.#blockRows * width, image.type);
    for (let row = 0; row < height; row += this.#blockRows) {
      const rows = Math.min(this.#blockRows, height - row);
      const defect = this.#scoreBlock(image.read(row, rows, room), row * width, rows * width, labels);
      if (defect !== null) return { ...defect, row: defect.row + row * width };
    }
    this.#finish(labels !== null);
    return null;
  }

  #begin(): void {
    for (const sums of [...Object.values(this.#sums), this.scores.brier]) sums?.fill(0);
    this.#overlap?.clear();
    this.scores.validCount = 0;
  }

  #scoreBlock(values: Floats, first: number, count: number, labels: Int32Array | null): RowDefect | null {
    const own = labels?.subarray(first, first + count) ?? null;
    // a pixel that is left out still needs a class to be scored against; its scores are not added up
    for (let i = 0; own !== null && i < count; i++) this.#labels![i] = Math.max(0, own[i]);
    const defect = this.#pixels.score(values, count, own && this.#labels!.subarray(0, count));
    if (defect !== null) return defect;
    const { answers } = this.#pixels;
    for (const [measure, planes] of this.#planes) {
      for (const [l, plane] of planes.entries()) plane.set(answers.confidences(measure, l), first);
    }
    this.#addUp(answers, own, count);
    return null;
  }

  #addUp(answers: PixelAnswers, labels: Int32Array | null, count: number): void {
    const { exitCount } = this.#shape;
    const { brier, losses } = this.scores;
    const { differs, gap, distance } = this.#sums;
    const last = exitCount - 1;
    const distanceLabels = this.#request.masked ? labels : null;
    this.scores.validCount += labels === null ? count : validCount(labels);
    for (let l = 0; l < exitCount; l++) {
      const predictions = answers.predictions(l);
      if (labels !== null) this.#overlap?.add(l, labels, predictions);
      if (brier !== null) brier[l] = addValid(brier[l], answers.brier(l), labels);
      if (l === last) continue;
      differs[l] += differing(predictions, answers.predictions(last));
      if (brier !== null) gap[l] = addGaps(gap[l], answers.brier(l), answers.brier(last), labels);
      if (losses.has("brier-consistency")) distance[l] = addValid(distance[l], answers.distances(l), distanceLabels);
    }
  }

  #finish(labelled: boolean): void {
    const { exitCount, height, width } = this.#shape;
    const { losses, brier, meanIou, validCount } = this.scores;
    const all = height * width;
    const valid = Math.max(1, validCount);
    const [differs, gap] = [losses.get("miscoverage"), losses.get("brier-gap")];
    const [distance, iou] = [losses.get("brier-consistency"), losses.get("miou-gap")];
    const over = labelled && this.#request.masked ? valid : all;
    for (let l = 0; l < exitCount; l++) {
      if (differs) differs[l] = this.#sums.differs[l] / all;
      if (gap) gap[l] = this.#sums.gap[l] / valid;
      if (distance) distance[l] = this.#sums.distance[l] / over;
      if (brier) brier[l] /= valid;
      if (meanIou) meanIou[l] = this.#overlap!.meanIou(l, this.#request.iou);
    }
    if (iou && meanIou) for (let l = 0; l < exitCount; l++) iou[l] = meanIou[exitCount - 1] - meanIou[l];
    this.#aggregate();
  }

  #aggregate(): void {
    for (const [at, { measure, aggregation }] of this.#request.confidences.entries()) {
      for (const [l, plane] of this.#planes.get(measure)!.entries()) {
        const value = this.#aggregator.aggregate(plane, aggregation);
        if (value === null) throw new RangeError(`a patch of ${JSON.stringify(aggregation)} does not fit the image`);
        this.scores.confidences[at][l] = value;
      }
    }
  }
}

/** Pixels that are not left out. */
function validCount(labels: Int32Array): number {
  let count = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] !== LEFT_OUT) count++;
  return count;
}

/** How many pixels have different classes. */
function differing(a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

/** A sum and the values of all pixels that are not left out, in their order. */
function addValid(sum: number, values: Float64Array, labels: Int32Array | null): number {
  for (let i = 0; i < values.length; i++) if (labels === null || labels[i] !== LEFT_OUT) sum += values[i];
  return sum;
}

/** The same of the values' differences to others. */
function addGaps(sum: number, values: Float64Array, others: Float64Array, labels: Int32Array | null): number {
  for (let i = 0; i < values.length; i++) {
    if (labels === null || labels[i] !== LEFT_OUT) sum += values[i] - others[i];
  }
  return sum;
}
