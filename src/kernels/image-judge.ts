import type { ImageConfidence } from "../exits/confidence-name.ts";
import type { Floats } from "../exits/types.ts";
import { PixelAggregator } from "./aggregate.ts";
import type { PixelScorer, PixelScorerMaker } from "./pixel-scorer.ts";
import type { RowProblem } from "./row-defect.ts";

/** Values per block: 1 MB of float32. */
const BLOCK_VALUES = 1 << 18;

/** Class map and confidence of one exit's output for one image at a time, by the same kernel and sums as calibration. */
export class ImageJudge {
  readonly prediction = -1;
  readonly classMap: Int32Array;
  confidence = 0;
  readonly #wanted: ImageConfidence;
  readonly #classCount: number;
  readonly #blockSize: number;
  readonly #pixels: PixelScorer;
  readonly #confidences: Float32Array;
  readonly #aggregator: PixelAggregator;

  /** @param shape `[C, H, W]` */
  constructor(
    wanted: ImageConfidence,
    values: "logits" | "probs",
    shape: readonly number[],
    pixelScorer: PixelScorerMaker,
  ) {
    const [classCount, height, width] = shape;
    this.#wanted = wanted;
    this.#classCount = classCount;
    this.#blockSize = Math.max(1, Math.min(height * width, Math.floor(BLOCK_VALUES / classCount)));
    const measures = [wanted.measure];
    this.#pixels = pixelScorer({ exitCount: 1, classCount, values, measures, brier: false, distances: false });
    this.classMap = new Int32Array(height * width);
    this.#confidences = new Float32Array(height * width);
    this.#aggregator = new PixelAggregator(height, width);
  }

  read(values: Floats, base: number): RowProblem | "patch-too-large" | null {
    const pixelCount = this.classMap.length;
    for (let first = 0; first < pixelCount; first += this.#blockSize) {
      const count = Math.min(this.#blockSize, pixelCount - first);
      const defect = this.#pixels.score(this.#block(values, base + first, count), count, null);
      if (defect !== null) return defect.problem;
      const { answers } = this.#pixels;
      this.classMap.set(answers.predictions(0), first);
      this.#confidences.set(answers.confidences(this.#wanted.measure, 0), first);
    }
    const confidence = this.#aggregator.aggregate(this.#confidences, this.#wanted.aggregation);
    if (confidence === null) return "patch-too-large";
    this.confidence = Math.fround(confidence);
    return null;
  }

  /** `count` pixels of every plane. */
  #block(values: Floats, from: number, count: number): Floats {
    const room = this.#pixels.roomFor(count, values instanceof Float32Array ? Float32Array : Float64Array);
    for (let k = 0; k < this.#classCount; k++) {
      const plane = from + k * this.classMap.length;
      room.set(values.subarray(plane, plane + count), k * count);
    }
    return room;
  }
}
