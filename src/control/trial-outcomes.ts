import type { ExitRecords } from "../exits/exit-records.ts";
import type { Floats } from "../exits/types.ts";
import { seededRandom } from "../stats/random.ts";
import { decide } from "./decide.ts";
import type { GridRequest } from "./grid-request.ts";
import type { Population } from "./population.ts";
import type { Source } from "./source.ts";
import type { Method } from "./types.ts";

/** What is tried on one source. */
export interface TrialTask {
  readonly source: Source;
  readonly methods: readonly Method[];
}

/** How every trial draws and calibrates. All sources hold the same samples and see the same draw. */
export interface TrialPlan {
  readonly tasks: readonly TrialTask[];
  readonly epsilons: readonly number[];
  readonly delta: number;
  readonly grid: GridRequest;
  /** Rows drawn for calibration in each trial. */
  readonly calibrationSize: number;
  readonly seed: number;
  /** Whether rows are drawn with replacement and the whole file is measured: the bootstrap world of a self-audit. */
  readonly audit: boolean;
}

/** Numbers per cell of a trial: the threshold, and the sums of loss, exit and cost over the drawn rows. */
export const outcomeWidth = 4;

/**
 * Calibrates one trial: a pure function of plan and trial number, so that trials can be computed anywhere and in any order.
 *
 * @returns `[cellCount, outcomeWidth]`, a cell for every task × method × ε in that order; an infinite threshold is a policy
 *   (+∞ never-exit, −∞ first-exit)
 */
export function trialOutcomes(plan: TrialPlan, trial: number): Float64Array {
  const { tasks, epsilons, delta, grid } = plan;
  const cellCount = tasks.reduce((count, { methods }) => count + methods.length * epsilons.length, 0);
  const outcomes = new Float64Array(cellCount * outcomeWidth);
  const rows = drawnRows(plan, trial);
  const records = new Map<Floats, ExitRecords>();
  let at = 0;
  for (const { source, methods } of tasks) {
    const problem = source.subset(rows, records);
    const curves = new Map<string, Population>();
    for (const method of methods) {
      for (const epsilon of epsilons) {
        const decision = decide(problem, method, { epsilon, delta, among: epsilons }, grid);
        let drawn = curves.get(decision.grid.text);
        if (!drawn) curves.set(decision.grid.text, (drawn = source.curvesOf(problem, decision.prepared)));
        const { loss, exit, cost } = drawn.atPiece(decision.piece);
        outcomes[at] = decision.threshold;
        outcomes[at + 1] = loss;
        outcomes[at + 2] = exit;
        outcomes[at + 3] = cost;
        at += outcomeWidth;
      }
    }
  }
  return outcomes;
}

function drawnRows({ tasks, calibrationSize, seed, audit }: TrialPlan, trial: number): Uint32Array {
  const { sampleCount } = tasks[0].source;
  const random = seededRandom(seed, trial);
  if (!audit) return random.permutation(sampleCount).subarray(0, calibrationSize);
  const rows = new Uint32Array(calibrationSize);
  for (let j = 0; j < calibrationSize; j++) rows[j] = random.integer(sampleCount);
  return rows;
}
