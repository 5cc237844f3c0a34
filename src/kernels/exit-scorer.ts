import type { MeasureName } from "../exits/confidence.ts";
import type { Floats } from "../exits/types.ts";
import type { RowProblem } from "./row-defect.ts";
import type { ScoredColumns } from "./scored-columns.ts";

/** Consecutive rows of an input, row-major `[rowCount, exitCount, classCount]`. */
export interface RowBlock {
  readonly values: Floats;
  readonly rowCount: number;
  readonly exitCount: number;
  readonly classCount: number;
}

/** A cell, counted from the start of its block, that cannot be scored. */
export interface CellProblem {
  readonly cell: number;
  readonly problem: RowProblem;
}

/**
 * Reads the distribution of one row and exit, then answers for it. One scorer is reused for a whole block; the full network's
 * row is read first and kept as the reference of the distances.
 */
export interface ExitScorer {
  /** Reads `values[base … base + classCount)`; answers below are about this row until the next call. */
  read(values: Floats, base: number): RowProblem | null;
  /** Class of the largest value, the lowest on a tie. */
  readonly prediction: number;
  /** The confidences in [0, 1], before they are rounded to float32. */
  top1(): number;
  topDiff(): number;
  entropy(): number;
  /** Σ_k (p_k − 1[k = target])², in [0, 2]. */
  brier(target: number): number;
  /** Keeps this row as the reference; another row is read before `compare`. */
  keepReference(): void;
  /** Measures this row against the reference: sets `squaredDistance` and `hellinger`. */
  compare(): void;
  /** ‖p − p_ref‖², in [0, 2]. */
  readonly squaredDistance: number;
  /** ‖√p − √p_ref‖₂ / √2, in [0, 1]. */
  readonly hellinger: number;
  /** Of a scorer that scores a block in one go: whether it can do so with this one. */
  holds?(block: RowBlock): boolean;
  /**
   * Fills the columns of a block that it holds, from `cell` on; of each sample the last exit is read first.
   * @returns the cell of the block that cannot be scored and why, those of the samples before are written; null when all can
   */
  scoreBlock?(block: RowBlock, labels: Int32Array | null, columns: ScoredColumns, cell: number): CellProblem | null;
}

/** A confidence of the row that was read last, before it is rounded to float32. */
export function confidenceOf(scorer: ExitScorer, measure: MeasureName): number {
  if (measure === "top1") return scorer.top1();
  return measure === "top-diff" ? scorer.topDiff() : scorer.entropy();
}

/** Rounding may step over the edge of a proven range; the value returned never does. */
export function clamp(x: number, lower: number, upper: number): number {
  return Math.max(lower, Math.min(upper, x));
}
