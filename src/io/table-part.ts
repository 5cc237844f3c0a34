import { EexitError } from "../errors.ts";
import { confidenceName, parseImageConfidence } from "../exits/confidence-name.ts";
import { assertLossRange, selectRows } from "../exits/exit-table.ts";
import { isBuiltInRisk, lossKind, riskCatalogue } from "../exits/loss-kinds.ts";
import { predictionConsistency, predictionGap } from "../exits/relative-loss.ts";
import type { ExitTable, LossColumn, LossKind } from "../exits/types.ts";
import { columnValues } from "./confidence-columns.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import { readIntegers } from "./read-integers.ts";
import { readFloatRows } from "./read-rows.ts";
import { keptRows } from "./score-part.ts";
import { readTableMetadata } from "./table-metadata.ts";
import type { Content, Part, Tensor } from "./tensor.ts";

/**
 * An exit table as `eexit score` (or the user) wrote it: `confidence:<measure>` or `confidence`, `prediction`, `label`,
 * `loss:<risk>`, `absolute:<risk>`, `brier`. What is missing is not needed, or cannot be asked for.
 *
 * @param given labels from `--labels`, which go before the file's own; null without
 */
export function readTablePart(
  part: Part,
  content: Content,
  given: ((count: number) => Int32Array | null) | null,
  request: InputRequest,
  facts: InputFacts,
): ExitTable {
  const metadata = readTableMetadata(content, facts);
  const labelColumn = request.labelColumn ?? "label";
  const sampleCount = sampleCountOf(part, labelColumn);
  const exitCount = exitCountOf(part, content);
  const predictions = wideIntegers(part.get("prediction"), exitCount);
  const ownLabels = part.get(labelColumn);
  const labels = given?.(sampleCount) ?? (ownLabels ? readIntegers(ownLabels) : null);
  const confidences = new Map<string, Float32Array>();
  for (const [name, tensor] of confidenceTensors(part, request)) {
    confidences.set(name, columnValues(tensor, exitCount, 0, sampleCount));
  }
  const brier = part.get("brier");
  const miou = part.get("miou");
  const table: ExitTable = {
    sampleCount,
    exitCount,
    classCount: metadata.classCount,
    confidences,
    predictions,
    labels,
    losses: lossColumns(part, content, metadata.kinds, { sampleCount, exitCount, predictions, labels }, request, facts),
    brier: brier ? Float64Array.from(readFloatRows(brier, 0, sampleCount)) : null,
    ...(miou && { meanIou: Float64Array.from(readFloatRows(miou, 0, sampleCount)) }),
  };
  if (labels === null || request.ignoreLabels.length === 0) return table;
  const kept = keptRows(labels, request.ignoreLabels);
  facts.ignoredCount += sampleCount - kept.length;
  return selectRows(table, kept);
}

const tableColumn = /^(confidence(:.*)?|prediction|brier|miou|(loss|absolute):.+)$/;

/**
 * Rows of the table; every column must tell of every sample. A missing label would count as wrong at all exits, which is a
 * gap of 0, and certify what was never seen.
 *
 * @throws shape-mismatch, labels-mismatch
 */
function sampleCountOf(part: Part, labelColumn: string): number {
  const columns = [...part].filter(([key]) => tableColumn.test(key)).map(([, tensor]) => tensor);
  const sampleCount = columns[0].shape[0] ?? 0;
  for (const tensor of columns) {
    if (tensor.shape.length <= 2 && tensor.shape[0] === sampleCount) continue;
    throw new EexitError(
      "shape-mismatch",
      `${tensor.name}: shape [${tensor.shape.join(", ")}], expected [${sampleCount}, exits] as ${columns[0].name}`,
      "every column needs one row per sample",
    );
  }
  const labels = part.get(labelColumn);
  if (labels && (labels.shape.length !== 1 || labels.shape[0] !== sampleCount)) {
    throw new EexitError(
      "labels-mismatch",
      `${labels.name}: shape [${labels.shape.join(", ")}], but the table holds ${sampleCount} samples`,
      "labels and samples must come in the same order, one label per sample",
    );
  }
  return sampleCount;
}

