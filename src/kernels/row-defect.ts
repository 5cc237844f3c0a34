import { EexitError } from "../errors.ts";

/** A row that cannot be scored: where it is in its block, and what is wrong with it. */
export interface RowDefect {
  /** 0-based within the block. */
  readonly row: number;
  readonly exitIndex: number;
  readonly problem: RowProblem;
}

/** Why a row of logits or probabilities cannot be scored. */
export type RowProblem = "nan" | "infinite" | "all-masked" | "not-probabilities";

const float16Hint = "float16 overflows at 65504: write the logits as float32, or remove that sample";

/**
 * The error to throw for a defect.
 *
 * @param where file (and array) that the block came from
 * @param firstRow 0-based row of that file at which the block starts
 * @param row what to call the row, where it is no row of the file
 */
export function defectError(
  defect: RowDefect,
  where: string,
  firstRow: number,
  row = `row ${firstRow + defect.row}`,
): EexitError {
  const place = `${where}: ${row}, exit ${defect.exitIndex + 1}`;
  switch (defect.problem) {
    case "nan":
      return new EexitError("value-not-finite", `${place} holds NaN, expected finite numbers`, float16Hint);
    case "infinite":
      return new EexitError("value-not-finite", `${place} holds +∞, expected finite numbers`, float16Hint);
    case "all-masked":
      return new EexitError("value-not-finite", `${place} holds −∞ only, expected a finite largest logit`, float16Hint);
    case "not-probabilities": {
      const message = `${place} holds a negative value, one above 1.01 or zeros only, expected probabilities`;
      return new EexitError("values-contradict", message, "use --values logits if these are logits");
    }
  }
}
