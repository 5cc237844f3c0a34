import { closeSync, constants, openSync, readSync, type Stats, statSync } from "node:fs";
import { EexitError } from "../errors.ts";
import { type ByteSource, fileSource, memorySource, unreadable } from "./byte-source.ts";

/** A pipe is held whole in memory, and Node's largest buffers end near here. */
export const largestPipe = 2 ** 31 - 1;
const chunkSize = 1024 * 1024;
/** Names of standard input, which must not be opened anew: behind them may be a socket, which has no name. */
const stdinNames = new Set(["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]);

/**
 * What a pipe gave, by the stdin of the run that read it: its bytes come once, and a command may look at an input before it
 * reads it.
 */
const pipesOfRun = new WeakMap<() => Promise<Uint8Array>, Map<string, Promise<Uint8Array>>>();

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
  if (stdinNames.has(path)) return memorySource(path, await readStdin());
  const known = pipesOfRun.get(readStdin) ?? new Map<string, Promise<Uint8Array>>();
  pipesOfRun.set(readStdin, known);
  const bytes = known.get(path) ?? (found.isFIFO() ? fifoBytes(path) : deviceBytes(path));
  known.set(path, bytes);
  return memorySource(path, await bytes);
}

/** Waits in the event loop for a writer and its bytes: a blocking read would be deaf to Ctrl-C. */
async function fifoBytes(path: string): Promise<Uint8Array> {
  const gathered = new Gathered(path);
  try {
    const { Socket } = await import("node:net");
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const socket = new Socket({ fd: descriptor, readable: true, writable: false });
    for await (const chunk of socket) gathered.add(chunk as Uint8Array);
    return gathered.bytes();
  } catch (error) {
    throw error instanceof EexitError ? error : unreadable(path, error as NodeJS.ErrnoException);
  }
}

async function deviceBytes(path: string): Promise<Uint8Array> {
  const gathered = new Gathered(path);
  try {
    const descriptor = openSync(path, "r");
    try {
      for (;;) {
        const chunk = new Uint8Array(chunkSize);
        const count = readSync(descriptor, chunk);
        if (count === 0) return gathered.bytes();
        gathered.add(chunk.subarray(0, count));
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw error instanceof EexitError ? error : unreadable(path, error as NodeJS.ErrnoException);
  }
}

class Gathered {
  readonly #path: string;
  readonly #chunks: Uint8Array[] = [];
  #total = 0;

  constructor(path: string) {
    this.#path = path;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#total += chunk.length;
    if (this.#total > largestPipe) throw pipeTooLong(this.#path);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks, this.#total);
  }
}

export function pipeTooLong(path: string): EexitError {
  return new EexitError(
    "file-unreadable",
    `${path}: more than ${largestPipe} bytes through a pipe`,
    "write them to a file, which is read piece by piece",
  );
}
