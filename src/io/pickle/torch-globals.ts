import { EexitError } from "../../errors.ts";
import { type ElementType, elementBytes, elementCount } from "../tensor.ts";
import type { PickleGlobals } from "./machine.ts";
import { allowed, badCall, numpyGlobals } from "./numpy-globals.ts";
import { type PickleArray, type PickleStorage, type PickleValue, wholeNumbers } from "./values.ts";

const storageTypes: Readonly<Record<string, ElementType>> = {
  BoolStorage: "bool",
  CharStorage: "int8",
  ByteStorage: "uint8",
  ShortStorage: "int16",
  IntStorage: "int32",
  LongStorage: "int64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  FloatStorage: "float32",
  DoubleStorage: "float64",
};

/** The globals that a torch archive of plain tensors names, besides numpy's. */
export const torchGlobals: PickleGlobals = new Map([
  ...numpyGlobals,
  ...Object.entries(storageTypes).map(([name, type]): [string, PickleStorage] => [
    `torch.${name}`,
    { kind: "storage", type, littleEndian: true, bytes: null },
  ]),
  ...[
    allowed("torch._utils._rebuild_tensor_v2", rebuildTensor),
    allowed("torch._utils._rebuild_parameter", (args, file) => args[0] ?? badCall(file, "_rebuild_parameter", args)),
  ].map((entry) => [entry.name, entry] as const),
]);

/**
 * _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks), offset and stride in elements.
 * Every element must lie inside the storage, and there may be no more elements than the storage holds: an expanded
 * tensor (stride 0) could claim any number of rows.
 */
function rebuildTensor(args: readonly PickleValue[], file: string): PickleArray {
  const [storage, offset, size, stride] = args;
  const [sizes, strides] = [wholeNumbers(size ?? null), wholeNumbers(stride ?? null)];
  const isStorage = typeof storage === "object" && storage?.kind === "storage" && storage.bytes !== null;
  const isOffset = typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0;
  if (!isStorage || !storage.bytes || !isOffset || !sizes || strides?.length !== sizes.length)
    return badCall(file, "_rebuild_tensor_v2", args);
  const { type, littleEndian, bytes } = storage;
  const count = elementCount(sizes);
  const end =
    count === 0 ? offset : sizes.reduce((last, length, axis) => last + (length - 1) * strides[axis], offset + 1);
  const held = bytes.size / elementBytes[type];
  if (!(end <= held && count <= held)) {
    throw new EexitError(
      "file-malformed",
      `${bytes.name}: holds ${held} ${type} elements, expected ${Math.max(end, count)} for a tensor of shape [${sizes}]`,
      "save tensors of their own: torch.save(tensor.contiguous().clone(), path)",
    );
  }
  return {
    kind: "array",
    layout: { type, littleEndian, shape: sizes, strides, bytes, offset: offset * elementBytes[type] },
  };
}
