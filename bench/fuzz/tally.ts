/** What a child has counted so far, in the order in which it stands in its file, as float64. */
export const tallyFields = ["current", "refused", "accepted", "failed", "overMemory", "slowest"] as const;

/** A case may raise the peak of the resident memory by this much: far above any file of a few KiB, far below a bomb. */
export const memoryCap = 256 * 2 ** 20;
/** A case that takes longer hangs. */
export const hangAfter = 5000;
/** JavaScript objects of a child, in MiB. */
export const heapCap = 512;
