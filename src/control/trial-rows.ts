import type { ExitRecords } from "../exits/exit-records.ts";
import type { Floats } from "../exits/types.ts";
import { clopperPearsonLower, clopperPearsonUpper } from "../stats/binomial.ts";
import { meanAndDeviation } from "../stats/describe.ts";
import { resolveMethod } from "./methods.ts";
import type { Population, Totals } from "./population.ts";
import type { Spread, SweepRow } from "./sweep.ts";
import { outcomeWidth, type TrialPlan, type TrialTask } from "./trial-outcomes.ts";
import type { Method, Policy, ResolvedMethod } from "./types.ts";

/** Gathers the outcomes of trials, added in the order of their numbers, into the rows of a sweep. */
export class TrialRows {
  private readonly plan: TrialPlan;
  private readonly cells: readonly Cell[];

  constructor(plan: TrialPlan) {
    this.plan = plan;
    const records = new Map<Floats, ExitRecords>();
    this.cells = plan.tasks.flatMap((task) => {
      const whole = task.source.population(records);
      return task.methods.flatMap((method) =>
        plan.epsilons.map((epsilon) => new Cell(plan, task, method, epsilon, whole)),
      );
    });
  }

  /** @param outcomes of `trialOutcomes`, for the next trial */
  add(outcomes: Float64Array): void {
    const sampleCount = this.plan.calibrationSize;
    this.cells.forEach((cell, index) => {
      const at = index * outcomeWidth;
      cell.add(outcomes[at], { sampleCount, loss: outcomes[at + 1], exit: outcomes[at + 2], cost: outcomes[at + 3] });
    });
  }

  rows(): SweepRow<Spread>[] {
    return this.cells.map((cell) => cell.row());
  }
}

/** Totals of the rows that were not drawn: the whole less the drawn, without touching a test row. */
function lessCalibration(whole: Totals, drawn: Totals): Totals {
  return {
    sampleCount: whole.sampleCount - drawn.sampleCount,
    loss: whole.loss - drawn.loss,
    exit: whole.exit - drawn.exit,
    cost: whole.cost - drawn.cost,
  };
}

/** What is gathered for one method at one level over the trials. */
class Cell {
  private readonly plan: TrialPlan;
  private readonly task: TrialTask;
  private readonly method: ResolvedMethod;
  private readonly epsilon: number;
  private readonly whole: Population;
  private readonly policies: Record<Policy, number> = { threshold: 0, "never-exit": 0, "first-exit": 0 };
  private readonly thresholds: number[] = [];
  private readonly empirical: number[] = [];
  private readonly risks: number[] = [];
  private readonly exits: number[] = [];
  private readonly costs: number[] = [];

  constructor(plan: TrialPlan, task: TrialTask, method: Method, epsilon: number, whole: Population) {
    this.plan = plan;
    this.task = task;
    this.method = resolveMethod(method, task.source.kind);
    this.epsilon = epsilon;
    this.whole = whole;
  }

  add(threshold: number, drawn: Totals): void {
    const whole = this.whole.atPiece(this.whole.pieceOf(threshold));
    const evaluated = this.plan.audit ? whole : lessCalibration(whole, drawn);
    if (threshold === Number.POSITIVE_INFINITY) this.policies["never-exit"]++;
    else if (threshold === Number.NEGATIVE_INFINITY) this.policies["first-exit"]++;
    else {
      this.policies.threshold++;
      this.thresholds.push(threshold);
    }
    this.empirical.push(drawn.loss / drawn.sampleCount);
    this.risks.push(evaluated.loss / evaluated.sampleCount);
    this.exits.push(evaluated.exit / evaluated.sampleCount);
    this.costs.push(evaluated.cost / evaluated.sampleCount);
  }

  row(): SweepRow<Spread> {
    const { method, epsilon } = this;
    const { source } = this.task;
    const { audit, delta, grid } = this.plan;
    const trials = this.risks.length;
    // Differences of sums leave a rounding residue of about 1e-16 n; it must not count as a violation.
    const violations = this.risks.filter((risk) => risk > epsilon + 1e-12).length;
    const fullCost = this.whole.atPiece(-1).cost / this.whole.sampleCount;
    const risk = spread(this.risks);
    return {
      risk: source.risk,
      confidence: source.confidence,
      method,
      grid: source.gridFor(grid).text,
      epsilon,
      delta: method.bound ? delta : null,
      threshold: spread(this.thresholds),
      policy: {
        threshold: this.policies.threshold / trials,
        "never-exit": this.policies["never-exit"] / trials,
        "first-exit": this.policies["first-exit"] / trials,
      },
      empiricalRisk: meanAndDeviation(this.empirical).mean,
      testRisk: audit ? null : risk,
      trueRisk: audit ? risk : null,
      meanExit: spread(this.exits),
      meanCost: spread(this.costs),
      saving: spread(this.costs.map((cost) => 1 - cost / fullCost)),
      violationShare: violations / trials,
      violationInterval: audit
        ? [clopperPearsonLower(violations, trials, 0.025), clopperPearsonUpper(violations, trials, 0.025)]
        : null,
    };
  }
}

/** Null where there is nothing to describe, or where a loss table knows no exits. */
function spread(values: readonly number[]): Spread | null {
  if (values.length === 0 || values.some(Number.isNaN)) return null;
  const { mean, deviation } = meanAndDeviation(values);
  return { mean, std: Number.isNaN(deviation) ? null : deviation };
}
