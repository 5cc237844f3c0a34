import { EexitError } from "../errors.ts";
import { lossKind } from "./loss-kinds.ts";
import type { ExitTable, LossColumn, LossKind } from "./types.ts";

/**
 * Relative losses g_l = ℓ_l − ℓ_L from absolute ones, exactly 0 at the last exit.
 *
 * @param absolute row-major `[sampleCount, exitCount]`, finite
 * @param kind the declared range of the difference, not of ℓ
 */
export function relativeLosses(kind: LossKind, absolute: Float64Array, exitCount: number): LossColumn {
  const values = new Float64Array(absolute.length);
  for (let row = 0; row < values.length; row += exitCount) {
    const full = absolute[row + exitCount - 1];
    for (let l = 0; l < exitCount - 1; l++) values[row + l] = absolute[row + l] - full;
  }
  return { kind, values };
}

/**
 * `prediction-gap`, 1[ŷ_l ≠ y] − 1[ŷ_L ≠ y] in {−1, 0, 1}, from predictions alone.
 *
 * @param predictions row-major `[sampleCount, exitCount]`
 * @param labels `[sampleCount]`
 */
export function predictionGap(predictions: Int32Array, labels: Int32Array, exitCount: number): LossColumn {
  return relativeLosses(lossKind("prediction-gap", false), errorIndicators(predictions, labels, exitCount), exitCount);
}

/** `prediction-consistency`, 1[ŷ_l ≠ ŷ_L], from `predictions` `[sampleCount, exitCount]`; needs no labels. */
export function predictionConsistency(predictions: Int32Array, exitCount: number): LossColumn {
  const values = new Float64Array(predictions.length);
  for (let row = 0; row < values.length; row += exitCount) {
    const full = predictions[row + exitCount - 1];
    for (let l = 0; l < exitCount - 1; l++) values[row + l] = predictions[row + l] === full ? 0 : 1;
  }
  return { kind: lossKind("prediction-consistency", false), values };
}

/**
 * The absolute losses ℓ(o_l, y) behind a risk, `[sampleCount, exitCount]`: what two different networks are compared by, since
 * relative losses hide a regression of the full network itself. 0/1 error for the prediction risks, Brier score for `brier-gap`,
 * 1 − mean IoU for `miou-gap`.
 *
 * @throws EexitError `labels-needed` without labels, `risk-unknown` when the risk has no absolute loss or its parts are missing
 */
export function absoluteLosses(risk: string, table: ExitTable): Float64Array {
  const family = risk === "prediction-gap" || risk === "prediction-consistency" ? "prediction" : risk;
  if (risk === "miou-gap" && table.meanIou) return table.meanIou.map((iou) => 1 - iou);
  if (family !== "prediction" && family !== "brier-gap" && family !== "miou-gap") {
    const message = `risk ${risk}: it compares an exit with its own full network, expected a risk with an absolute loss`;
    throw new EexitError("risk-unknown", message, "use prediction-gap, brier-gap or miou-gap, or --compare relative");
  }
  // dense tables keep neither labels nor predictions, only what was measured with them
  const dense = table.labels === null && table.predictions === null;
  if (family === "brier-gap" && dense && table.brier !== null) return table.brier;
  if (table.labels === null) {
    throw new EexitError("labels-needed", `risk ${risk}: absolute losses need labels, none found`, "give --labels");
  }
  if (family === "prediction" && table.predictions !== null) {
    return errorIndicators(table.predictions, table.labels, table.exitCount);
  }
  if (family === "brier-gap" && table.brier !== null) return table.brier;
  const missing = family === "prediction" ? "predictions" : family === "miou-gap" ? "mean IoU" : "Brier scores";
  const message = `risk ${risk}: the input holds no ${missing}, expected them for absolute losses`;
  throw new EexitError("risk-unknown", message, "give logits, or an exit table that eexit score made with --labels");
}

/** 1[ŷ_l ≠ y] per sample and exit. */
function errorIndicators(predictions: Int32Array, labels: Int32Array, exitCount: number): Float64Array {
  const errors = new Float64Array(predictions.length);
  for (let i = 0; i < errors.length; i++) {
    errors[i] = predictions[i] === labels[Math.floor(i / exitCount)] ? 0 : 1;
  }
  return errors;
}
