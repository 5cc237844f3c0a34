import { EexitError } from "../../errors.ts";
import { labelKeys } from "../label-keys.ts";
import { printable } from "../printable.ts";

import { permuteAxes } from "../read-rows.ts";
import type { Content, Part, Tensor } from "../tensor.ts";
import { arraysOf, asTensor } from "./as-tensor.ts";
import { describeValue, type PickleDict, type PickleSequence, type PickleValue, textOf } from "./values.ts";

export interface NamedArrays {
  readonly part: Part;
  readonly layoutHint: Content["layoutHint"];
}

/**
 * Gives the arrays of a pickled value the names that readers look for.
 *
 * - `(logits[L,N,C], labels[N], …)` → `logits`, `labels`
 * - `(lambdas[K], exits[K] or [K,N], scores[K,N])` → these names
 * - `(val_pred, val_target, test_pred, test_target)` → `val_logits`, `val_labels`, `test_logits`, `test_labels`
 * - a list or tuple of arrays of one shape `[N,C,…]` → `exit_1` … `exit_L`
 * - a dict → its own string keys; under a key, a list of `[N,C]` arrays, one per exit, becomes `[N,L,C]`
 * - an array, or nested lists of numbers → ""
 *
 * Predictions in a tuple may be a list of L arrays `[N,C]`; that and the tuples of the paper's code put the exits first.
 * @param file for messages
 * @param fileSize in bytes: bounds what lists of numbers may unfold to
 * @throws EexitError `array-missing` saying what was found; `shape-mismatch` for a list of unequal arrays
 */
export function nameArrays(file: string, fileSize: number, value: PickleValue): NamedArrays {
  const named = isSequence(value)
    ? (paperTuple(file, fileSize, value) ?? exitList(file, value))
    : isDict(value)
      ? dictArrays(file, fileSize, value)
      : null;
  if (named) return named;
  const isUnnamed = isDict(value) || (isSequence(value) && arraysOf(file, value) !== null);
  const bare = isUnnamed ? null : asTensor(file, value, fileSize);
  if (bare && bare.shape.length > 0) return { part: new Map([["", bare]]), layoutHint: null };
  throw new EexitError(
    "array-missing",
    `${file}: holds ${printable(describeValue(value))}, expected (logits, labels), (lambdas, exits, scores), a dict or a list of arrays`,
    "save the arrays by name: np.savez(path, logits=…, labels=…)",
  );
}

function isSequence(value: PickleValue): value is PickleSequence {
  return typeof value === "object" && value !== null && (value.kind === "list" || value.kind === "tuple");
}

function isDict(value: PickleValue): value is PickleDict {
  return typeof value === "object" && value !== null && value.kind === "dict";
}

function paperTuple(file: string, fileSize: number, value: PickleSequence): NamedArrays | null {
  const count = value.items.length;
  if (count < 2 || count > 8) return null;
  const at = (index: number, name: string) =>
    index < count ? memberTensor(file, fileSize, value.items[index], name) : null;
  const [first, second] = [at(0, "logits"), at(1, "labels")];
  if (!first || !second) return null;
  if (isLogitsWithLabels(first, second)) {
    const [third, fourth] = [at(2, "test_logits"), at(3, "test_labels")];
    if (count === 4 && third && fourth && isLogitsWithLabels(third, fourth)) {
      return exitsFirst([
        ["val_logits", { ...first, name: `${file}:val_logits` }],
        ["val_labels", { ...second, name: `${file}:val_labels` }],
        ["test_logits", third],
        ["test_labels", fourth],
      ]);
    }
    return exitsFirst([
      ["logits", first],
      ["labels", second],
    ]);
  }
  const scores = at(2, "scores");
  if (count !== 3 || !scores || first.shape.length !== 1 || scores.shape.length !== 2) return null;
  if (second.shape[0] !== first.shape[0] || scores.shape[0] !== first.shape[0]) return null;
  const part = new Map([
    ["lambdas", { ...first, name: `${file}:lambdas` }],
    ["exits", { ...second, name: `${file}:exits` }],
    ["scores", scores],
  ]);
  return { part, layoutHint: null };
}

/** A member of a tuple as an array; null for anything else, lists of unequal arrays included. */
function memberTensor(file: string, fileSize: number, value: PickleValue, name: string): Tensor | null {
  if (isSequence(value)) {
    const shapes = (arraysOf(file, value) ?? []).map(({ shape }) => String(shape));
    if (new Set(shapes).size > 1) return null;
  }
  return asTensor(`${file}:${name}`, value, fileSize);
}

/** `[·,·,C]` beside one label per sample, `[·,·,C,H,W]` beside one per pixel. */
function isLogitsWithLabels(logits: Tensor, labels: Tensor): boolean {
  return logits.shape.length >= 3 && labels.shape.length === logits.shape.length - 2;
}

/** Exit-major unless the labels fit the first axis only: then somebody saved `[N,L,C]`. */
function exitsFirst(arrays: [string, Tensor][]): NamedArrays {
  const [[, logits], [, labels]] = arrays;
  const sampleCount = labels.shape[0];
  const isSamplesFirst = logits.shape[0] === sampleCount && logits.shape[1] !== sampleCount;
  return { part: new Map(arrays), layoutHint: isSamplesFirst ? null : "lnc" };
}

function exitList(file: string, value: PickleSequence): NamedArrays | null {
  const tensors = arraysOf(file, value);
  if (!tensors || tensors.length < 2 || tensors[0].shape.length < 2) return null;
  const shapes = tensors.map(({ shape }) => String(shape));
  if (new Set(shapes).size > 1) return null;
  const named = tensors.map((tensor, i): [string, Tensor] => [
    `exit_${i + 1}`,
    { ...tensor, name: `${file}:exit_${i + 1}` },
  ]);
  return { part: new Map(named), layoutHint: null };
}

/** Values that are no arrays of numbers (settings, names, nested dicts) are left out. */
function dictArrays(file: string, fileSize: number, dict: PickleDict): NamedArrays | null {
  const part = new Map<string, Tensor>();
  for (const [key, value] of dict.entries) {
    const name = textOf(key);
    if (name === null) continue;
    const tensor = memberTensor(file, fileSize, value, printable(name));
    if (!tensor || tensor.shape.length === 0) continue;
    const isExitList = isSequence(value) && arraysOf(file, value) !== null && tensor.shape.length >= 3;
    const order = [1, 0, ...tensor.shape.keys()].filter((axis, i) => i < 2 || axis > 1);
    part.set(name, isExitList ? permuteAxes(tensor, order) : tensor);
  }
  return part.size > 0 ? { part, layoutHint: dictLayout(part) } : null;
}

/** Exit-major when the labels say so, as those beside `logits` or beside both halves do; otherwise sample first, as everywhere. */
function dictLayout(part: Part): Content["layoutHint"] {
  const find = (prefix: string, keys: readonly string[]) =>
    keys.map((key) => part.get(prefix + key)).find((tensor) => tensor !== undefined);
  const hints = ["", "val_", "test_"].flatMap((prefix) => {
    const [logits, labels] = [find(prefix, ["logits", "probs", "pred"]), find(prefix, labelKeys)];
    if (!logits || !labels || !isLogitsWithLabels(logits, labels)) return [];
    const fits = logits.shape[1] === labels.shape[0];
    return [
      fits
        ? exitsFirst([
            ["logits", logits],
            ["labels", labels],
          ]).layoutHint
        : null,
    ];
  });
  return hints.length > 0 && hints.every((hint) => hint === "lnc") ? "lnc" : null;
}
