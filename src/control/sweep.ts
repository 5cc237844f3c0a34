import type { ExitCosts } from "../exits/efficiency.ts";
import { outcome } from "./calibrate.ts";
import type { GridRequest } from "./grid-request.ts";
import type { Problem } from "./problem.ts";
import type { Method, Policy, ResolvedMethod } from "./types.ts";

/** A problem with the names that its rows carry. `confidence` is null for a loss table. */
export interface NamedProblem {
  readonly risk: string;
  readonly confidence: string | null;
  readonly problem: Problem;
}

/** Every method at every ε (each in loss units); `costs` is null for a loss table. */
export interface SweepRequest {
  readonly methods: readonly Method[];
  readonly epsilons: readonly number[];
  readonly delta: number;
  readonly grid: GridRequest;
  readonly costs: ExitCosts | null;
}

/** Mean and sample standard deviation over trials. */
export interface Spread {
  readonly mean: number;
  /** Null for a single trial. */
  readonly std: number | null;
}

/** One point of a risk-level curve: numbers for one calibration, spreads over many. */
export interface SweepRow<Value = number> {
  readonly risk: string;
  readonly confidence: string | null;
  readonly method: ResolvedMethod;
  readonly grid: string;
  readonly epsilon: number;
  /** Null for naive and crc. */
  readonly delta: number | null;
  /** Over trials: of those with policy "threshold". Alone: ±∞ for first-exit and never-exit. */
  readonly threshold: Value | null;
  readonly policy: Policy | Readonly<Record<Policy, number>>;
  readonly empiricalRisk: number;
  /** Risk on the rows that were not calibrated on; null without trials. */
  readonly testRisk: Value | null;
  /** True risk in the bootstrap world of an audit; null elsewhere. */
  readonly trueRisk: Value | null;
  readonly meanExit: Value | null;
  readonly meanCost: Value | null;
  readonly saving: Value | null;
  /** Share of trials whose test (or true) risk exceeds ε; null without trials. */
  readonly violationShare: number | null;
  /** 95 % Clopper–Pearson interval of the violation share; audits only. */
  readonly violationInterval: readonly [number, number] | null;
}

/** Calibrates on all rows: risk × confidence × method × ε, in that order. */
export function sweep(problems: readonly NamedProblem[], request: SweepRequest, onRow?: () => void): SweepRow[] {
  const rows: SweepRow[] = [];
  for (const { risk, confidence, problem } of problems) {
    for (const method of request.methods) {
      for (const epsilon of request.epsilons) {
        const { grid, costs, delta } = request;
        const { decision, ...result } = outcome(problem, {
          method,
          level: { epsilon, delta, among: request.epsilons },
          grid,
          costs,
        });
        rows.push({
          risk,
          confidence,
          method: decision.method,
          grid: decision.grid.text,
          epsilon,
          delta: decision.method.bound ? request.delta : null,
          threshold: decision.threshold,
          policy: decision.policy,
          empiricalRisk: result.empiricalRisk,
          testRisk: null,
          trueRisk: null,
          meanExit: result.efficiency?.meanExit ?? null,
          meanCost: result.efficiency?.meanCost ?? null,
          saving: result.efficiency?.saving ?? null,
          violationShare: null,
          violationInterval: null,
        });
        onRow?.();
      }
    }
  }
  return rows;
}
