import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Larger files only make a case slower: what readers check stands in headers. */
const largestSeed = 12_000;

const folders = [
  "test/reference/inputs",
  "test/reference/io-arrow",
  "sample-data/broken",
  "sample-data/digits",
  "sample-data/digits/stages",
];

interface Vector {
  readonly open: string;
  readonly bytes: string;
}

/**
 * Small files of a format to start from, good and broken ones, in a fixed order: those of the repository with one of the
 * extensions, and the vectors of test/reference/io of that reader.
 */
export function seedsOf(extensions: readonly string[], reader: string | null): Uint8Array[] {
  const seeds = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .sort()
        .filter((name) => extensions.some((extension) => name.endsWith(extension)))
        .map((name) => readFileSync(join(folder, name))),
    );
  for (const name of reader === null ? [] : ["vectors.json", "refusals.json"]) {
    const vectors = JSON.parse(readFileSync(join("test/reference/io", name), "utf8")) as Vector[];
    seeds.push(...vectors.filter(({ open }) => open === reader).map(({ bytes }) => Buffer.from(bytes, "base64")));
  }
  const small = seeds.filter(({ length }) => length > 0 && length <= largestSeed);
  if (small.length === 0)
    throw new Error(`no seeds ending in ${extensions.join(", ")}: run it in the repository's root`);
  return small;
}
