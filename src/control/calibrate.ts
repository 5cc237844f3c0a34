import { type Efficiency, type ExitCosts, efficiency } from "../exits/efficiency.ts";
import { isRelative } from "../exits/loss-table.ts";
import { exitCountsAt, lossesAt, nonMonotoneShare, type RiskPath } from "../exits/risk-path.ts";
import type { LossTable } from "../exits/types.ts";
import { clopperPearsonUpper } from "../stats/binomial.ts";
import { hoeffdingBentkusUpperBound } from "../stats/hoeffding-bentkus.ts";
import { starUpperBound } from "../stats/star.ts";
import { sumOf } from "../stats/sum.ts";
import { wsrUpperBound } from "../stats/wsr.ts";
import { cautionsOf } from "./cautions.ts";
import { type Decision, decide } from "./decide.ts";
import { guaranteeOf, statement } from "./guarantee.ts";
import type { Problem } from "./problem.ts";
import type { CalibrationRequest, CalibrationResult, Level } from "./types.ts";

/** A decision with what it does to the calibration rows: all that a point of a sweep shows. */
export interface Outcome {
  readonly decision: Decision;
  readonly empiricalRisk: number;
  readonly efficiency: Efficiency | null;
}

/** Chooses the threshold and measures it on the calibration rows, without bounds for display, sentences and cautions. */
export function outcome(problem: Problem, request: CalibrationRequest): Outcome {
  const decision = decide(problem, request.method, request.level, request.grid);
  const { prepared, piece } = decision;
  return {
    decision,
    empiricalRisk: piece < 0 ? (referenceRisk(problem.table) ?? 0) : prepared.sums()[piece] / problem.sampleCount,
    efficiency: problem.table
      ? tableEfficiency(problem.table, piece)
      : efficiency(exitCountsAt(prepared.path, piece, problem.exitCount as number), request.costs as ExitCosts),
  };
}

/** Chooses the threshold and says what it promises. Pure: the same problem and request give the same result. */
export function calibrate(problem: Problem, request: CalibrationRequest): CalibrationResult {
  const { decision, ...measured } = outcome(problem, request);
  const { method, prepared, piece, policy } = decision;
  const fallbackRisk = referenceRisk(problem.table);
  const guarantee = guaranteeOf(method, prepared.path.kind, problem.exitCount, problem.kind, fallbackRisk === null);
  const nonMonotone = nonMonotoneShare(prepared.path);
  const facts = {
    guarantee,
    policy,
    sampleCount: problem.sampleCount,
    level: request.level,
    risk: problem.kind.name,
    reference: referenceName(problem.table),
    referenceRisk: fallbackRisk,
    nonMonotoneShare: nonMonotone,
  };
  return {
    policy,
    threshold: decision.threshold,
    method,
    guarantee,
    statement: statement(facts),
    ...measured,
    riskUpperBound: piece < 0 ? null : riskUpperBound(decision, request.level),
    tableRow: problem.table ? piece : null,
    cautions: cautionsOf(decision, problem, request, {
      guarantee,
      nonMonotoneShare: nonMonotone,
      referenceRisk: fallbackRisk,
    }),
    gridText: decision.grid.text,
  };
}

/** Mean loss of a loss table's reference row; null where it is 0 by definition: relative tables, and the full network. */
export function referenceRisk(table: LossTable | null): number | null {
  if (!table || isRelative(table)) return null;
  const start = table.referenceRow * table.sampleCount;
  return sumOf(table.losses, start, start + table.sampleCount) / table.sampleCount;
}

/** What the promise of a loss table is relative to: its reference row need not be the full model. */
export function referenceName(table: LossTable | null): string {
  if (!table) return "the full network";
  return `the reference row (row ${table.referenceRow}, λ = ${table.lambdas[table.referenceRow]})`;
}

/**
 * The bound on the true risk at λ̂, for display: the decision itself never needs it. The star bound comes from bisection
 * over its test and is approximate.
 */
function riskUpperBound({ method, prepared, piece }: Decision, { epsilon, delta }: Level): number | null {
  const { path, kind, position } = prepared;
  const n = path.sampleCount;
  switch (method.bound) {
    case null:
      return null;
    case "cp":
      return clopperPearsonUpper(Math.round(prepared.sums()[piece]), n, delta);
    case "hb":
      return kind.upper * hoeffdingBentkusUpperBound(prepared.clippedSums()[piece] / kind.upper, n, delta);
    default: {
      const losses = shuffledLosses(path, piece, position);
      if (method.bound === "wsr") return wsrUpperBound(losses, delta, kind.upper);
      // ε itself was rejected at λ̂, so a bisection that ends above it only shows its own inexactness.
      return Math.min(epsilon, starUpperBound(losses, delta, kind.upper));
    }
  }
}

function shuffledLosses(path: RiskPath, piece: number, position: Uint32Array): Float64Array {
  const shuffled = new Float64Array(path.sampleCount);
  lossesAt(path, piece).forEach((loss, sample) => {
    shuffled[position[sample]] = loss;
  });
  return shuffled;
}

/** A table's own mean exits at a row (−1: the reference row), compared with its reference row; null when it has none. */
export function tableEfficiency(table: LossTable, row: number): Efficiency | null {
  if (!table.meanExits) return null;
  const meanCost = table.meanExits[row < 0 ? table.referenceRow : row];
  const fullCost = table.meanExits[table.referenceRow];
  return {
    meanExit: meanCost,
    exitShare: null,
    meanCost,
    fullCost,
    costUnit: table.costUnit,
    saving: 1 - meanCost / fullCost,
    ...(table.exits === null && { measuredOn: "table" as const }),
  };
}
