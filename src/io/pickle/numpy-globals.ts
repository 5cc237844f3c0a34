import { EexitError } from "../../errors.ts";
import { memorySource } from "../byte-source.ts";
import { deferredSource } from "../derived-source.ts";
import { permuteAxes, readFloatRows } from "../read-rows.ts";
import { latin1Bytes } from "./latin1-bytes.ts";
import type { PickleGlobals } from "./machine.ts";
import { fillArray } from "./set-state.ts";
import {
  describeValue,
  type PickleArray,
  type PickleConstructor,
  type PickleType,
  type PickleValue,
  textOf,
  wholeNumbers,
} from "./values.ts";

/** The globals that pickled numpy arrays name, before numpy 2 (`numpy.core`) and since (`numpy._core`). */
export const numpyGlobals: PickleGlobals = new Map(
  [
    allowed("numpy.ndarray", (_, file) => badCall(file, "numpy.ndarray", [])),
    allowed("numpy.dtype", dtype),
    allowed("numpy.core.multiarray._reconstruct", reconstruct),
    allowed("numpy._core.multiarray._reconstruct", reconstruct),
    allowed("numpy.core.multiarray.scalar", scalar),
    allowed("numpy._core.multiarray.scalar", scalar),
    allowed("numpy.core.numeric._frombuffer", fromBuffer),
    allowed("numpy._core.numeric._frombuffer", fromBuffer),
    allowed("_codecs.encode", encode),
    allowed("__builtin__.bytes", noBytes),
    allowed("builtins.bytes", noBytes),
    allowed("collections.OrderedDict", orderedDict),
  ].map((entry) => [entry.name, entry]),
);

export function allowed(name: string, call: PickleConstructor["call"]): PickleConstructor {
  return { kind: "constructor", name, call };
}

export function badCall(file: string, name: string, args: readonly PickleValue[]): never {
  const found = args.map((arg) => describeValue(arg, 2)).join(", ");
  throw new EexitError(
    "file-malformed",
    `${file}: calls ${name} with (${found}), expected the arguments of a plain array`,
    "save it again with a current numpy or torch",
  );
}

/** dtype("f4", align, copy). */
function dtype(args: readonly PickleValue[], file: string): PickleType {
  const code = textOf(args[0] ?? null);
  if (code === null) return badCall(file, "numpy.dtype", args);
  const order = /^[<>|=]/.test(code) ? code[0] : "=";
  return { kind: "type", code: code.replace(/^[<>|=]/, ""), order };
}

/** _reconstruct(ndarray, (0,), b"b"): an empty array whose state follows. Subclasses of ndarray cannot be named. */
function reconstruct(args: readonly PickleValue[], file: string): PickleArray {
  const base = args[0];
  if (typeof base !== "object" || base?.kind !== "constructor" || base.name !== "numpy.ndarray")
    return badCall(file, "_reconstruct", args);
  return { kind: "array", layout: null };
}

/** scalar(dtype, bytes): one number. */
function scalar(args: readonly PickleValue[], file: string): PickleValue {
  const [type, data] = args;
  if (typeof type !== "object" || type?.kind !== "type") return badCall(file, "scalar", args);
  const array: PickleArray = { kind: "array", layout: null };
  fillArray(file, array, { sizes: [], type, order: "C", data: data ?? null });
  return array.layout ? readFloatRows({ ...array.layout, name: file }, 0, 1)[0] : null;
}

/**
 * _frombuffer(bytes, dtype, shape, order) of protocol 5; newer numpy writes a transposed array with order "K" and a fifth
 * argument, the order of the axes: the bytes are in C order of `shape`, and axis `axes[i]` of that becomes axis i.
 */
function fromBuffer(args: readonly PickleValue[], file: string): PickleArray {
  const [data, type, shape, order, axes] = args;
  const sizes = wholeNumbers(shape ?? null);
  if (
    typeof type !== "object" ||
    type?.kind !== "type" ||
    !sizes ||
    !["C", "F", "K"].includes(textOf(order ?? null) ?? "")
  )
    return badCall(file, "_frombuffer", args);
  const array: PickleArray = { kind: "array", layout: null };
  fillArray(file, array, { sizes, type, order: order === "F" ? "Fortran" : "C", data: data ?? null });
  const turned = order === "K" ? wholeNumbers(axes ?? null) : null;
  if (order === "K" && (!turned || !isPermutation(turned, sizes.length))) return badCall(file, "_frombuffer", args);
  if (turned && array.layout) array.layout = permuteAxes({ ...array.layout, name: file }, turned);
  return array;
}

function isPermutation(axes: readonly number[], count: number): boolean {
  return axes.length === count && new Set(axes).size === count && axes.every((axis) => axis < count);
}

/** One array of bytes per long text of the file: a pickle can name the same text a million times. */
const encoded = new WeakMap<object, PickleValue>();

/** encode(text, "latin1"): how protocol 2 carries bytes. */
function encode(args: readonly PickleValue[], file: string): PickleValue {
  const [text, codec] = args;
  const isText = typeof text === "string" || (typeof text === "object" && text?.kind === "bytes" && text.isText);
  if (!isText || !/^latin-?1$/.test(textOf(codec ?? null) ?? "")) return badCall(file, "_codecs.encode", args);
  if (typeof text === "string") {
    if (/[^\0-\xff]/.test(text)) return badCall(file, "_codecs.encode", args);
    const source = deferredSource(file, text.length, () => Buffer.from(text, "latin1"));
    return { kind: "bytes", source, isText: false };
  }
  const known = encoded.get(text);
  if (known) return known;
  const bytes = latin1Bytes(text.source.read(0, text.source.size));
  if (!bytes) return badCall(file, "_codecs.encode", args);
  const value: PickleValue = { kind: "bytes", source: memorySource(file, bytes), isText: false };
  encoded.set(text, value);
  return value;
}

/** bytes(): how protocol 2 carries no bytes at all. */
function noBytes(args: readonly PickleValue[], file: string): PickleValue {
  if (args.length > 0) return badCall(file, "bytes", args);
  return { kind: "bytes", source: memorySource(file, new Uint8Array(0)), isText: false };
}

/** OrderedDict() or OrderedDict([[key, value], …]). */
function orderedDict(args: readonly PickleValue[], file: string): PickleValue {
  const entries: [PickleValue, PickleValue][] = [];
  const pairs = args[0] ?? null;
  if (pairs === null) return { kind: "dict", entries };
  if (typeof pairs !== "object" || pairs.kind !== "list") return badCall(file, "OrderedDict", args);
  for (const pair of pairs.items) {
    const isPair = typeof pair === "object" && pair !== null && "items" in pair && pair.items.length === 2;
    if (!isPair) return badCall(file, "OrderedDict", args);
    entries.push([pair.items[0], pair.items[1]]);
  }
  return { kind: "dict", entries };
}
