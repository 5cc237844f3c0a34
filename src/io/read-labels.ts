import { EexitError } from "../errors.ts";
import { labelKeys } from "./label-keys.ts";
import { contentOf } from "./open-content.ts";
import { openSource } from "./open-source.ts";
import { readIntegers } from "./read-integers.ts";
import { readTextLabels } from "./read-text-labels.ts";
import { sniff, sniffLength } from "./sniff.ts";
import type { Part } from "./tensor.ts";

/**
 * All labels of a file: NPY, NPZ, safetensors, Arrow, pickle, or text with one integer per line.
 *
 * @param column array or column to take; by default the only one, or one called label, labels, target or targets
 * @returns class indices `[n]`
 * @throws label-invalid, array-missing
 */
export async function readLabels(
  path: string,
  column: string | null,
  readStdin: () => Promise<Uint8Array>,
): Promise<Int32Array> {
  const source = await openSource(path, readStdin);
  const format = sniff(source.read(0, Math.min(sniffLength, source.size)), path);
  if (format === "csv") {
    const labels = readTextLabels(source);
    source.close();
    return labels;
  }
  const content = await contentOf(source, path);
  const pieces: Int32Array[] = [];
  for await (const part of content.parts()) pieces.push(labelsOfPart(part, path, column));
  content.close();
  if (pieces.length === 1) return pieces[0];
  const labels = new Int32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    labels.set(piece, at);
    at += piece.length;
  }
  return labels;
}

function labelsOfPart(part: Part, path: string, column: string | null): Int32Array {
  const keys = column === null ? ["", ...labelKeys, "arr_0"] : [column];
  const tensor = keys.map((key) => part.get(key)).find((found) => found !== undefined);
  if (!tensor) {
    throw new EexitError(
      "array-missing",
      `${path}: no array ${column ?? "labels"}, found ${[...part.keys()].join(", ") || "nothing"}`,
      "name it with --label-column",
    );
  }
  if (tensor.shape.length !== 1) {
    throw new EexitError(
      "shape-mismatch",
      `${tensor.name}: shape [${tensor.shape.join(", ")}], expected labels [N]`,
      "give one class index per sample; label maps [N, H, W] are for dense logits, whose exit tables need no labels",
    );
  }
  return readIntegers(tensor);
}
