import { EexitError } from "../errors.ts";
import { printable } from "./printable.ts";
import type { ElementType } from "./tensor.ts";

const typeByCode: Readonly<Record<string, ElementType>> = {
  "?": "bool",
  b1: "bool",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

/**
 * Element type of a numpy type string, e.g. `<f4`, `>i8`, `|b1`, `f2`. Only `>` means big-endian:
 * `=` and no mark at all mean the writer's own order, which is little on every machine that numpy is built for today.
 * @throws EexitError `type-unsupported` naming the type and a one-line conversion
 */
export function numpyType(name: string, description: string): { type: ElementType; littleEndian: boolean } {
  const order = /^[<>|=]/.test(description) ? description[0] : "=";
  const type = typeByCode[description.replace(/^[<>|=]/, "")];
  if (!type) throw unsupported(name, description);
  return { type, littleEndian: order !== ">" };
}

/** Text, dates and raw records: types that nobody means as numbers, so a container may hold them beside the arrays. */
export function isNotNumeric(description: string): boolean {
  return /^[<>|=]?[SUMmaV]\d*(\[.*\])?$/.test(description) && !isBfloat(description);
}

/** numpy has no bfloat16; arrays of ml_dtypes are saved as two raw bytes each. */
function isBfloat(description: string): boolean {
  return /^[<>|=]?V2$/.test(description);
}

function unsupported(name: string, description: string): EexitError {
  if (/^[<>|=]?O/.test(description)) {
    return new EexitError(
      "type-unsupported",
      `${name}: holds Python objects (dtype object), expected numbers`,
      "save a plain array: np.save(path, np.stack(list_of_arrays).astype('float32'))",
    );
  }
  if (isBfloat(description)) {
    return new EexitError(
      "type-unsupported",
      `${name}: holds ${printable(description)} (bfloat16 as numpy writes it), expected float16, float32 or float64`,
      "convert it: np.save(path, (np.load(file).view('u2').astype('u4') << 16).view('f4'))",
    );
  }
  return new EexitError(
    "type-unsupported",
    `${name}: has element type ${printable(description)}, expected float16, float32, float64, an integer or bool`,
    "convert it: np.save(path, array.astype('float32'))",
  );
}