/** Exits from any column that has all L of them; confidences alone may leave out the last exit's. */
function exitCountOf(part: Part, content: Content): number {
  const widths = [...part]
    .filter(([key]) => /^(prediction|brier|(loss|absolute):.+)$/.test(key))
    .map(([, tensor]) => tensor.shape[1] ?? 1);
  const wide = widths.length > 0 ? Math.max(...widths) : 0;
  const exitCount =
    wide || Math.max(...[...part].filter(([key]) => key.startsWith("confidence")).map(([, t]) => t.shape[1] ?? 1));
  if (exitCount >= 2) return exitCount;
  throw new EexitError(
    "too-few-exits",
    `${content.name}: ${exitCount} exit, expected at least 2`,
    "columns are numbered per exit: confidence_1, confidence_2, …",
  );
}

function wideIntegers(tensor: Tensor | undefined, exitCount: number): Int32Array | null {
  if (!tensor) return null;
  if (tensor.shape[1] !== exitCount) throw otherWidth(tensor, exitCount);
  return readIntegers(tensor);
}

function otherWidth(tensor: Tensor, exitCount: number): EexitError {
  return new EexitError(
    "shape-mismatch",
    `${tensor.name}: shape [${tensor.shape.join(", ")}], expected [samples, ${exitCount}]`,
    "every column of an exit table has one value per sample and exit",
  );
}

/** The confidence columns that are asked for; by default top1 (of images: top1@mean), or the table's only one. */
function confidenceTensors(part: Part, { confidences }: InputRequest): [string, Tensor][] {
  const found = [...part]
    .filter(([key]) => key === "confidence" || key.startsWith("confidence:"))
    .map(([key, tensor]): [string, Tensor] => [
      key === "confidence" ? "confidence" : key.slice("confidence:".length),
      tensor,
    ]);
  if (confidences === "all") return found;
  const names = found.map(([name]) => name);
  if (confidences === "default") {
    const usual = columnOf("top1", names);
    return found.length === 1 ? found : found.filter(([name]) => name === usual);
  }
  // Columns from files of their own are added by the caller.
  const asked = confidences.map((text) => columnOf(text, names));
  return found.filter(([name]) => asked.includes(name));
}

/** In a table of images, top1 means top1@mean and top1@quantile:.25 the column top1@quantile:0.25. */
function columnOf(asked: string, names: readonly string[]): string {
  const image = parseImageConfidence(asked);
  return names.includes(asked) || image === null ? asked : confidenceName(image);
}

interface Parts {
  readonly sampleCount: number;
  readonly exitCount: number;
  readonly predictions: Int32Array | null;
  readonly labels: Int32Array | null;
}

function lossColumns(
  part: Part,
  content: Content,
  declared: ReadonlyMap<string, LossKind>,
  parts: Parts,
  request: InputRequest,
  facts: InputFacts,
): Map<string, LossColumn> {
  const stored = [...part.keys()].flatMap((key) => /^(?:loss|absolute):(.+)$/.exec(key)?.[1] ?? []);
  const losses = new Map<string, LossColumn>();
  for (const risk of wantedRisks(stored, parts, request.risks)) {
    const relative = part.get(`loss:${risk}`);
    const tensor = relative ?? part.get(`absolute:${risk}`);
    const kind = declared.get(risk) ?? kindOf(risk, request);
    if (tensor && kind) losses.set(risk, (relative ? storedLoss : relativeLoss)(tensor, kind, parts));
    else if (tensor && request.risks === "all")
      facts.notes.push(`${content.name}: loss ${risk} left out, its range is not declared (--loss-range a:b)`);
    else if (tensor)
      throw new EexitError(
        "risk-unknown",
        `--risk ${risk}: its range is not declared, and a range is never estimated`,
        "declare it with --loss-range a:b",
      );
    else losses.set(risk, derivedLoss(risk, parts, content));
  }
  return losses;
}

