import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** Text is held whole, at up to two bytes a character; beyond this a binary format is the better choice by far. */
const largestText = 256 * 1024 * 1024;

/** A text file as a string, which must be UTF-8. Throws `header-too-large` above 256 MiB and `file-malformed` otherwise. */
export function sourceText(source: ByteSource): string {
  if (source.size > largestText) {
    throw new EexitError(
      "header-too-large",
      `${source.name}: ${source.size} bytes of text, expected at most ${largestText}`,
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
