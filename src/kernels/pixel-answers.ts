import { type MeasureName, measureNames } from "../exits/confidence.ts";

/**
 * Answers per exit and pixel. They lie in one piece of memory as planes `[exitCount, pixelCount rounded up to a multiple of 4]`, which is
 * where the SIMD kernel puts them: int32 predictions, a float32 plane per measure, float64 Brier scores and squared distances.
 */
export class PixelAnswers {
  readonly #memory: ArrayBuffer;
  readonly #address: number;
  readonly #pixelCount: number;
  /** Values of a plane of one exit, and of all. */
  readonly #row: number;
  readonly #plane: number;

  /** @param address a multiple of 8, from which on `answerBytes` belong to the answers */
  constructor(memory: ArrayBuffer, address: number, exitCount: number, pixelCount: number) {
    this.#memory = memory;
    this.#address = address;
    this.#pixelCount = pixelCount;
    this.#row = paddedPixels(pixelCount);
    this.#plane = exitCount * this.#row;
  }

  /** Class per pixel, the lowest on a tie. */
  predictions(exitIndex: number): Int32Array {
    return new Int32Array(this.#memory, this.#at(0, 4, exitIndex), this.#pixelCount);
  }

  confidences(measure: MeasureName, exitIndex: number): Float32Array {
    const plane = 4 * (1 + measureNames.indexOf(measure)) * this.#plane;
    return new Float32Array(this.#memory, this.#at(plane, 4, exitIndex), this.#pixelCount);
  }

  /** Brier scores against labels. */
  brier(exitIndex: number): Float64Array {
    return new Float64Array(this.#memory, this.#at(16 * this.#plane, 8, exitIndex), this.#pixelCount);
  }

  /** ‖p_l − p_L‖²; undefined at the last exit. */
  distances(exitIndex: number): Float64Array {
    return new Float64Array(this.#memory, this.#at(24 * this.#plane, 8, exitIndex), this.#pixelCount);
  }

  #at(plane: number, bytes: number, exitIndex: number): number {
    return this.#address + plane + bytes * exitIndex * this.#row;
  }
}

export function paddedPixels(pixelCount: number): number {
  return Math.ceil(pixelCount / 4) * 4;
}

/** Memory that answers take. */
export function answerBytes(exitCount: number, pixelCount: number): number {
  return 32 * exitCount * paddedPixels(pixelCount);
}
