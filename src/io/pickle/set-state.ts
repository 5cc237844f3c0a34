import { EexitError } from "../../errors.ts";
import { numpyType } from "../numpy-type.ts";
import { elementBytes, elementCount, packedStrides } from "../tensor.ts";
import type { PickleMachine } from "./machine.ts";
import { type PickleArray, type PickleType, type PickleValue, textOf, wholeNumbers } from "./values.ts";

/** BUILD: gives a dtype its byte order, an array its shape and bytes. A dict's attributes (torch's `_metadata`) are dropped. */
export function setState(m: PickleMachine, target: PickleValue, state: PickleValue): void {
  const kind = typeof target === "object" && target !== null ? target.kind : "value";
  if (kind === "dict") return;
  if (kind !== "type" && kind !== "array") throw m.malformed(`sets the state of a ${kind}`);
  if (typeof state !== "object" || state?.kind !== "tuple")
    throw m.malformed(`sets the state of a ${kind} without a tuple`);
  if (kind === "type") setTypeState(m, target as PickleType, state.items);
  else setArrayState(m, target as PickleArray, state.items);
}

/** numpy's dtype state: (version, byte order, subarray, names, fields, …); the last three only for records. */
function setTypeState(m: PickleMachine, target: PickleType, items: readonly PickleValue[]): void {
  const order = textOf(items[1] ?? null);
  if (order === null || !/^[<>|=]$/.test(order)) throw m.malformed("gives a dtype no byte order");
  const isRecord = [items[2], items[3]].some((item) => item !== null && item !== undefined);
  if (isRecord) {
    throw new EexitError(
      "type-unsupported",
      `${m.file}: holds records (a structured dtype), expected one number per element`,
      "save each field as an array of its own",
    );
  }
  target.order = order;
}

/** numpy's array state: (version, shape, dtype, is Fortran order, data), without the version in very old files. */
function setArrayState(m: PickleMachine, target: PickleArray, items: readonly PickleValue[]): void {
  const [shape, type, isFortran, data] = items.slice(-4);
  const sizes = wholeNumbers(shape ?? null);
  if (items.length < 4 || !sizes || typeof type !== "object" || type?.kind !== "type")
    throw m.malformed("gives an array no shape or dtype");
  fillArray(m.file, target, {
    sizes,
    type,
    order: isFortran === true || isFortran === 1 ? "Fortran" : "C",
    data: data ?? null,
  });
}

/**
 * Lays an array over the bytes that the pickle holds for it.
 * @throws EexitError `type-unsupported` for Python objects and the like, `file-malformed` when bytes and shape disagree
 */
export function fillArray(
  file: string,
  target: PickleArray,
  parts: { sizes: readonly number[]; type: PickleType; order: "C" | "Fortran"; data: PickleValue },
): void {
  const { sizes, type, order, data } = parts;
  const element = numpyType(file, type.order + type.code);
  const needed = elementCount(sizes) * elementBytes[element.type];
  const source = typeof data === "object" && data?.kind === "bytes" && !data.isText ? data.source : null;
  if (source?.size !== needed) {
    throw new EexitError(
      "file-malformed",
      `${file}: holds ${source?.size ?? "no"} bytes for an array of shape [${sizes}] ${element.type}, expected ${needed}`,
      "write the file again",
    );
  }
  target.layout = { ...element, shape: sizes, strides: packedStrides(sizes, order), bytes: source, offset: 0 };
}
