const plain = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const special: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
  "-infinity": Number.NEGATIVE_INFINITY,
};

/**
 * A number as programs write it (`0.5`, `-1e-3`, `.5`, `nan`, `-inf`), or null. Stricter than JavaScript's own reading,
 * which takes "" for 0 and "0x10" for 16; "1,5" is no number either.
 */
export function numberFromText(text: string): number | null {
  const trimmed = text.trim();
  if (plain.test(trimmed)) return Number(trimmed);
  return special[trimmed.toLowerCase().replace(/^\+/, "")] ?? null;
}

/** What to do about text that is no number. */
export function numberHint(text: string): string {
  if (text.trim() === "") return "fill or drop rows with missing values";
  if (/^[+-]?\d+,\d+$/.test(text.trim())) return "write decimals with a point";
  return "write numbers as 0.5 or 1e-3";
}
