/**
 * The words of the field as types. `sampleCount` n, `exitCount` L, `classCount` C, `threshold` λ.
 * Exits are zero-based `exitIndex` in memory and one-based `exit` for people and files; exit L is the full network.
 */

/** Numbers in float32 or float64; comparisons are exact in both (a float32 promotes without change). */
export type Floats = Float32Array | Float64Array;

/** What is declared about a loss before any value of it is seen: its proven range and where it comes from. */
export interface LossKind {
  readonly name: string;
  /** Proven lower bound a of the relative loss. */
  readonly lower: number;
  /** Proven upper bound B of the relative loss: every bound divides by it or bets against it. */
  readonly upper: number;
  /** Declared to take the values 0 and 1 only, which licenses the exact binomial bound (never concluded from data). */
  readonly binary: boolean;
}

/** Relative losses of every exit: `values[i * exitCount + l]` = ℓ(o_l, y) − ℓ(o_L, y) of sample i; the last exit's are 0. */
export interface LossColumn {
  readonly kind: LossKind;
  readonly values: Float64Array;
}

/** The waist of the hourglass: what a network did on each sample, exit by exit. All arrays are row-major `[sampleCount, exitCount]`. */
export interface ExitTable {
  readonly sampleCount: number;
  readonly exitCount: number;
  /** Null when the table was supplied without logits. */
  readonly classCount: number | null;
  /** Measure → float32 confidences. The exit rule never reads the last exit's, which may be NaN (not supplied). */
  readonly confidences: ReadonlyMap<string, Float32Array>;
  readonly predictions: Int32Array | null;
  /** `[sampleCount]`. */
  readonly labels: Int32Array | null;
  readonly losses: ReadonlyMap<string, LossColumn>;
  /** Absolute Brier scores in [0, 2] against the label, when labels and probabilities are known. */
  readonly brier: Float64Array | null;
  /** Dense outputs with labels: mean IoU in [0, 1] per image and exit. */
  readonly meanIou?: Float64Array | null;
}

/** Losses per threshold, for outputs that must be generated anew for each λ. Rows run from the safest λ to the riskiest. */
export interface LossTable {
  readonly sampleCount: number;
  /** Strictly monotone, safest first. */
  readonly lambdas: Float64Array;
  /** "down": the largest λ is the safest (`confidence > threshold` exits); "up": the smallest is (`threshold > score` exits). */
  readonly direction: "down" | "up";
  /** Row-major `[rowCount, sampleCount]`, relative to the reference row when made from scores. */
  readonly losses: Float64Array;
  readonly kind: LossKind;
  /** The row that is deployed when nothing is certified, and that the promise is relative to when its losses are all 0. */
  readonly referenceRow: number;
  /** Whether the file held scores (loss = reference score − score). */
  readonly scores: boolean;
  /** Mean exits (or costs) per row `[rowCount]`, when known. */
  readonly meanExits: Float64Array | null;
  /** What `meanExits` and `exits` count: "exits", or a unit such as "steps" or "GFLOPs". */
  readonly costUnit: string;
  /** Row-major `[rowCount, sampleCount]`, when known per sample. */
  readonly exits: Float64Array | null;
}