function wantedRisks(
  stored: readonly string[],
  { predictions, labels }: Parts,
  risks: InputRequest["risks"],
): readonly string[] {
  if (typeof risks !== "string") return risks;
  const gap = stored.includes("prediction-gap") || (predictions !== null && labels !== null);
  const consistency = stored.includes("prediction-consistency") || predictions !== null;
  if (risks === "default") {
    if (gap) return ["prediction-gap"];
    if (consistency) return ["prediction-consistency"];
    const ofImages = ["miou-gap", "miscoverage"].find((risk) => stored.includes(risk));
    return ofImages ? [ofImages] : stored.slice(0, 1);
  }
  const derived = [...(gap ? ["prediction-gap"] : []), ...(consistency ? ["prediction-consistency"] : [])];
  return [
    ...Object.keys(riskCatalogue).filter((risk) => derived.includes(risk) || stored.includes(risk)),
    ...stored.filter((risk) => !isBuiltInRisk(risk)),
  ];
}

/** The declared range of a stored loss: proven for built-in risks and the paper's Brier tables, the user's word for others. */
function kindOf(risk: string, { lossRange, binary }: InputRequest): LossKind | null {
  if (isBuiltInRisk(risk)) return lossKind(risk, false);
  if (lossRange) return { name: risk, lower: lossRange[0], upper: lossRange[1], binary };
  if (risk === "dist_loss") return { name: risk, lower: -2, upper: 2, binary: false };
  return binary ? { name: risk, lower: 0, upper: 1, binary } : null;
}

function storedLoss(tensor: Tensor, kind: LossKind, { sampleCount, exitCount }: Parts): LossColumn {
  const width = tensor.shape[1] ?? 1;
  if (width !== exitCount && width !== exitCount - 1) throw otherWidth(tensor, exitCount);
  const given = readFloatRows(tensor, 0, sampleCount);
  const values = new Float64Array(sampleCount * exitCount);
  if (width === exitCount) values.set(given);
  else for (let i = 0; i < sampleCount; i++) values.set(given.subarray(i * width, (i + 1) * width), i * exitCount);
  const column = { kind, values };
  assertLossRange(column, exitCount, tensor.name);
  return column;
}

/** Absolute losses of every exit, relative to the last one's. Exact for float16 and float32, whose differences fit a float64. */
function relativeLoss(tensor: Tensor, kind: LossKind, { sampleCount, exitCount }: Parts): LossColumn {
  if ((tensor.shape[1] ?? 1) !== exitCount) throw otherWidth(tensor, exitCount);
  const given = readFloatRows(tensor, 0, sampleCount);
  const values = Float64Array.from(given, (loss, at) => loss - given[at - (at % exitCount) + exitCount - 1]);
  const column = { kind, values };
  assertLossRange(column, exitCount, tensor.name);
  return column;
}

function derivedLoss(risk: string, { predictions, labels, exitCount }: Parts, content: Content): LossColumn {
  if (predictions && risk === "prediction-consistency") return predictionConsistency(predictions, exitCount);
  if (predictions && risk === "prediction-gap") {
    if (labels) return predictionGap(predictions, labels, exitCount);
    throw new EexitError(
      "labels-needed",
      "--risk prediction-gap: needs labels, found none",
      "give --labels FILE or a label column",
    );
  }
  throw new EexitError(
    "risk-unknown",
    `--risk ${risk}: ${content.name} holds no column loss:${risk}${predictions ? "" : " and no predictions"}`,
    isBuiltInRisk(risk) ? "score the logits with eexit score --risk …" : "see eexit inspect for what the table holds",
  );
}
