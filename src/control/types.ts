import type { Efficiency, ExitCosts } from "../exits/efficiency.ts";
import type { GridRequest } from "./grid-request.ts";

/** The four ways to choose λ̂; `eexit help methods` says what each promises. */
export type MethodName = "naive" | "crc" | "ucb" | "ltt";
/** How `ucb` and `ltt` decide at one threshold: exact binomial, Hoeffding–Bentkus, two betting tests. */
export type Bound = "cp" | "hb" | "wsr" | "star";
/** Which threshold `crc` returns; `monotone` alone is proven for any number of exits. */
export type CrcVariant = "first-failure" | "monotone" | "last-pass";
/** What may be printed about a threshold, from nothing to "with probability at least 1 − δ". */
export type Guarantee = "none" | "heuristic" | "expectation" | "high-probability";
/** `threshold`: an ordinary λ̂; `never-exit`: nothing was certified; `first-exit`: every threshold was. */
export type Policy = "threshold" | "never-exit" | "first-exit";

/** A method as asked for: `bound` may be "auto", to be settled by the declared kind of loss. */
export interface Method {
  readonly name: MethodName;
  readonly bound: Bound | "auto" | null;
  readonly crc: CrcVariant | null;
}

/** A method with nothing left open. `bound` is null for naive and crc, `crc` for all others. */
export interface ResolvedMethod extends Method {
  readonly bound: Bound | null;
}

/** The risk level ε in loss units and the error probability δ in (0, 1); δ is not used by naive and crc. */
export interface Level {
  readonly epsilon: number;
  readonly delta: number;
  /** Risk levels that will be asked for, too: betting bounds find them together, which is several times as fast. */
  readonly among?: readonly number[];
}

/** An assumption that is strained or a fact the reader must know, with advice; part of the result, not a print. */
export interface Caution {
  readonly code: string;
  readonly message: string;
}

/** What a calibration is asked. */
export interface CalibrationRequest {
  readonly method: Method;
  readonly level: Level;
  readonly grid: GridRequest;
  /** Null for a loss table, whose efficiency is its own. */
  readonly costs: ExitCosts | null;
}

/** What a calibration found. */
export interface CalibrationResult {
  readonly policy: Policy;
  /** λ̂: the number to deploy; +∞ for never-exit, −∞ for first-exit. */
  readonly threshold: number;
  readonly method: ResolvedMethod;
  readonly guarantee: Guarantee;
  readonly statement: string;
  /** Mean of the declared loss over the calibration rows at λ̂. */
  readonly empiricalRisk: number;
  /** Upper confidence bound at probability 1 − δ; null for naive, crc and never-exit. */
  readonly riskUpperBound: number | null;
  /** Null for a loss table without exits. */
  readonly efficiency: Efficiency | null;
  /** The accepted row of a loss table, −1 when none was certified; null otherwise. */
  readonly tableRow: number | null;
  readonly cautions: readonly Caution[];
  /** The grid that was used, as the threshold file records it. */
  readonly gridText: string;
}
