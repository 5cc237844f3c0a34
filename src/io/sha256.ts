import type { Hash } from "node:crypto";
import { createRequire } from "node:module";

/** A hash to be fed. node:crypto takes 8 ms to load, so it waits for the first hash: many commands make none. */
export function sha256(): Hash {
  const { createHash } = createRequire(import.meta.url)("node:crypto") as typeof import("node:crypto");
  return createHash("sha256");
}
