import type { ImageConfidence } from "../exits/confidence-name.ts";
import { allocateExitTable, type ExitTableColumns } from "../exits/exit-table.ts";
import { lossKind, type RiskName } from "../exits/loss-kinds.ts";
import type { Floats } from "../exits/types.ts";
import { PixelAggregator } from "./aggregate.ts";
import { ClassOverlap, type IouClasses } from "./class-overlap.ts";
import type { RowDefect } from "./row-defect.ts";
import { scoreRows } from "./score-rows.ts";

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

/** Rows `[firstRow, firstRow + rowCount)` of an image, pixel by pixel: row-major `[rowCount · width, exitCount, classCount]`. */
export type ReadPixels = (firstRow: number, rowCount: number) => Floats;

/** Values per block: 1 MB of float32. */
const BLOCK_VALUES = 1 << 18;

/** The label of a pixel that is left out. */
export const LEFT_OUT = -1;

/**
 * Scores dense outputs image by image. Every pixel goes through the row kernel as a sample would, a few image rows at a time;
 * what stays is one confidence per pixel, exit and measure, and counts and sums per exit. All of it is reused for the next image.
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
  readonly #pixels: ExitTableColumns;
  readonly #labels: Int32Array | null;
  readonly #planes: ReadonlyMap<string, readonly Float32Array[]>;
  readonly #aggregator: PixelAggregator;
  readonly #overlap: ClassOverlap | null;
  readonly #sums: { readonly differs: Float64Array; readonly gap: Float64Array; readonly distance: Float64Array };

  constructor(shape: ImageShape, request: ImageRequest) {
    const { exitCount, classCount, height, width } = shape;
    const { risks, labelled, confidences } = request;
    this.#shape = shape;
    this.#request = request;
    this.#blockRows = Math.max(1, Math.min(height, Math.floor(BLOCK_VALUES / (exitCount * classCount * width))));
    const measures = [...new Set(confidences.map(({ measure }) => measure))];
    const rowRisks = risks.filter((risk) => risk === "brier-gap" || risk === "brier-consistency");
    this.#pixels = allocateExitTable({
      sampleCount: this.#blockRows * width,
      exitCount,
      classCount,
      measures,
      risks: rowRisks.map((risk) => lossKind(risk, false)),
      labels: false,
      brier: labelled && risks.includes("brier-gap"),
    });
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
      brier: this.#pixels.brier && sums(),
      meanIou: this.#overlap && sums(),
      validCount: 0,
    };
  }

  /**
   * @param labels `[height · width]`, a class or {@link LEFT_OUT}; null exactly when the request is not labelled
   * @returns the first pixel that cannot be scored (`row` counts pixels), or null
   */
  score(read: ReadPixels, labels: Int32Array | null): RowDefect | null {
    const { height, width } = this.#shape;
    this.#begin();
    for (let row = 0; row < height; row += this.#blockRows) {
      const rows = Math.min(this.#blockRows, height - row);
      const defect = this.#scoreBlock(read(row, rows), row * width, rows * width, labels);
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
    const { exitCount, classCount } = this.#shape;
    const own = labels?.subarray(first, first + count) ?? null;
    // a pixel that is left out still needs a class to be scored against; its scores are not added up
    for (let i = 0; own !== null && i < count; i++) this.#labels![i] = Math.max(0, own[i]);
    const block = { values, rowCount: count, exitCount, classCount };
    const request = {
      values: this.#request.values,
      measures: [...this.#planes.keys()],
      risks: [...this.#pixels.losses.keys()],
    };
    const defect = scoreRows(block, own && this.#labels!.subarray(0, count), request, this.#pixels, 0);
    if (defect !== null) return defect;
    this.#keepConfidences(first, count);
    this.#addUp(own, count);
    return null;
  }

  #keepConfidences(first: number, count: number): void {
    const { exitCount } = this.#shape;
    for (const [measure, planes] of this.#planes) {
      const column = this.#pixels.confidences.get(measure)!;
      for (const [l, plane] of planes.entries()) {
        for (let i = 0; i < count; i++) plane[first + i] = column[i * exitCount + l];
      }
    }
  }

  #addUp(labels: Int32Array | null, count: number): void {
    const { exitCount } = this.#shape;
    const { predictions, brier, losses } = this.#pixels;
    const { differs, gap, distance } = this.#sums;
    const gaps = losses.get("brier-gap")?.values;
    const distances = losses.get("brier-consistency")?.values;
    const { masked } = this.#request;
    for (let i = 0; i < count; i++) {
      const base = i * exitCount;
      const last = base + exitCount - 1;
      const valid = labels === null || labels[i] !== LEFT_OUT;
      for (let l = 0; l < exitCount - 1; l++) {
        if (predictions[base + l] !== predictions[last]) differs[l]++;
        if (valid && gaps !== undefined) gap[l] += gaps[base + l];
        if ((valid || !masked) && distances !== undefined) distance[l] += distances[base + l];
      }
      if (!valid) continue;
      this.scores.validCount++;
      if (brier !== null) for (let l = 0; l < exitCount; l++) this.scores.brier![l] += brier[base + l];
      if (labels !== null) this.#overlap?.add(labels[i], predictions, base);
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
