import type { Aggregation } from "../exits/confidence-name.ts";
import { unsortedQuantile } from "../stats/unsorted-quantile.ts";

/**
 * One number from the confidences of an image's pixels, the same at calibration and at inference.
 *
 * Sums are float64 over float32 values; window means come from a summed-area table, so a window costs four look-ups whatever its size.
 * Memory is kept from image to image: one aggregator serves all images of one size.
 * @see Crow (1984), Summed-area tables for texture mapping
 */
export class PixelAggregator {
  readonly #height: number;
  readonly #width: number;
  #copy: Float64Array | null = null;
  #area: Float64Array | null = null;
  #means: Float64Array | null = null;

  constructor(height: number, width: number) {
    this.#height = height;
    this.#width = width;
  }

  /**
   * @param pixels row-major `[height, width]`; left as they are
   * @returns null when a patch is larger than the image
   */
  aggregate(pixels: Float32Array, how: Aggregation): number | null {
    if (how.kind === "mean") return mean(pixels);
    if (how.kind === "quantile") return unsortedQuantile(this.#copied(pixels), how.level);
    if (how.size > this.#height || how.size > this.#width) return null;
    const means = this.#windowMeans(pixels, how.size);
    return how.level === null ? smallest(means) : unsortedQuantile(means, how.level);
  }

  #copied(pixels: Float32Array): Float64Array {
    this.#copy ??= new Float64Array(pixels.length);
    this.#copy.set(pixels);
    return this.#copy;
  }

  #windowMeans(pixels: Float32Array, size: number): Float64Array {
    const [height, width] = [this.#height, this.#width];
    const stride = width + 1;
    this.#area ??= new Float64Array((height + 1) * stride);
    const area = this.#area;
    for (let y = 0; y < height; y++) {
      let row = 0;
      for (let x = 0; x < width; x++) {
        row += pixels[y * width + x];
        area[(y + 1) * stride + x + 1] = area[y * stride + x + 1] + row;
      }
    }
    const [rows, columns] = [height - size + 1, width - size + 1];
    this.#means ??= new Float64Array(pixels.length);
    const means = this.#means.subarray(0, rows * columns);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const [top, bottom] = [y * stride + x, (y + size) * stride + x];
        means[y * columns + x] = (area[bottom + size] - area[bottom] - area[top + size] + area[top]) / (size * size);
      }
    }
    return means;
  }
}

/** The same for a single image. */
export function aggregate(pixels: Float32Array, height: number, width: number, how: Aggregation): number | null {
  return new PixelAggregator(height, width).aggregate(pixels, how);
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function smallest(values: Float64Array): number {
  let least = values[0];
  for (let i = 1; i < values.length; i++) least = Math.min(least, values[i]);
  return least;
}
