import { readdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { EexitError } from "../src/errors.ts";

/**
 * Refuses to write where the command reads: logits take hours to make, and a slip of a shell history costs them. Of a folder,
 * such as one of stages, every file is an input.
 *
 * @throws file-exists
 */
export function keepInputs(inputs: readonly string[], outputs: readonly (string | undefined)[]): void {
  const read = new Set(inputs.filter((path) => path !== "-").flatMap(realPaths));
  for (const output of outputs) {
    if (output === undefined || output === "-" || !read.has(realPath(output))) continue;
    throw new EexitError(
      "file-exists",
      `${output}: is an input of this command, expected another output`,
      "name another file",
    );
  }
}

function realPaths(path: string): string[] {
  const real = realPath(path);
  try {
    return [real, ...readdirSync(real).map((name) => realPath(join(real, name)))];
  } catch {
    return [real];
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
