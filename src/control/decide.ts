import { EexitError } from "../errors.ts";
import { acceptedPiece } from "./accepted-piece.ts";
import type { Grid } from "./grid.ts";
import type { GridRequest } from "./grid-request.ts";
import { resolveMethod } from "./methods.ts";
import type { PreparedPath } from "./prepared-path.ts";
import type { Problem } from "./problem.ts";
import type { Level, Method, Policy, ResolvedMethod } from "./types.ts";

/** The bare outcome of a procedure: which piece of which path, and the threshold that deploys it. */
export interface Decision {
  readonly method: ResolvedMethod;
  readonly grid: Grid;
  readonly prepared: PreparedPath;
  /** −1 when nothing is certified. */
  readonly piece: number;
  readonly policy: Policy;
  /** λ̂; +∞ for never-exit, −∞ for first-exit. */
  readonly threshold: number;
}

/**
 * Chooses λ̂: the lower end of the riskiest accepted piece.
 * "Nothing certified" is a value of its own, never an index 0 or a λ of 1, which would be read as a threshold.
 */
export function decide(problem: Problem, asked: Method, level: Level, gridRequest: GridRequest): Decision {
  assertLevel(level, problem.kind.upper);
  const method = resolveMethod(asked, problem.kind);
  const grid = problem.gridFor(gridRequest);
  const prepared = problem.prepare(grid);
  const piece = acceptedPiece(method, prepared, level);
  const threshold = piece < 0 ? Number.POSITIVE_INFINITY : prepared.path.lambdas[piece];
  const policy = piece < 0 ? "never-exit" : threshold === Number.NEGATIVE_INFINITY ? "first-exit" : "threshold";
  return { method, grid, prepared, piece, policy, threshold };
}

/** @throws epsilon-out-of-range unless 0 < ε < B; bad-number unless 0 < δ < 1 */
export function assertLevel({ epsilon, delta }: Level, lossBound: number): void {
  if (!(epsilon > 0 && epsilon < lossBound)) {
    throw new EexitError(
      "epsilon-out-of-range",
      `-e ${epsilon}: expected a risk level above 0 and below the loss bound ${lossBound}`,
      epsilon >= 1 ? "a percentage is written with its sign: -e 5%" : "use for example -e 0.05",
    );
  }
  if (!(delta > 0 && delta < 1)) {
    throw new EexitError(
      "bad-number",
      `-d ${delta}: expected a probability above 0 and below 1`,
      "use for example -d 0.1",
    );
  }
}
