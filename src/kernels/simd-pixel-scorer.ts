import type { MeasureName } from "../exits/confidence.ts";
import type { Floats } from "../exits/types.ts";
import { aligned, firstAddress, type KernelMemory, reserve } from "./kernel-memory.ts";
import { naturalLog } from "./natural-log.ts";
import { answerBytes, PixelAnswers, paddedPixels } from "./pixel-answers.ts";
import type { PixelRequest, PixelScorer } from "./pixel-scorer.ts";
import { PlainPixelScorer } from "./plain-pixel-scorer.ts";
import type { RowDefect } from "./row-defect.ts";

/** An instance of the SIMD kernel: what assembly/pixel-kernel.ts exports, with a memory of its own. */
export interface PixelKernel {
  readonly memory: KernelMemory;
  workSize(classCount: number): number;
  configure(classCount: number, logClassCount: number, work: number): void;
  scorePixels(
    planes: number,
    is64: number,
    pixels: number,
    exits: number,
    labels: number,
    wanted: number,
    answers: number,
  ): number;
}

/** The kernel may look this far past the planes. */
const slackBytes = 64;

/** What the kernel is asked for beside predictions, as bits. */
const bits: Readonly<Record<MeasureName | "brier" | "distances", number>> = {
  top1: 1,
  "top-diff": 2,
  entropy: 4,
  brier: 8,
  distances: 16,
};

/** `PlainPixelScorer` for logits on the SIMD kernel, four pixels at a time: the same bits, many times as fast. */
export class SimdPixelScorer implements PixelScorer {
  answers = new PixelAnswers(new ArrayBuffer(0), 0, 0, 0);
  readonly #kernel: PixelKernel;
  readonly #request: PixelRequest;
  readonly #planesAddress: number;

  /** @param kernel of no other scorer */
  constructor(kernel: PixelKernel, request: PixelRequest) {
    const { classCount } = request;
    this.#kernel = kernel;
    this.#request = request;
    this.#planesAddress = aligned(firstAddress + kernel.workSize(classCount));
    reserve(kernel.memory, this.#planesAddress);
    kernel.configure(classCount, naturalLog(classCount), firstAddress);
  }

  roomFor(pixelCount: number, type: Float32ArrayConstructor | Float64ArrayConstructor): Floats {
    const { exitCount, classCount } = this.#request;
    const length = exitCount * classCount * pixelCount;
    reserve(this.#kernel.memory, this.#layout(length * type.BYTES_PER_ELEMENT, pixelCount).end);
    return new type(this.#kernel.memory.buffer, this.#planesAddress, length);
  }

  score(planes: Floats, pixelCount: number, labels: Int32Array | null): RowDefect | null {
    const { exitCount } = this.#request;
    const inside = this.#inside(planes, pixelCount);
    const { buffer } = this.#kernel.memory;
    const { labelsAt, answersAt } = this.#layout(inside.byteLength, pixelCount);
    if (labels !== null) {
      const own = new Int32Array(buffer, labelsAt, paddedPixels(pixelCount));
      own.set(labels);
      own.fill(0, pixelCount);
    }
    const is64 = planes instanceof Float64Array ? 1 : 0;
    const wanted = this.#wanted(labels !== null);
    const { scorePixels } = this.#kernel;
    const done = scorePixels(this.#planesAddress, is64, pixelCount, exitCount, labelsAt, wanted, answersAt);
    if (done === 0) return this.#defect(planes, pixelCount);
    this.answers = new PixelAnswers(buffer, answersAt, exitCount, pixelCount);
    return null;
  }

  /** The planes where the kernel reads them. */
  #inside(planes: Floats, pixelCount: number): Floats {
    const { exitCount, classCount } = this.#request;
    const length = exitCount * classCount * pixelCount;
    const isInside = planes.buffer === this.#kernel.memory.buffer && planes.byteOffset === this.#planesAddress;
    if (isInside) return planes.subarray(0, length);
    const room = this.roomFor(pixelCount, planes instanceof Float32Array ? Float32Array : Float64Array);
    room.set(planes.subarray(0, length));
    return room;
  }

  #wanted(labelled: boolean): number {
    const { measures, brier, distances } = this.#request;
    const wanted = measures.reduce((sum, measure) => sum | bits[measure], 0);
    return wanted | (brier && labelled ? bits.brier : 0) | (distances ? bits.distances : 0);
  }

  /** Where labels and answers stand behind planes of `bytes`, and where they end. */
  #layout(bytes: number, pixelCount: number) {
    const labelsAt = aligned(this.#planesAddress + bytes + slackBytes);
    const answersAt = aligned(labelsAt + 4 * paddedPixels(pixelCount));
    return { labelsAt, answersAt, end: answersAt + answerBytes(this.#request.exitCount, pixelCount) };
  }

  /** The kernel says that something is wrong; the plain twin says what. */
  #defect(planes: Floats, pixelCount: number): RowDefect {
    const defect = new PlainPixelScorer({ ...this.#request, measures: [], brier: false, distances: false });
    const found = defect.score(planes, pixelCount, null);
    if (found === null) throw new Error("the SIMD kernel refuses pixels that its plain twin scores");
    return found;
  }
}
