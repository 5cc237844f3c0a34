import type { Floats } from "../exits/types.ts";
import type { RowBlock } from "./exit-scorer.ts";

/** Planes `[exitCount, classCount, rowCount]` of some pixels as rows `[rowCount, exitCount, classCount]`. */
export function pixelRows(
  planes: Floats,
  { exitCount, classCount }: Pick<RowBlock, "exitCount" | "classCount">,
  rowCount: number,
): RowBlock {
  const values = planes.slice();
  const width = exitCount * classCount;
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0; i < rowCount; i++) values[i * width + plane] = planes[plane * rowCount + i];
  }
  return { values, rowCount, exitCount, classCount };
}
