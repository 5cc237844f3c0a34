import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { EexitError } from "../src/errors.ts";

/**
 * Refuses to write where the command reads: logits take hours to make, and a slip of a shell history costs them.
 *
 * @throws file-exists
 */
export function keepInputs(inputs: readonly string[], outputs: readonly (string | undefined)[]): void {
  const read = new Set(inputs.filter((path) => path !== "-").map(realPath));
  for (const output of outputs) {
    if (output === undefined || output === "-" || !read.has(realPath(output))) continue;
    throw new EexitError(
      "file-exists",
      `${output}: is an input of this command, expected another output`,
      "name another file",
    );
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
