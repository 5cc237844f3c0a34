import { readdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { EexitError } from "../src/errors.ts";

/**
 * Refuses to write where the command reads, or twice to the same file: logits take hours to make, and a slip of a shell
 * history costs them. Of a folder, such as one of stages, every file is an input.
 *
 * @throws file-exists, or bad-usage for two outputs of one name
 */
export function keepInputs(inputs: readonly (string | undefined)[], outputs: readonly (string | undefined)[]): void {
  const read = new Set(inputs.flatMap((path) => (path === undefined || path === "-" ? [] : filesOf(path))));
  const written = new Set<string>();
  for (const output of outputs) {
    if (output === undefined || output === "-" || output.startsWith("/dev/")) continue;
    const path = realPath(output);
    if (read.has(path)) {
      throw new EexitError(
        "file-exists",
        `${output}: is an input of this command, expected another output`,
        "name another file",
      );
    }
    if (written.has(path)) {
      throw new EexitError(
        "bad-usage",
        `${output}: is named for two outputs, expected a file for each`,
        "name another file",
      );
    }
    written.add(path);
  }
}

/** Flags that name files beside the inputs, as several commands have them. */
export interface SideFlags {
  costs?: string;
  grid?: string;
  lambdas?: string;
  tableExits?: string;
  confidence?: string[];
}

/** What they name: costs, thresholds, parts of a loss table, confidences of one's own. Lists and ranges among them harm nothing. */
export function sideInputs(flags: SideFlags): (string | undefined)[] {
  const own = (flags.confidence ?? []).flatMap((text) => text.split(",")).map((text) => text.split("=file:")[1]);
  return [flags.costs, flags.grid, flags.lambdas, flags.tableExits, ...own];
}

function filesOf(path: string): string[] {
  try {
    return [realPath(path), ...readdirSync(path).map((name) => realPath(join(path, name)))];
  } catch {
    return [realPath(path)];
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
