import type { ImageConfidence } from "../exits/confidence-name.ts";
import { allocateExitTable, type ExitTableColumns } from "../exits/exit-table.ts";
import type { Floats } from "../exits/types.ts";
import { PixelAggregator } from "./aggregate.ts";
import type { RowProblem } from "./row-defect.ts";
import { scoreRows } from "./score-rows.ts";

/** Values per block: 1 MB of float32. */
const BLOCK_VALUES = 1 << 18;

/** Class map and confidence of one exit's output for one image at a time, by the same kernel and sums as calibration. */
export class ImageJudge {
  readonly prediction = -1;
  readonly classMap: Int32Array;
  confidence = 0;
  readonly #wanted: ImageConfidence;
  readonly #kind: "logits" | "probs";
  readonly #classCount: number;
  readonly #pixels: ExitTableColumns;
  readonly #blockSize: number;
  readonly #confidences: Float32Array;
  readonly #aggregator: PixelAggregator;
  #block: Floats = new Float32Array(0);

  /** @param shape `[C, H, W]` */
  constructor(wanted: ImageConfidence, kind: "logits" | "probs", shape: readonly number[]) {
    const [classCount, height, width] = shape;
    this.#wanted = wanted;
    this.#kind = kind;
    this.#classCount = classCount;
    this.#blockSize = Math.max(1, Math.min(height * width, Math.floor(BLOCK_VALUES / classCount)));
    this.#pixels = allocateExitTable({
      sampleCount: this.#blockSize,
      exitCount: 1,
      classCount,
      measures: [wanted.measure],
      risks: [],
      labels: false,
      brier: false,
    });
    this.classMap = new Int32Array(height * width);
    this.#confidences = new Float32Array(height * width);
    this.#aggregator = new PixelAggregator(height, width);
  }

  read(values: Floats, base: number): RowProblem | "patch-too-large" | null {
    const pixelCount = this.classMap.length;
    for (let first = 0; first < pixelCount; first += this.#blockSize) {
      const count = Math.min(this.#blockSize, pixelCount - first);
      const problem = this.#readBlock(values, base + first, first, count);
      if (problem !== null) return problem;
    }
    const confidence = this.#aggregator.aggregate(this.#confidences, this.#wanted.aggregation);
    if (confidence === null) return "patch-too-large";
    this.confidence = Math.fround(confidence);
    return null;
  }

  #readBlock(values: Floats, from: number, first: number, count: number): RowProblem | null {
    const block = {
      values: this.#gathered(values, from, count),
      rowCount: count,
      exitCount: 1,
      classCount: this.#classCount,
    };
    const { measure } = this.#wanted;
    const request = { values: this.#kind, measures: [measure], risks: [] };
    const defect = scoreRows(block, null, request, this.#pixels, 0);
    if (defect !== null) return defect.problem;
    this.classMap.set(this.#pixels.predictions.subarray(0, count), first);
    this.#confidences.set(this.#pixels.confidences.get(measure)!.subarray(0, count), first);
    return null;
  }

  /** `[C, pixels]` turned into rows `[pixels, C]`. */
  #gathered(values: Floats, from: number, count: number): Floats {
    const [classCount, pixelCount] = [this.#classCount, this.classMap.length];
    const size = this.#blockSize * classCount;
    const Kind = values instanceof Float32Array ? Float32Array : Float64Array;
    if (!(this.#block instanceof Kind) || this.#block.length < size) this.#block = new Kind(size);
    const block = this.#block;
    for (let k = 0; k < classCount; k++) {
      const plane = from + k * pixelCount;
      for (let i = 0; i < count; i++) block[i * classCount + k] = values[plane + i];
    }
    return block;
  }
}
