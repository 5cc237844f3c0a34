import { EexitError } from "../errors.ts";
import { openArrow } from "./arrow-read.ts";
import type { ByteSource } from "./byte-source.ts";
import { openCsv } from "./csv-table.ts";
import { openJson } from "./json-table.ts";
import { openNpy } from "./npy.ts";
import { openNpz } from "./npz.ts";
import { openSource } from "./open-source.ts";
import { openPickle } from "./pickle/open-pickle.ts";
import { openSafetensors } from "./safetensors.ts";
import { sniff, sniffLength } from "./sniff.ts";
import type { Content } from "./tensor.ts";
import { openTorch } from "./torch.ts";

const readers: Readonly<Record<Content["format"], (source: ByteSource) => Content | Promise<Content>>> = {
  npy: openNpy,
  npz: openNpz,
  safetensors: openSafetensors,
  arrow: openArrow,
  pickle: openPickle,
  pth: openTorch,
  json: openJson,
  csv: openCsv,
};

/**
 * Opens an input of any format that is read, told from its first bytes. `path` is a file, a pipe or "-" for standard input,
 * which `readStdin` reads. The caller closes the content.
 *
 * Throws an `EexitError` for everything that is wrong with the file: `file-missing`, `file-unreadable`, `format-unknown`,
 * `format-not-read`, or what the format's reader says.
 */
export async function openContent(path: string, readStdin: () => Promise<Uint8Array>): Promise<Content> {
  return contentOf(await openSource(path, readStdin), path);
}

/** The same for a source that is open already: a pipe can be read once only. */
export async function contentOf(source: ByteSource, path: string): Promise<Content> {
  try {
    const format = sniff(source.read(0, Math.min(sniffLength, source.size)), path);
    return await readers[format](source);
  } catch (error) {
    source.close();
    throw error instanceof EexitError ? error : unexpected(path, error as Error);
  }
}

/** Damage that only a package noticed: its words are the best there are. */
function unexpected(path: string, error: Error): EexitError {
  return new EexitError(
    "file-malformed",
    `${path}: cannot be read (${error.message})`,
    "the file is damaged; write it again",
  );
}
