import type { Floats } from "../exits/types.ts";
import type { RowBlock } from "./exit-scorer.ts";

/**
 * Planes `[exitCount, classCount, rowCount]` of some pixels as rows `[rowCount, exitCount, classCount]`.
 * @param room for the rows, if it has the right kind and is large enough
 */
export function pixelRows(
  planes: Floats,
  { exitCount, classCount }: Pick<RowBlock, "exitCount" | "classCount">,
  rowCount: number,
  room?: Floats,
): RowBlock {
  const width = exitCount * classCount;
  const type = planes instanceof Float32Array ? Float32Array : Float64Array;
  const fits = room instanceof type && room.length >= width * rowCount;
  const values = fits ? room : new type(width * rowCount);
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0; i < rowCount; i++) values[i * width + plane] = planes[plane * rowCount + i];
  }
  return { values, rowCount, exitCount, classCount };
}
