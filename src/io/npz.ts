import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { npyTensor, npyTypeDescription } from "./npy.ts";
import { isNotNumeric } from "./numpy-type.ts";
import { onePartContent } from "./one-part-content.ts";
import type { Content, Tensor } from "./tensor.ts";
import { openZip } from "./zip.ts";

/**
 * Opens an NPZ archive, stored or deflated: each `<key>.npy` becomes the array `<key>`. Text, date and record arrays
 * (file names, for example) are left out; Python objects are refused. Stored arrays are read in place.
 * @throws EexitError as `openNpy` and `openZip`; `array-missing` when no entry is an array of numbers
 */
export function openNpz(source: ByteSource): Content {
  const arrays = new Map<string, Tensor>();
  const entries = openZip(source);
  for (const [name, entry] of entries) {
    if (!name.endsWith(".npy") || isNotNumeric(npyTypeDescription(entry))) continue;
    arrays.set(name.slice(0, -".npy".length), npyTensor(entry));
  }
  if (arrays.size === 0) {
    throw new EexitError(
      "array-missing",
      `${source.name}: holds ${entries.size} entries but no array of numbers, expected entries named <key>.npy`,
      "write it with np.savez(path, logits=…, labels=…)",
    );
  }
  return onePartContent("npz", source, arrays);
}
