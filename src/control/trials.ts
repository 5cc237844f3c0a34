import { clopperPearsonLower, clopperPearsonUpper } from "../stats/binomial.ts";
import { meanAndDeviation } from "../stats/describe.ts";
import { seededRandom } from "../stats/random.ts";
import { decide } from "./decide.ts";
import type { Population, Totals } from "./population.ts";
import type { Source } from "./source.ts";
import type { Spread, SweepRequest, SweepRow } from "./sweep.ts";
import type { Method, Policy, ResolvedMethod } from "./types.ts";

/** The same, `trials` times on rows drawn by `seed`. */
export interface TrialsRequest extends Omit<SweepRequest, "costs"> {
  readonly trials: number;
  /** Rows drawn for calibration in each trial. */
  readonly calibrationSize: number;
  readonly seed: number;
}

/**
 * Repeated calibration/test splits, as the paper's figures: each trial calibrates on `calibrationSize` rows drawn without
 * replacement and measures risk and efficiency on all others. The test risk carries the noise of the test rows.
 */
export function sweepSplits(source: Source, request: TrialsRequest, onTrial?: () => void): SweepRow<Spread>[] {
  return drained(splitSteps(source, request), onTrial);
}

/** The same, one trial per step, for callers that must not be blocked. */
export function* splitSteps(source: Source, request: TrialsRequest): Generator<void, SweepRow<Spread>[]> {
  const draw = (trial: number) =>
    seededRandom(request.seed, trial).permutation(source.sampleCount).subarray(0, request.calibrationSize);
  return (yield* runTrials(source, request, draw, lessCalibration)).map((cell) => cell.row(false));
}

/**
 * Self-audit in the bootstrap world: the file *is* the population, so the true risk of any threshold is its mean over the
 * file, without noise. Each trial calibrates on rows drawn with replacement (i.i.d., as the guarantees assume).
 */
export function auditBootstrap(source: Source, request: TrialsRequest, onTrial?: () => void): SweepRow<Spread>[] {
  return drained(auditSteps(source, request), onTrial);
}

/** The same, one trial per step. */
export function* auditSteps(source: Source, request: TrialsRequest): Generator<void, SweepRow<Spread>[]> {
  const draw = (trial: number) => {
    const random = seededRandom(request.seed, trial);
    return Uint32Array.from({ length: request.calibrationSize }, () => random.integer(source.sampleCount));
  };
  return (yield* runTrials(source, request, draw, (whole) => whole)).map((cell) => cell.row(true));
}

function drained<Result>(steps: Generator<void, Result>, onStep?: () => void): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onStep?.();
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

function* runTrials(
  source: Source,
  request: TrialsRequest,
  draw: (trial: number) => Uint32Array,
  evaluate: (whole: Totals, drawn: Totals) => Totals,
): Generator<void, Cell[]> {
  const population = source.population();
  const fullCost = population.atPiece(-1).cost / population.sampleCount;
  const cells = request.methods.flatMap((method) =>
    request.epsilons.map((epsilon) => new Cell(source, method, { epsilon, delta: request.delta }, fullCost)),
  );
  for (let trial = 0; trial < request.trials; trial++) {
    const problem = source.subset(draw(trial));
    const curves = new Map<string, Population>();
    for (const cell of cells) {
      const decision = decide(problem, cell.asked, cell.level, request.grid);
      let drawnCurves = curves.get(decision.grid.text);
      if (!drawnCurves) curves.set(decision.grid.text, (drawnCurves = source.curvesOf(problem, decision.prepared)));
      const drawn = drawnCurves.atPiece(decision.piece);
      const whole = population.atPiece(population.pieceOf(decision.threshold));
      cell.add(decision.method, decision.grid.text, decision.policy, decision.threshold, drawn, evaluate(whole, drawn));
    }
    yield;
  }
  return cells;
}

/** What is gathered for one method at one level over the trials. */
class Cell {
  readonly source: Source;
  readonly asked: Method;
  readonly level: { epsilon: number; delta: number };
  private readonly fullCost: number;
  private resolved: ResolvedMethod | null = null;
  private grid = "";
  private readonly policies: Record<Policy, number> = { threshold: 0, "never-exit": 0, "first-exit": 0 };
  private readonly thresholds: number[] = [];
  private readonly empirical: number[] = [];
  private readonly risks: number[] = [];
  private readonly exits: number[] = [];
  private readonly costs: number[] = [];

  constructor(source: Source, asked: Method, level: { epsilon: number; delta: number }, fullCost: number) {
    this.source = source;
    this.asked = asked;
    this.level = level;
    this.fullCost = fullCost;
  }

  add(method: ResolvedMethod, grid: string, policy: Policy, threshold: number, drawn: Totals, evaluated: Totals): void {
    this.resolved = method;
    this.grid = grid;
    this.policies[policy]++;
    if (policy === "threshold") this.thresholds.push(threshold);
    this.empirical.push(drawn.loss / drawn.sampleCount);
    this.risks.push(evaluated.loss / evaluated.sampleCount);
    this.exits.push(evaluated.exit / evaluated.sampleCount);
    this.costs.push(evaluated.cost / evaluated.sampleCount);
  }

  row(audit: boolean): SweepRow<Spread> {
    const trials = this.risks.length;
    // Differences of sums leave a rounding residue of about 1e-16 n; it must not count as a violation.
    const violations = this.risks.filter((risk) => risk > this.level.epsilon + 1e-12).length;
    const method = this.resolved as ResolvedMethod;
    return {
      risk: this.source.risk,
      confidence: this.source.confidence,
      method,
      grid: this.grid,
      epsilon: this.level.epsilon,
      delta: method.bound ? this.level.delta : null,
      threshold: spread(this.thresholds),
      policy: {
        threshold: this.policies.threshold / trials,
        "never-exit": this.policies["never-exit"] / trials,
        "first-exit": this.policies["first-exit"] / trials,
      },
      empiricalRisk: meanAndDeviation(this.empirical).mean,
      testRisk: audit ? null : spread(this.risks),
      trueRisk: audit ? spread(this.risks) : null,
      meanExit: spread(this.exits),
      meanCost: spread(this.costs),
      saving: spread(this.costs.map((cost) => 1 - cost / this.fullCost)),
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
