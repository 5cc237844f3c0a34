import { EexitError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { openNpy } from "./npy.ts";
import { openSource } from "./open-source.ts";
import { sniff, sniffLength } from "./sniff.ts";
import type { Content } from "./tensor.ts";

/** Each format is loaded when a file of it comes: most runs meet one or two. */
const readers: Readonly<Record<Content["format"], (source: ByteSource) => Content | Promise<Content>>> = {
  npy: openNpy,
  npz: async (source) => (await import("./npz.ts")).openNpz(source),
  safetensors: async (source) => (await import("./safetensors.ts")).openSafetensors(source),
  arrow: async (source) => (await import("./arrow-read.ts")).openArrow(source),
  pickle: async (source) => (await import("./pickle/open-pickle.ts")).openPickle(source),
  pth: async (source) => (await import("./torch.ts")).openTorch(source),
  json: async (source) => (await import("./json-table.ts")).openJson(source),
  csv: async (source) => (await import("./csv-table.ts")).openCsv(source),
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
