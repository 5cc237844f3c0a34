import { EexitError } from "../errors.ts";
import { openContent } from "./open-content.ts";
import type { Content, Tensor } from "./tensor.ts";

/**
 * One bare array per exit, each in a file of its own, in the order of `--exits`: by the files' own names where they match, else
 * as listed.
 */
export async function exitFileTensors(
  names: readonly string[],
  first: Content,
  exits: readonly string[],
  readStdin: () => Promise<Uint8Array>,
): Promise<Tensor[]> {
  if (names.length !== exits.length) {
    throw new EexitError(
      "shape-mismatch",
      `${names.length} files for ${exits.length} exits, expected one [N, C] file per exit`,
      "name as many exits as files: --exits a,b,c",
    );
  }
  const tensors: Tensor[] = [];
  for (const [index, name] of names.entries()) {
    const content = index === 0 ? first : await openContent(name, readStdin);
    const tensor = await bareArray(content);
    if (!tensor)
      throw new EexitError(
        "array-missing",
        `${name}: no bare array, expected one [N, C] NPY file per exit`,
        "write each exit's logits with np.save",
      );
    tensors.push(tensor);
  }
  const stems = names.map((name) => name.replace(/^.*[\\/]/, "").replace(/\.[^.]+$/, ""));
  const byName = exits.every((exit) => stems.includes(exit));
  return byName ? exits.map((exit) => tensors[stems.indexOf(exit)]) : tensors;
}

async function bareArray(content: Content): Promise<Tensor | undefined> {
  for await (const part of content.parts()) return part.get("");
  return undefined;
}
