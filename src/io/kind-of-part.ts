import type { InputRequest } from "./input-request.ts";
import type { Part, Tensor } from "./tensor.ts";

// Told from names and shapes alone, so that what reads a kind is loaded when one comes.

/** Whether a part is an exit table: confidences, predictions or losses per exit, but no logits. */
export function isExitTable(part: Part): boolean {
  return [...part.keys()].some((key) => /^(confidence(:.*)?|(loss|absolute):.+)$/.test(key));
}

/** Whether a part is a loss table: λ with losses or scores, or a bare array [K, n] with `--lambdas`. */
export function isLossTable(part: Part, request: InputRequest): boolean {
  return request.lambdas !== null || (part.has("lambdas") && (part.has("losses") || part.has("scores")));
}

/** Whether a part may hold dense logits; which of its arrays are some is for `findDense` to say. */
export function mayBeDense(part: Part, request: InputRequest): boolean {
  if (isExitTable(part)) return false;
  const mayBe = ([name, { shape }]: [string, Tensor]) =>
    shape.length > 3 || (shape.length === 3 && /^exit_/.test(name));
  return request.exits !== null || [...part].some(mayBe);
}
