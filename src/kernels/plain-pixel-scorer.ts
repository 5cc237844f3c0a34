import type { MeasureName } from "../exits/confidence.ts";
import type { Floats } from "../exits/types.ts";
import { confidenceOf, type ExitScorer } from "./exit-scorer.ts";
import { answerBytes, PixelAnswers } from "./pixel-answers.ts";
import { pixelRows } from "./pixel-rows.ts";
import type { PixelRequest, PixelScorer, PixelScorerMaker } from "./pixel-scorer.ts";
import type { RowDefect } from "./row-defect.ts";
import { plainScorer } from "./score-rows.ts";

/** Scores each pixel as a row of its own: the referee of the SIMD scorer, and the scorer of probabilities. */
export class PlainPixelScorer implements PixelScorer {
  answers = new PixelAnswers(new ArrayBuffer(0), 0, 0, 0);
  readonly #request: PixelRequest;
  readonly #scorer: ExitScorer;
  #room: Floats = new Float32Array(0);
  #rows: Floats = new Float32Array(0);
  #memory = new ArrayBuffer(0);

  constructor(request: PixelRequest) {
    this.#request = request;
    this.#scorer = plainScorer(request.values, request.classCount);
  }

  roomFor(pixelCount: number, type: Float32ArrayConstructor | Float64ArrayConstructor): Floats {
    const length = this.#request.exitCount * this.#request.classCount * pixelCount;
    if (!(this.#room instanceof type) || this.#room.length < length) this.#room = new type(length);
    return this.#room.subarray(0, length);
  }

  score(planes: Floats, pixelCount: number, labels: Int32Array | null): RowDefect | null {
    const { exitCount, classCount } = this.#request;
    const columns = this.#columns(pixelCount);
    const { values } = pixelRows(planes, this.#request, pixelCount, this.#rows);
    this.#rows = values;
    for (let pixel = 0; pixel < pixelCount; pixel++) {
      // the full network first: every other exit is compared with it
      for (let exitIndex = exitCount - 1; exitIndex >= 0; exitIndex--) {
        const problem = this.#scorer.read(values, (pixel * exitCount + exitIndex) * classCount);
        if (problem !== null) return { row: pixel, exitIndex, problem };
        const label = labels === null ? null : labels[pixel];
        this.#write(columns[exitIndex], pixel, label, exitIndex === exitCount - 1);
      }
    }
    return null;
  }

  #write(columns: ExitColumns, pixel: number, label: number | null, isLast: boolean): void {
    const { brier, distances } = this.#request;
    const scorer = this.#scorer;
    columns.predictions[pixel] = scorer.prediction;
    for (const { measure, values } of columns.confidences) values[pixel] = confidenceOf(scorer, measure);
    if (brier && label !== null) columns.brier[pixel] = scorer.brier(label);
    if (!distances) return;
    if (isLast) scorer.keepReference();
    else {
      scorer.compare();
      columns.distances[pixel] = scorer.squaredDistance;
    }
  }

  #columns(pixelCount: number): ExitColumns[] {
    const { exitCount, measures } = this.#request;
    const bytes = answerBytes(exitCount, pixelCount);
    if (this.#memory.byteLength < bytes) this.#memory = new ArrayBuffer(bytes);
    const answers = new PixelAnswers(this.#memory, 0, exitCount, pixelCount);
    this.answers = answers;
    return Array.from({ length: exitCount }, (_, exitIndex) => ({
      predictions: answers.predictions(exitIndex),
      confidences: measures.map((measure) => ({ measure, values: answers.confidences(measure, exitIndex) })),
      brier: answers.brier(exitIndex),
      distances: answers.distances(exitIndex),
    }));
  }
}

export const plainPixelScorer: PixelScorerMaker = (request) => new PlainPixelScorer(request);

/** The answers of one exit, each `[pixelCount]`. */
interface ExitColumns {
  readonly predictions: Int32Array;
  readonly confidences: readonly { readonly measure: MeasureName; readonly values: Float32Array }[];
  readonly brier: Float64Array;
  readonly distances: Float64Array;
}
