import type { LossSteps } from "../exits/loss-steps.ts";
import { PlainWalks } from "./plain-walks.ts";
import type { WalkEngine } from "./walk-engine.ts";

/** What SIMD walks may take: 208 bytes for each sample and about 64 for each change of a loss. */
const mostBytes = 1 << 28;

const plain = new PlainWalks();
let fastWalks: () => WalkEngine | null = () => null;
let fast: WalkEngine | null | undefined;

/**
 * Faster walks than the plain ones, with the same answers; control reads no files, so they are brought by whoever can find them.
 *
 * @param walks asked once, when the first walk begins; null if there are none
 */
export function offerWalks(walks: () => WalkEngine | null): void {
  fastWalks = walks;
  fast = undefined;
}

/** Who walks a path. */
export function walksFor({ sampleCount, losses }: LossSteps): WalkEngine {
  if (fast === undefined) fast = fastWalks();
  return fast !== null && 208 * sampleCount + 64 * losses.length <= mostBytes ? fast : plain;
}
