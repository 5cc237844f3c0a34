import { EexitError } from "../errors.ts";
import { measureNames } from "../exits/confidence.ts";
import { confidenceName, type ImageConfidence, parseImageConfidence } from "../exits/confidence-name.ts";
import { imageRiskNames, isBuiltInRisk, lossKind, type RiskName, riskCatalogue } from "../exits/loss-kinds.ts";
import type { ExitTable } from "../exits/types.ts";
import { pixelRows } from "../kernels/pixel-rows.ts";
import { defectError, type RowDefect } from "../kernels/row-defect.ts";
import { type ImagePixels, ImageScorer } from "../kernels/score-image.ts";
import { type ConfidenceColumn, columnConfidences } from "./confidence-columns.ts";
import type { DenseView } from "./dense-view.ts";
import type { DenseFacts, InputFacts, InputRequest } from "./input-request.ts";
import { pixelScorer } from "./pixel-kernel-file.ts";
import { checkedPixelLabels } from "./pixel-labels.ts";
import { settleValues } from "./settle-values.ts";

/** Pixels per exit table handed on, at least one image: a step of a progress bar, and a pause in which signals get through. */
const CHUNK_PIXELS = 1 << 16;

/** Images per chunk of a view. */
export function imagesPerChunk({ height, width }: DenseView): number {
  return Math.max(1, Math.floor(CHUNK_PIXELS / (height * width)));
}

/** An image of a view, and its number for messages. */
interface Place {
  readonly view: DenseView;
  readonly image: number;
  readonly shown: number;
}

/** Scores images into exit tables, one row per image; what one image needs is reused for the next of its size. */
export class ImagesScorer {
  readonly #request: InputRequest;
  readonly #facts: InputFacts;
  readonly #dense: DenseFacts;
  readonly #confidences: readonly ImageConfidence[];
  #labels: Int32Array | undefined;
  #scorer: { readonly key: string; readonly scorer: ImageScorer } | null = null;

  constructor(request: InputRequest, facts: InputFacts) {
    this.#request = request;
    this.#facts = facts;
    this.#confidences = wantedImageConfidences(request);
    facts.dense ??= { iou: request.iou ?? "present", ignoredPixels: 0, emptyImages: 0 };
    this.#dense = facts.dense;
  }

