import type { Aggregation } from "../exits/confidence-name.ts";
import { quantile } from "../stats/describe.ts";

/**
 * One number from the confidences of an image's pixels.
 *
 * Sums are float64 over float32 values; window means come from a summed-area table, so a window costs four look-ups whatever its size.
 * @param pixels row-major `[height, width]`
 * @returns null when a patch is larger than the image
 * @see Crow (1984), Summed-area tables for texture mapping
 */
export function aggregate(pixels: Float32Array, height: number, width: number, how: Aggregation): number | null {
  if (how.kind === "mean") return mean(pixels);
  if (how.kind === "quantile") return quantile(Float64Array.from(pixels).sort(), how.level);
  if (how.size > height || how.size > width) return null;
  const means = windowMeans(pixels, height, width, how.size);
  return how.level === null ? means.reduce((a, b) => Math.min(a, b)) : quantile(means.sort(), how.level);
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function windowMeans(pixels: Float32Array, height: number, width: number, size: number): Float64Array {
  const stride = width + 1;
  const area = new Float64Array((height + 1) * stride);
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += pixels[y * width + x];
      area[(y + 1) * stride + x + 1] = area[y * stride + x + 1] + row;
    }
  }
  const [rows, columns] = [height - size + 1, width - size + 1];
  const means = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [top, bottom] = [y * stride + x, (y + size) * stride + x];
      means[y * columns + x] = (area[bottom + size] - area[bottom] - area[top + size] + area[top]) / (size * size);
    }
  }
  return means;
}
