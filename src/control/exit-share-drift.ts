import type { Caution } from "./types.ts";

/** Standard errors beyond which two shares differ by more than chance, with several exits looked at. */
const limit = 4;
/** Smaller differences are of no consequence, however certain with many rows. */
const smallest = 0.02;

/**
 * Has the traffic changed? Compares the share of samples per exit with the calibration's, exit by exit, by the two-sample z statistic
 * of a proportion. A caution, not a test with a stated level: the promise assumes one distribution, and shares that move show that
 * it changed, while shares that stay prove nothing.
 *
 * @param counts samples per exit now, `[L]`
 * @param calibrationShare share per exit in calibration, `[L]`
 * @returns the exit that moved most, or null
 */
export function exitShareDrift(
  counts: ArrayLike<number>,
  calibrationShare: readonly number[],
  calibrationSamples: number,
): Caution | null {
  const now = Array.from(counts);
  const total = now.reduce((sum, count) => sum + count, 0);
  let worst = { exit: 0, z: 0, share: 0, before: 0 };
  for (const [exit, count] of now.entries()) {
    const share = count / total;
    const before = calibrationShare[exit];
    const pooled = (count + before * calibrationSamples) / (total + calibrationSamples);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / calibrationSamples));
    const z = error > 0 ? Math.abs(share - before) / error : 0;
    if (z > worst.z && Math.abs(share - before) > smallest) worst = { exit: exit + 1, z, share, before };
  }
  if (worst.z <= limit) return null;
  const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
  const message = `${percent(worst.share)} of the samples leave at exit ${worst.exit}, ${percent(worst.before)} did in calibration: the data have changed, and the promise was made for the old ones; run eexit check on fresh labelled rows`;
  return { code: "exit-shares-moved", message };
}
