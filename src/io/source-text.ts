import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** Text is held whole, at up to two bytes a character; beyond this a binary format is the better choice by far. */
const largestText = 256 * 1024 * 1024;

/** JSON becomes objects at once, up to twenty bytes for each of text. */
export const largestJson = largestText / 2;

/**
 * A text file as a string, which must be UTF-8. Throws `header-too-large` above `largest` (256 MiB) and `file-malformed`
 * otherwise.
 */
export function sourceText(source: ByteSource, largest = largestText): string {
  if (source.size > largest) {
    throw new EexitError(
      "header-too-large",
      `${source.name}: ${source.size} bytes of text, expected at most ${largest}`,
      "write large tables as .npz or Arrow, or split the file",
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(source.read(0, source.size));
  } catch (error) {
    if (error instanceof EexitError) throw error;
    throw new EexitError("file-malformed", `${source.name}: not UTF-8 text`, "save the file as UTF-8");
  }
}
