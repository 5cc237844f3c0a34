import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { printable } from "./printable.ts";
import { sourceText } from "./source-text.ts";

/**
 * Labels from plain text: integers separated by line ends or other white space, optionally under a first line `label`.
 * Returns `[n]`. Throws `label-invalid` naming the line at anything that is not an integer in the range of int32.
 */
export function readTextLabels(source: ByteSource): Int32Array {
  return parseTextLabels(source.name, sourceText(source));
}

/** As `readTextLabels`, of a text that was read already; `name` is the file in messages. */
export function parseTextLabels(name: string, text: string): Int32Array {
  const labels: number[] = [];
  text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .forEach((line, index) => {
      if (index === 0 && /^\s*labels?\s*$/i.test(line)) return;
      for (const word of line.split(/\s+/)) if (word !== "") labels.push(label(name, word, index + 1));
    });
  return Int32Array.from(labels);
}

function label(name: string, word: string, line: number): number {
  const value = /^[+-]?\d+(\.0*)?$/.test(word) ? Number(word) : Number.NaN;
  if (value >= -(2 ** 31) && value < 2 ** 31) return value;
  throw new EexitError(
    "label-invalid",
    `${name}: line ${line} holds "${printable(word)}", expected a class index`,
    "write one integer per line; give a table with columns as CSV with a header",
  );
}
