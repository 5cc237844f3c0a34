import { confidenceCatalogue, isBuiltInMeasure, type MeasureName } from "./confidence.ts";

/** How the per-pixel confidences of a dense output become one number per sample. */
export type Aggregation =
  | { readonly kind: "mean" }
  /** Linear interpolation (type 7). */
  | { readonly kind: "quantile"; readonly level: number }
  /** Sliding size × size window, stride 1, inside the image: the smallest window mean, or a quantile of the window means. */
  | { readonly kind: "patch"; readonly size: number; readonly level: number | null };

/** A confidence that is computed from logits: `top1`, `entropy@mean`, `top-diff@patch:50`. */
export interface ComputedConfidence {
  readonly measure: MeasureName;
  /** Null for one prediction per sample. */
  readonly aggregation: Aggregation | null;
}

/** A confidence of an image. */
export interface ImageConfidence extends ComputedConfidence {
  readonly aggregation: Aggregation;
}

/** The meaning of a confidence's name, or null for a column of the user's own. */
export function parseConfidenceName(name: string): ComputedConfidence | null {
  const [measure, text, ...rest] = name.split("@");
  if (!isBuiltInMeasure(measure) || rest.length > 0) return null;
  if (text === undefined) return { measure, aggregation: null };
  const aggregation = parseAggregation(text);
  return aggregation && { measure, aggregation };
}

/** The same for an image: a bare measure means its mean over the pixels. */
export function parseImageConfidence(name: string): ImageConfidence | null {
  const parsed = parseConfidenceName(name);
  return parsed && { measure: parsed.measure, aggregation: parsed.aggregation ?? { kind: "mean" } };
}

/** The one spelling of a computed confidence: `top1@quantile:0.25` for `top1@quantile:.25`. */
export function confidenceName({ measure, aggregation }: ComputedConfidence): string {
  return aggregation === null ? measure : `${measure}@${aggregationText(aggregation)}`;
}

/** As written into threshold files, or null for a column of the user's own: "mean over the pixels of max p". */
export function confidenceFormula(name: string): string | null {
  const parsed = parseConfidenceName(name);
  if (parsed === null) return null;
  const { formula } = confidenceCatalogue[parsed.measure];
  const { aggregation } = parsed;
  if (aggregation === null) return formula;
  if (aggregation.kind === "mean") return `mean over the pixels of ${formula}`;
  if (aggregation.kind === "quantile") return `${aggregation.level}-quantile over the pixels of ${formula}`;
  const least = aggregation.level === null ? "least" : `${aggregation.level}-quantile`;
  return `${least} mean over ${aggregation.size} × ${aggregation.size} windows of ${formula}`;
}

function aggregationText(aggregation: Aggregation): string {
  if (aggregation.kind === "mean") return "mean";
  if (aggregation.kind === "quantile") return `quantile:${aggregation.level}`;
  return `patch:${aggregation.size}${aggregation.level === null ? "" : `:${aggregation.level}`}`;
}

function parseAggregation(text: string): Aggregation | null {
  if (text === "mean") return { kind: "mean" };
  const [kind, ...numbers] = text.split(":");
  if (numbers.some((number) => number.trim() === "")) return null;
  const [first, second = null] = numbers.map(Number);
  const isLevel = (level: number | null) => level !== null && level >= 0 && level <= 1;
  if (kind === "quantile" && numbers.length === 1 && isLevel(first)) return { kind, level: first };
  const isPatch = kind === "patch" && Number.isInteger(first) && first >= 1 && numbers.length <= 2;
  return isPatch && (second === null || isLevel(second)) ? { kind: "patch", size: first, level: second } : null;
}
