import { EexitError } from "../../errors.ts";
import type { ComputedConfidence } from "../../exits/confidence-name.ts";
import type { GraphWriter } from "./graph-writer.ts";

/** What a baked graph needs to know to compute a confidence. */
export interface ConfidenceRecipe {
  /** Null: the model's own output. */
  readonly computed: ComputedConfidence | null;
  readonly values: "logits" | "probs";
  /** Shape of an exit without the batch: [C] or [C, H, W]. */
  readonly exitShape: readonly number[];
  /** Element type of the exits; anything but float32 is cast. */
  readonly exitType: string;
}

/**
 * Refuses what cannot be written with standard operators.
 *
 * @throws EexitError `bake-unsupported`
 */
export function assertBakeable({ computed, exitShape }: ConfidenceRecipe, name: string): void {
  const aggregation = computed?.aggregation ?? null;
  const quantile = aggregation?.kind === "quantile" || (aggregation?.kind === "patch" && aggregation.level !== null);
  if (quantile) {
    throw new EexitError(
      "bake-unsupported",
      `confidence ${name}: a quantile needs a sort, expected top1, top-diff or entropy, for dense outputs @mean or @patch:s`,
      "deploy with eexit infer, or with a threshold made for top1@mean",
    );
  }
  if (exitShape.length > 1 && computed !== null && aggregation === null) {
    throw new EexitError(
      "bake-unsupported",
      `confidence ${name}: dense outputs [C, ${exitShape.slice(1).join(", ")}] need one number per sample, expected ${name}@mean or ${name}@patch:s`,
      "use a threshold made for top1@mean or top1@patch:s",
    );
  }
}

/**
 * Nodes that compute a confidence [n] from an exit's output; float32, within an ulp or two of the kernel's.
 *
 * TopK would end the process on an empty batch, so the second largest probability is found by removing the first.
 */
export function confidenceNodes(writer: GraphWriter, output: string, recipe: ConfidenceRecipe): string {
  const { computed, exitShape } = recipe;
  if (computed === null) throw new Error("the model supplies this confidence");
  const values = recipe.exitType === "float32" ? output : writer.add("Cast", [output], { to: 1 });
  const dense = exitShape.length > 1;
  const pixel = dense
    ? denseMeasure(writer, values, recipe)
    : measureNodes(writer, probabilities(writer, values, recipe), computed.measure, exitShape[0], 0);
  return dense ? aggregateNodes(writer, pixel, recipe) : pixel;
}

function probabilities(writer: GraphWriter, values: string, recipe: ConfidenceRecipe): string {
  return recipe.values === "probs" ? values : writer.add("Softmax", [values], { axis: 1 });
}

/**
 * Confidences per pixel. Not by Softmax: along an inner axis the runtime transposes twice (300 µs against 100 for 11 × 36 × 48), and
 * before operator set 13 it would normalise over the pixels too.
 */
function denseMeasure(writer: GraphWriter, values: string, recipe: ConfidenceRecipe): string {
  const { measure } = recipe.computed!;
  if (recipe.values === "probs") return measureNodes(writer, values, measure, recipe.exitShape[0], 1);
  const terms = writer.add("Exp", [writer.add("Sub", [values, writer.reduce("ReduceMax", values, [1], 1)])]);
  const total = writer.reduceSum(terms, [1], 1);
  // The largest term is exactly 1.
  if (measure === "top1") return writer.add("Reciprocal", [total]);
  return measureNodes(writer, writer.add("Div", [terms, total]), measure, recipe.exitShape[0], 1);
}

function measureNodes(
  writer: GraphWriter,
  p: string,
  measure: ComputedConfidence["measure"],
  classCount: number,
  keepdims: 0 | 1,
): string {
  if (measure === "top1") return writer.reduce("ReduceMax", p, [1], keepdims);
  if (measure === "top-diff") {
    const first = writer.reduce("ReduceMax", p, [1], 1);
    const place = writer.add("ArgMax", [p], { axis: 1, keepdims: 1 });
    // −p₁ is below every probability, and has the shape that the scatter needs.
    const others = writer.add("ScatterElements", [p, place, writer.add("Neg", [first])], { axis: 1 });
    const second = writer.reduce("ReduceMax", others, [1], keepdims);
    return writer.add("Sub", [keepdims === 1 ? first : writer.reduce("ReduceMax", p, [1], 0), second]);
  }
  // p ln p → 0 for p → 0; the floor keeps the logarithm finite.
  const logs = writer.add("Log", [writer.add("Max", [p, writer.float(1.1754943508222875e-38)])]);
  const sum = writer.reduceSum(writer.add("Mul", [p, logs]), [1], keepdims);
  return writer.add("Add", [writer.add("Mul", [sum, writer.float(1 / Math.log(classCount))]), writer.float(1)]);
}

/** [n, 1, H, W] → [n]. */
function aggregateNodes(writer: GraphWriter, pixels: string, { computed, exitShape }: ConfidenceRecipe): string {
  const aggregation = computed?.aggregation;
  if (aggregation?.kind !== "patch") return writer.reduce("ReduceMean", pixels, [1, 2, 3], 0);
  const [, height, width] = exitShape;
  const { size } = aggregation;
  if (size > height || size > width) {
    throw new EexitError(
      "bake-unsupported",
      `confidence patch:${size}: larger than the output of ${height} × ${width} pixels, expected a patch that fits`,
      "use a threshold made for a smaller patch",
    );
  }
  const means = writer.add("AveragePool", [pixels], { kernel_shape: [size, size], strides: [1, 1] });
  return writer.reduce("ReduceMin", means, [1, 2, 3], 0);
}
