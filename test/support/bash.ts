import { type SpawnSyncOptions, spawnSync } from "node:child_process";

export interface BashEnded {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script by bash, with nobody's settings: a child's stdin is a socket, by which bash takes itself for a remote login and reads
 * ~/.bashrc. That may print, or set what a test must not depend on, and takes half a second on some machines.
 *
 * @param options of bash itself, as -e
 */
export function bash(
  script: string,
  { options = [], ...rest }: SpawnSyncOptions & { options?: string[] } = {},
): BashEnded {
  const argv = ["--norc", "--noprofile", ...options, "-c", script];
  const { status, stdout, stderr } = spawnSync("bash", argv, { ...rest, encoding: "utf8" });
  return { status, stdout, stderr };
}

export const hasBash = bash(":").status === 0;
