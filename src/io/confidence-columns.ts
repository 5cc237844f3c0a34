import { EexitError } from "../errors.ts";
import { isBuiltInMeasure } from "../exits/confidence.ts";
import { parseConfidenceName } from "../exits/confidence-name.ts";
import type { ExitTable } from "../exits/types.ts";
import type { InputRequest } from "./input-request.ts";
import { openContent } from "./open-content.ts";
import { readFloatRows } from "./read-rows.ts";
import type { Part, Tensor } from "./tensor.ts";

/** A supplied confidence: rows of `[L]` or `[L − 1]` values, converted to float32 like every confidence. */
export interface ConfidenceColumn {
  readonly name: string;
  readonly tensor: Tensor;
  /** Row of the tensor at which the part begins. */
  readonly offset: number;
}

/** Files named by `name=file:<npy>`, which run along all inputs. */
export async function confidenceFiles(request: InputRequest): Promise<ConfidenceColumn[]> {
  if (typeof request.confidences === "string") return [];
  const columns: ConfidenceColumn[] = [];
  for (const text of request.confidences) {
    const [name, path] = splitFileConfidence(text);
    if (path === null) continue;
    const content = await openContent(path, request.readStdin);
    for await (const part of content.parts()) {
      const tensor = part.get("") ?? part.get(name) ?? part.get("confidence");
      if (tensor) columns.push({ name, tensor, offset: 0 });
    }
    if (!columns.some((column) => column.name === name)) {
      throw new EexitError(
        "array-missing",
        `${path}: no array for confidence ${name}, expected a bare array [N, L] or [N, L − 1]`,
        "write it with np.save, or under the name of the confidence with np.savez",
      );
    }
  }
  return columns;
}

/** `saturation=file:sat.npy` → name and path; a path of null is a measure or a column. */
export function splitFileConfidence(text: string): [name: string, path: string | null] {
  const match = /^([^=]+)=file:(.+)$/.exec(text);
  return match ? [match[1], match[2]] : [text, null];
}

/** Columns of files that run along all inputs, for a part that begins at their row `offset`. */
export function shifted(files: readonly ConfidenceColumn[], offset: number): ConfidenceColumn[] {
  return files.map((file) => ({ ...file, offset }));
}

/** @throws shape-mismatch when a file holds rows that no sample took */
export function assertAllRowsUsed(files: readonly ConfidenceColumn[], rowCount: number): void {
  for (const { tensor } of files) {
    if (tensor.shape[0] === rowCount) continue;
    throw new EexitError(
      "shape-mismatch",
      `${tensor.name}: ${tensor.shape[0]} rows, expected ${rowCount}, one per sample`,
      "confidences and samples must come in the same order",
    );
  }
}

/** Columns that travel with the logits of a part, under `confidence:<name>` or the name itself. */
export function partColumns(
  part: Part,
  request: InputRequest,
  isComputed: (name: string) => boolean = isBuiltInMeasure,
): ConfidenceColumn[] {
  if (typeof request.confidences === "string") return [];
  return request.confidences
    .filter((text) => !isComputed(text) && splitFileConfidence(text)[1] === null)
    .map((name) => {
      const tensor = part.get(`confidence:${name}`) ?? part.get(name);
      if (tensor) return { name, tensor, offset: 0 };
      if (/^(top1|top-diff|entropy)@/.test(name)) throw otherAggregation(name);
      throw new EexitError(
        "confidence-unknown",
        `--confidence ${name}: neither a measure (top1, top-diff, entropy) nor a column, found ${[...part.keys()].filter((key) => key !== "").join(", ") || "no named array"}`,
        "a file of its own is given as --confidence name=file:scores.npy",
      );
    });
}

/** @returns the error for `top1@…` that is no confidence here: misspelt, or of logits with one prediction per sample */
function otherAggregation(name: string): EexitError {
  const [measure] = name.split("@");
  if (parseConfidenceName(name) === null) {
    return new EexitError(
      "confidence-unknown",
      `--confidence ${name}: expected ${measure}@mean, ${measure}@quantile:q with q from 0 to 1, ${measure}@patch:s or ${measure}@patch:s:q`,
      `for example ${measure}@quantile:0.25 or ${measure}@patch:50`,
    );
  }
  return new EexitError(
    "confidence-unknown",
    `--confidence ${name}: these logits give one prediction per sample, expected ${measure} without @`,
    "aggregations are for dense logits [N, L, C, H, W]",
  );
}

/** The table with the supplied columns added, for its rows `[start, start + count)`. */
export function columnConfidences(
  table: ExitTable,
  columns: readonly ConfidenceColumn[],
  start: number,
  count: number,
): ExitTable {
  if (columns.length === 0) return table;
  const confidences = new Map(table.confidences);
  for (const { name, tensor, offset } of columns) {
    confidences.set(name, columnValues(tensor, table.exitCount, offset + start, count));
  }
  return { ...table, confidences };
}

/** Float32 confidences `[count, exitCount]`; a missing last exit is NaN, which the exit rule never reads. */
export function columnValues(tensor: Tensor, exitCount: number, start: number, count: number): Float32Array {
  const [rowCount, width = 1] = tensor.shape;
  if (tensor.shape.length > 2 || (width !== exitCount && width !== exitCount - 1)) {
    throw new EexitError(
      "shape-mismatch",
      `${tensor.name}: shape [${tensor.shape.join(", ")}], expected [samples, ${exitCount}] or [samples, ${exitCount - 1}]`,
      "one confidence per sample and exit; the last exit's may be left out",
    );
  }
  if (start + count > rowCount) {
    throw new EexitError(
      "shape-mismatch",
      `${tensor.name}: ${rowCount} rows, expected at least ${start + count}, one per sample`,
      "confidences and samples must come in the same order",
    );
  }
  const values = readFloatRows(tensor, start, count);
  const column = new Float32Array(count * exitCount).fill(Number.NaN);
  for (let i = 0; i < count; i++) {
    for (let l = 0; l < width; l++) {
      const value = values[i * width + l];
      if (l < exitCount - 1 && !Number.isFinite(Math.fround(value))) {
        throw new EexitError(
          "value-not-finite",
          `${tensor.name}: ${value} at row ${start + i}, exit ${l + 1}, expected a finite float32 confidence`,
          "remove or repair that sample",
        );
      }
      column[i * exitCount + l] = value;
    }
  }
  return column;
}