  /**
   * @param labelsOf reads the raw label map of the next image, into the room of an earlier one if it fits; null without labels
   * @param before images of the same input that came before the view's, for messages
   */
  async *tables(
    view: DenseView,
    labelsOf: ((room?: Int32Array) => Promise<Int32Array>) | null,
    columns: readonly ConfidenceColumn[],
    before = 0,
  ): AsyncGenerator<ExitTable> {
    const risks = wantedImageRisks(this.#request, labelsOf !== null, view.name);
    assertPatchesFit(this.#confidences, view);
    const chunk = imagesPerChunk(view);
    for (let start = 0; start < view.sampleCount; start += chunk) {
      const count = Math.min(chunk, view.sampleCount - start);
      const table = this.#emptyTable(view, count, risks, labelsOf !== null);
      for (let i = 0; i < count; i++) {
        const given = labelsOf && (await labelsOf(this.#labels));
        this.#labels = given ?? undefined;
        const place = { view, image: start + i, shown: before + start + i };
        const labels = given && checkedPixelLabels(given, this.#request.ignoreLabels, view, place.shown);
        await view.prepare(place.image);
        this.#scoreImage(place, labels, risks, table, i);
      }
      yield columnConfidences(table, columns, start, count);
    }
  }

  #emptyTable(view: DenseView, count: number, risks: readonly RiskName[], labelled: boolean): ExitTable {
    const { exitCount, classCount } = view;
    const cells = count * exitCount;
    const absolute = (risk: RiskName) => (labelled && risks.includes(risk) ? new Float64Array(cells) : null);
    return {
      sampleCount: count,
      exitCount,
      classCount,
      confidences: new Map(this.#confidences.map((wanted) => [confidenceName(wanted), new Float32Array(cells)])),
      predictions: null,
      labels: null,
      losses: new Map(risks.map((risk) => [risk, { kind: lossKind(risk, false), values: new Float64Array(cells) }])),
      brier: absolute("brier-gap"),
      meanIou: absolute("miou-gap"),
    };
  }

  #scoreImage(
    { view, image, shown }: Place,
    labels: Int32Array | null,
    risks: readonly RiskName[],
    table: ExitTable,
    row: number,
  ): void {
    const pixels = view.pixelsOf(image);
    const scorer = this.#scorerFor(view, this.#settled(view, shown, pixels), risks, labels !== null);
    const defect = scorer.score(pixels, labels);
    if (defect !== null) throw pixelDefectError(defect, view, shown);
    const { scores } = scorer;
    const at = row * view.exitCount;
    for (const [index, values] of [...table.confidences.values()].entries()) values.set(scores.confidences[index], at);
    for (const [risk, { values }] of table.losses) values.set(scores.losses.get(risk as RiskName)!, at);
    if (table.brier) table.brier.set(scores.brier!, at);
    if (table.meanIou) table.meanIou.set(scores.meanIou!, at);
    if (labels === null) return;
    this.#dense.ignoredPixels += labels.length - scores.validCount;
    if (scores.validCount === 0) this.#dense.emptyImages++;
  }

  /** Logits or probabilities, told from the first rows of every image unless it is said. */
  #settled(view: DenseView, image: number, pixels: ImagePixels): "logits" | "probs" {
    const firstRow = () => pixelRows(pixels.read(0, 1), view, view.width);
    return settleValues(firstRow, image, view, this.#request, this.#facts, `image ${image}`);
  }

  #scorerFor(view: DenseView, values: "logits" | "probs", risks: readonly RiskName[], labelled: boolean): ImageScorer {
    const { exitCount, classCount, height, width } = view;
    const key = [exitCount, classCount, height, width, values, labelled].join();
    if (this.#scorer?.key !== key) {
      const request = {
        values,
        confidences: this.#confidences,
        risks,
        labelled,
        masked: this.#request.ignoreLabels.length > 0,
        iou: this.#dense.iou,
      };
      this.#scorer = { key, scorer: new ImageScorer({ exitCount, classCount, height, width }, request, pixelScorer) };
    }
    return this.#scorer.scorer;
  }
}

/** Whether a confidence is computed from dense logits; others are columns. */
export function isImageConfidence(name: string): boolean {
  return parseImageConfidence(name) !== null;
}

/** A bare measure means its mean over the pixels; the default is `top1@mean`, all are the means of the three measures. */
function wantedImageConfidences({ confidences }: InputRequest): ImageConfidence[] {
  const names = confidences === "default" ? ["top1"] : confidences === "all" ? measureNames : confidences;
  const parsed = names.map(parseImageConfidence).filter((found) => found !== null);
  return [...new Map(parsed.map((found) => [confidenceName(found), found])).values()];
}

/** @throws risk-unknown, labels-needed */
function wantedImageRisks({ risks }: InputRequest, labelled: boolean, name: string): RiskName[] {
  if (risks === "default") return [labelled ? "miou-gap" : "miscoverage"];
  if (risks === "all") return imageRiskNames.filter((risk) => labelled || !riskCatalogue[risk].needsLabels);
  return risks.map((risk) => computableRisk(risk, labelled, name));
}

/** What stands in for a risk of one prediction per sample. */
const counterparts: Readonly<Partial<Record<string, RiskName>>> = {
  "prediction-gap": "miou-gap",
  "prediction-consistency": "miscoverage",
};

function computableRisk(risk: string, labelled: boolean, name: string): RiskName {
  if (!isBuiltInRisk(risk) || riskCatalogue[risk].outputs === "class") {
    const counterpart = counterparts[risk];
    throw new EexitError(
      "risk-unknown",
      `--risk ${risk}: ${name} holds dense logits, expected one of ${imageRiskNames.join(", ")}`,
      counterpart
        ? `its counterpart per image is ${counterpart}`
        : "custom losses come in an exit table with columns loss:<risk>_1 … (eexit help formats)",
    );
  }
  if (labelled || !riskCatalogue[risk].needsLabels) return risk;
  throw new EexitError(
    "labels-needed",
    `--risk ${risk}: needs labels, found none`,
    "give --labels FILE with one class per pixel [N, H, W], or use the label-free miscoverage",
  );
}

function assertPatchesFit(confidences: readonly ImageConfidence[], { name, height, width }: DenseView): void {
  for (const wanted of confidences) {
    const { aggregation } = wanted;
    if (aggregation.kind !== "patch" || aggregation.size <= Math.min(height, width)) continue;
    throw new EexitError(
      "confidence-unknown",
      `--confidence ${confidenceName(wanted)}: the window is larger than the images of ${name}, ${height} × ${width} pixels`,
      `use a window of at most ${Math.min(height, width)}`,
    );
  }
}

function pixelDefectError(defect: RowDefect, { name, width }: DenseView, image: number): EexitError {
  const pixel = `pixel (${Math.floor(defect.row / width)}, ${defect.row % width})`;
  return defectError(defect, name, image, `image ${image}, ${pixel}`);
}
