import type { Caution } from "../src/control/types.ts";
import type { ExitCosts } from "../src/exits/efficiency.ts";

/** What was inferred, and what it cost. */
export interface Inferred {
  /** Samples per exit, `[L]`. */
  readonly exitCounts: Float64Array;
  /** Costs that the model itself knows; null for logits. */
  readonly costs: ExitCosts | null;
  /** Time of the full network over the time with exits; null where it was not measured. */
  readonly speedup: number | null;
  readonly cautions: readonly Caution[];
}
