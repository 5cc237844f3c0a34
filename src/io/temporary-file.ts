import { readdirSync, readlinkSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { sha256 } from "./sha256.ts";

/** Names of at most 255 bytes are common; what a temporary name adds needs some 40 of them. */
const longestStem = 200;

/**
 * Which processes a process number tells apart: those of this machine, and on Linux of this PID namespace (a container numbers
 * its own from 1 again). Six hexadecimal digits.
 */
function place(): string {
  return (here ??= sha256().update(`${hostname()}\0${namespace()}`).digest("hex").slice(0, 6));
}

let here: string | null = null;

let nextNumber = 0;
const unfinished = new Set<string>();

/**
 * A name that no running eexit uses, in the folder of `target`: `.<name>.<place>-<process>.<number>.tmp`. What an earlier
 * run that was killed left behind for the same target is removed. The name is forgotten by `forgetTemporary`; whatever
 * is left when this process exits, a signal included, is removed then.
 */
export function temporaryName(target: string): string {
  removeLeftovers(target);
  if (nextNumber === 0) process.on("exit", () => unfinished.forEach(removeQuietly));
  const temporary = join(dirname(target), `${stemOf(target)}${place()}-${process.pid}.${nextNumber++}.tmp`);
  unfinished.add(temporary);
  return temporary;
}

/** To be called when the file has been renamed; `true` when it was still known. */
export function forgetTemporary(temporary: string): boolean {
  return unfinished.delete(temporary);
}

export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone.
  }
}

function stemOf(target: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name) <= longestStem) return `.${name}.`;
  return `.${sha256().update(name).digest("hex").slice(0, 16)}.`;
}

/** Temporary files of this target whose process has ended here. Those of other machines and containers are not ours to judge. */
function removeLeftovers(target: string): void {
  const folder = dirname(target);
  const stem = stemOf(target);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.startsWith(stem) && name.endsWith(".tmp"));
  } catch {
    // A missing or unreadable folder is noticed, with the better message, when the file is made.
    return;
  }
  for (const name of names) {
    const [, from, number] = /^([0-9a-f]{6})-(\d+)\.\d+\.tmp$/.exec(name.slice(stem.length)) ?? [];
    const path = join(folder, name);
    if (from === place() && !unfinished.has(path) && !isRunning(Number(number))) removeQuietly(path);
  }
}

/** This process itself knows its files: another file of its number is from an earlier one. */
function isRunning(number: number): boolean {
  if (number === process.pid) return false;
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function namespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
