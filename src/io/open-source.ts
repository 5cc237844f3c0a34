import { closeSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { EexitError } from "../errors.ts";
import { type ByteSource, fileSource, memorySource, unreadable } from "./byte-source.ts";

/** A pipe is held whole in memory, and Node's largest buffers end near here. */
const largestPipe = 2 ** 31 - 1;
const chunkSize = 1024 * 1024;

/**
 * What a pipe gave, by the stdin of the run that read it: its bytes come once, and a command may look at an input before it
 * reads it.
 */
const pipesOfRun = new WeakMap<() => Promise<Uint8Array>, Map<string, Uint8Array>>();

/**
 * The bytes of an input: a regular file by position, "-" from `readStdin`, pipes and devices (`/dev/stdin`, `<(…)`) read
 * whole, up to 2 GiB, and once in a run. Throws `file-missing` or `file-unreadable`.
 */
export async function openSource(path: string, readStdin: () => Promise<Uint8Array>): Promise<ByteSource> {
  if (path === "-") return memorySource("-", await readStdin());
  let found: Stats;
  try {
    found = statSync(path);
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  if (found.isDirectory()) {
    throw new EexitError(
      "file-unreadable",
      `${path}: is a folder, expected a file`,
      `give its files, e.g. '${path.replace(/\/$/, "")}/*.npz'`,
    );
  }
  if (found.isFile()) return fileSource(path);
  const known = pipesOfRun.get(readStdin) ?? new Map<string, Uint8Array>();
  pipesOfRun.set(readStdin, known);
  const bytes = known.get(path) ?? pipeBytes(path);
  known.set(path, bytes);
  return memorySource(path, bytes);
}

function pipeBytes(path: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    const descriptor = openSync(path, "r");
    try {
      for (;;) {
        const chunk = new Uint8Array(chunkSize);
        const count = readSync(descriptor, chunk);
        if (count === 0) return Buffer.concat(chunks, total);
        chunks.push(chunk.subarray(0, count));
        total += count;
        if (total > largestPipe) throw tooLong(path);
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw error instanceof EexitError ? error : unreadable(path, error as NodeJS.ErrnoException);
  }
}

function tooLong(path: string): EexitError {
  return new EexitError(
    "file-unreadable",
    `${path}: more than ${largestPipe} bytes through a pipe`,
    "write them to a file, which is read piece by piece",
  );
}
