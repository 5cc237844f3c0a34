import type { Efficiency } from "../exits/efficiency.ts";
import type { Bound, Caution, CrcVariant, Guarantee, MethodName, Policy } from "./types.ts";

/**
 * Threshold JSON, version 1: the result record of a calibration as it is written, read, reported and deployed. Readers
 * ignore unknown fields; `version` rises only when an old reader would act wrongly.
 */
export interface ThresholdFile {
  format: "eexit-threshold";
  version: 1;
  policy: Policy;
  /** Always a number, so that a careless comparison fails safe: ±1.7976931348623157e308 for never-exit and first-exit. */
  threshold: number;
  /** One per early exit, `[exits − 1]`, equal today. */
  thresholds?: number[] | undefined;
  rule: "confidence > threshold" | "threshold > score";
  /** Null for a loss table, as is `confidence`. */
  exits: number | null;
  confidence: string | null;
  confidenceFormula?: string | undefined;
  risk: string;
  epsilon: number;
  /** Null for naive and crc. */
  delta: number | null;
  method: MethodName;
  bound: Bound | null;
  crc?: CrcVariant | undefined;
  /** `exact`, a count of steps, `start:stop:step`, `file:<name>` or `table`. */
  grid: string;
  gridValues?: number[] | undefined;
  guarantee: Guarantee;
  statement: string;
  lossRange: [lower: number, upper: number];
  /** Declared 0/1. */
  binary?: boolean | undefined;
  clip: boolean;
  source?: "loss-table" | undefined;
  reference?: { row: number; lambda: number } | undefined;
  lambdaDirection?: "down" | "up" | undefined;
  scores?: boolean | undefined;
  calibration: CalibrationRecord;
  efficiency: Efficiency | null;
  costs?: number[] | undefined;
  exitNames?: string[] | undefined;
  classes?: number | undefined;
  inputValues?: "logits" | "probs" | undefined;
  ignoreLabel?: number[] | undefined;
  /** Classes that a mean IoU is over; of `miou-gap` from dense logits. */
  iou?: "present" | "all-classes" | undefined;
  model?: { sha256: string } | undefined;
  meta?: Record<string, string> | undefined;
  cautions: readonly Caution[];
  tool: { name: string; version: string };
}

/** The calibration that a threshold file came from: its rows, its outcome, and what is needed to repeat it. */
export interface CalibrationRecord {
  samples: number;
  empiricalRisk: number;
  riskUpperBound: number | null;
  seed: number;
  shuffled: boolean;
  /** Canonical hash of the exit (or loss) table as used, 64 hex digits. */
  sha256: string;
  /** Rows left out because of their label. */
  ignored?: number | undefined;
  /** Dense outputs: pixels left out because of their label, and images that have no others. */
  ignoredPixels?: number | undefined;
  emptyImages?: number | undefined;
  /** The smallest 64-bit hashes of rows that occur once, at most 64, to recognise reused rows. */
  rowSketch?: string[] | undefined;
  /** How many calibration rows occur once. */
  uniqueRows?: number | undefined;
  /** Digest of the rows whatever their order. */
  rowDigest?: string | undefined;
}
