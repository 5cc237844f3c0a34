import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { type Finished, type RunOptions, runCli } from "./run-cli.ts";

/** The arrays of test/reference/inputs, by name. */
export const input = (name: string) => `test/reference/inputs/${name}`;
/** The files of sample-data/digits, by name. */
export const digits = (name: string) => `sample-data/digits/${name}`;
export const labelled = [digits("logits_cal.npy"), "--labels", digits("labels_cal.npy")];
export const fresh = [digits("logits_test.npy"), "--labels", digits("labels_test.npy")];

/** A folder of its own for a test file, removed at its end. */
export function scratchFolder(): {
  path(name: string): string;
  write(name: string, content: string | Uint8Array): string;
} {
  const folder = mkdtempSync(join(tmpdir(), "eexit-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    path,
    write(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
  };
}

/** Runs a command that has to work. */
export async function succeed(argv: readonly string[], options?: RunOptions): Promise<Finished> {
  const finished = await runCli(argv, options);
  if (finished.status !== 0)
    throw new Error(`status ${finished.status} of eexit ${argv.join(" ")}: ${finished.stderr}`);
  return finished;
}

/** The JSON on stdout of a command that has to work. */
// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
export async function answerOf(argv: readonly string[], options?: RunOptions): Promise<any> {
  return JSON.parse((await succeed(argv, options)).stdout);
}

export function jsonFile(path: string) {
  return JSON.parse(readFileSync(resolve(path), "utf8"));
}
