import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { EexitError } from "../errors.ts";
import { forgetTemporary, removeQuietly, temporaryName } from "./temporary-file.ts";

/** A file under construction: nothing of it is visible under its name before `commit`. */
export interface OutputFile {
  write(bytes: Uint8Array): void;
  /** Writes at a byte position instead of the end; a gap that nothing is written to reads as zeros. Regular files only. */
  writeAt(position: number, bytes: Uint8Array): void;
  /** Puts the file in its place, in one step. */
  commit(): void;
  /** Leaves no trace. Harmless after `commit`. */
  abort(): void;
}

export interface OutputOptions {
  /** Whether an existing file may be replaced: only where the user named the file with an option. */
  readonly overwrite: boolean;
}

/**
 * Starts a file: a temporary file in the same folder, renamed over `path` by `commit`, so that a reader never sees half a
 * file and a failure, a kill or a power cut leaves the old one. Of several runs that write one file the last `commit` wins,
 * whole. The mode of a replaced file is kept; a symbolic link is followed, so that it still points to the file. Pipes and
 * devices are written as they are. Throws `file-exists` or `output-failed`.
 */
export function createOutputFile(path: string, { overwrite }: OutputOptions): OutputFile {
  if (path === "") throw failed('""', "is no file name", "is a variable of the script not set?");
  const existing = statOf(path);
  if (existing && !existing.isFile() && !existing.isDirectory()) return plainOutput(path);
  if (existing?.isDirectory()) throw failed(path, "is a folder, expected a file name", "name a file in the folder");
  if (/[\\/]$/.test(path)) throw failed(path, "names a folder, expected a file name", "name a file in the folder");
  if (existing && !overwrite) {
    throw new EexitError(
      "file-exists",
      `${path}: exists already and would be overwritten`,
      "name another file or use --force",
    );
  }
  const target = existing ? realpathSync(path) : linkTarget(path);
  const temporary = temporaryName(target);
  const file = writable(path, temporary, "wx");
  const discard = () => {
    file.close();
    if (forgetTemporary(temporary)) removeQuietly(temporary);
  };
  return {
    write: (bytes) => file.write(bytes),
    writeAt: (position, bytes) => file.write(bytes, position),
    commit() {
      try {
        file.flush();
        file.close();
        if (existing) chmodSync(temporary, existing.mode & 0o7777);
        renameSync(temporary, target);
        forgetTemporary(temporary);
      } catch (error) {
        discard();
        throw explained(path, error as NodeJS.ErrnoException);
      }
    },
    abort: discard,
  };
}

/**
 * Writes a whole file in one step: `content` itself, or what an asynchronous producer writes piece by piece. On any
 * failure the temporary file is removed and the error passed on.
 */
export async function writeOutput(
  path: string,
  content: string | Uint8Array | ((write: (bytes: Uint8Array) => void) => Promise<void> | void),
  options: OutputOptions,
): Promise<void> {
  const file = createOutputFile(path, options);
  try {
    if (typeof content === "function") await content(file.write);
    else file.write(typeof content === "string" ? Buffer.from(content) : content);
    file.commit();
  } finally {
    file.abort();
  }
}

/** Notices before the work that an output has no folder to go to. Throws `output-failed`. */
export function assertFolderOf(path: string): void {
  if (path !== "" && statOf(dirname(path)) === null) throw explained(path, { code: "ENOENT" } as NodeJS.ErrnoException);
}

/** Makes a folder for outputs, with those above it; one that exists is fine. Throws `output-failed`. */
export function makeOutputFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOTDIR")
      throw failed(path, "is a file, expected a folder", "name another folder");
    throw explained(path, error as NodeJS.ErrnoException);
  }
}

function plainOutput(path: string): OutputFile {
  const file = writable(path, path, "w");
  const writeAt = () => {
    throw failed(path, "is no regular file, expected one that can be written at any place", "name a file");
  };
  return { write: (bytes) => file.write(bytes), writeAt, commit: file.close, abort: file.close };
}

interface Writable {
  /** @param position where in the file, in bytes; after what was written last by default */
  write(bytes: Uint8Array, position?: number): void;
  /** To the disk itself: otherwise a power cut could leave the new name with nothing under it. */
  flush(): void;
  close(): void;
}

function writable(path: string, opened: string, flags: string): Writable {
  let descriptor: number | null;
  try {
    descriptor = openSync(opened, flags);
  } catch (error) {
    throw explained(path, error as NodeJS.ErrnoException);
  }
  return {
    write(bytes, position) {
      if (descriptor === null) throw failed(path, "was already closed", null);
      try {
        for (let done = 0; done < bytes.length; ) {
          const at = position === undefined ? null : position + done;
          done += writeSync(descriptor, bytes, done, bytes.length - done, at);
        }
      } catch (error) {
        throw explained(path, error as NodeJS.ErrnoException);
      }
    },
    flush() {
      try {
        if (descriptor !== null) fsyncSync(descriptor);
      } catch (error) {
        // Some network and user-space file systems cannot; the rename still is one step.
        if (!["EINVAL", "ENOTSUP", "ENOSYS"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      }
    },
    close() {
      const open = descriptor;
      descriptor = null;
      if (open !== null) closeSync(open);
    },
  };
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    // A missing folder is noticed, with the better message, when the temporary file is made.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw explained(path, error as NodeJS.ErrnoException);
  }
}

/** Where a symbolic link that points to nothing yet wants its file. */
function linkTarget(path: string, followed = 0): string {
  if (followed === 40) return path;
  try {
    return linkTarget(resolve(dirname(path), readlinkSync(path)), followed + 1);
  } catch {
    return path;
  }
}

/** What the system's codes mean here: found, and what to do. */
const reasons: Readonly<Record<string, readonly [found: string, hint: string]>> = {
  ENOENT: ["its folder does not exist", "make the folder first or check the path"],
  ENOTDIR: ["its folder is a file", "check the path"],
  EACCES: ["writing there is not permitted", "choose another folder or check its permissions"],
  EPERM: ["writing there is not permitted", "choose another folder or check its permissions"],
  EROFS: ["the file system is read-only", "choose another folder"],
  ENOSPC: ["the disk is full", "free some space or choose another disk"],
  EDQUOT: ["the disk quota is used up", "free some space or choose another disk"],
  EFBIG: ["the file is larger than the file system or a limit allows", "choose another disk or raise the limit"],
  EIO: ["the disk reports an error", "check the disk or choose another one"],
  ELOOP: ["its symbolic links point to each other", "check the links"],
  ENAMETOOLONG: ["the name is too long", "choose a shorter name"],
};

function explained(path: string, error: NodeJS.ErrnoException): EexitError {
  // A closed pipe is no failure of the user's: the program ends quietly on it.
  if (error instanceof EexitError || error.code === "EPIPE") throw error;
  const [found, hint] = reasons[error.code ?? ""] ?? [
    error.code ?? error.message,
    "check the path and its permissions",
  ];
  return failed(path, `cannot be written: ${found}`, hint);
}

function failed(path: string, found: string, hint: string | null): EexitError {
  return new EexitError("output-failed", `${path}: ${found}`, hint);
}
