import { EexitError } from "../errors.ts";
import { isBuiltInMeasure } from "../exits/confidence.ts";
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

/** Columns that travel with the logits of a part, under `confidence:<name>` or the name itself. */
export function partColumns(part: Part, request: InputRequest): ConfidenceColumn[] {
  if (typeof request.confidences === "string") return [];
  return request.confidences
    .filter((text) => !isBuiltInMeasure(text) && splitFileConfidence(text)[1] === null)
    .map((name) => {
      const tensor = part.get(`confidence:${name}`) ?? part.get(name);
      if (tensor) return { name, tensor, offset: 0 };
      if (/^(top1|top-diff|entropy)@/.test(name)) {
        throw new EexitError(
          "not-supported-yet",
          `--confidence ${name}: confidences of dense outputs come with a later release, expected a measure or a column`,
          "aggregate it per image yourself and give it as --confidence name=file:scores.npy",
        );
      }
      throw new EexitError(
        "confidence-unknown",
        `--confidence ${name}: neither a measure (top1, top-diff, entropy) nor a column, found ${[...part.keys()].filter((key) => key !== "").join(", ") || "no named array"}`,
        "a file of its own is given as --confidence name=file:scores.npy",
      );
    });
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
