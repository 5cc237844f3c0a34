import { sumOf } from "../stats/sum.ts";
import { nonMonotoneShare } from "./risk-path.ts";
import { tablePath } from "./table-path.ts";
import type { LossTable } from "./types.ts";

/** What a loss table shows, row by row from the safest. Descriptive only. */
export interface LossTableSummary {
  readonly rows: readonly {
    readonly row: number;
    readonly lambda: number;
    readonly meanLoss: number;
    readonly meanExit: number | null;
  }[];
  readonly lowestLoss: number;
  readonly highestLoss: number;
  /** Rows whose mean loss is below the previous, safer row's. */
  readonly meanLossFalls: number;
  /** Share of samples whose loss falls somewhere on the way down the rows. */
  readonly nonMonotoneShare: number;
}

export function lossTableSummary(table: LossTable): LossTableSummary {
  const { lambdas, losses, sampleCount, meanExits } = table;
  const rows = Array.from(lambdas, (lambda, row) => ({
    row,
    lambda,
    meanLoss: sumOf(losses, row * sampleCount, (row + 1) * sampleCount) / sampleCount,
    meanExit: meanExits ? meanExits[row] : null,
  }));
  return {
    rows,
    lowestLoss: losses.reduce((lowest, loss) => Math.min(lowest, loss), Number.POSITIVE_INFINITY),
    highestLoss: losses.reduce((highest, loss) => Math.max(highest, loss), Number.NEGATIVE_INFINITY),
    meanLossFalls: rows.filter(({ meanLoss }, k) => k > 0 && meanLoss < rows[k - 1].meanLoss - 1e-12).length,
    nonMonotoneShare: nonMonotoneShare(tablePath(table)),
  };
}
