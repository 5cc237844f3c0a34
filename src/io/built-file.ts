import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A file that the build makes, by its path in dist/; null where there is none. It is looked for upwards from here, so that it is found
 * from the sources, from the compiled files and from a bundle of them alike.
 */
export function builtFile(path: string): string | null {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) {
      const file = join(folder, "dist", path);
      return existsSync(file) ? file : null;
    }
    if (folder === dirname(folder)) return null;
  }
}
