import type { ByteSource } from "../byte-source.ts";
import { onePartContent } from "../one-part-content.ts";
import type { Content } from "../tensor.ts";
import { pickleGlobals } from "./embedded-storage.ts";
import { refuseLegacyTorch } from "./legacy-torch.ts";
import { nameArrays } from "./name-arrays.ts";
import { readPickle } from "./read-pickle.ts";

/**
 * Opens a pickle (protocols 2 to 5) of numpy arrays and torch tensors, tuples, lists, dicts, numbers and text, under
 * the names that `nameArrays` gives. Nothing is executed, any global outside their constructors is refused by name, and array
 * bytes stay in the file until rows are read.
 * @throws EexitError `pickle-refused`, `file-malformed`, `file-truncated`, `type-unsupported`, `array-missing` or
 *   `format-not-read` (a torch file of the old format)
 */
export function openPickle(source: ByteSource): Content {
  refuseLegacyTorch(source);
  const { part, layoutHint } = nameArrays(source.name, source.size, readPickle(source, pickleGlobals));
  return onePartContent("pickle", source, part, { layoutHint });
}
