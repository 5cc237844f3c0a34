import { type Decision, decide } from "../../src/control/decide.ts";
import { unitSteps } from "../../src/control/grid.ts";
import type { GridRequest } from "../../src/control/grid-request.ts";
import { methodLabel, parseMethod } from "../../src/control/methods.ts";
import { exitTableProblem, lossTableProblem, type Problem } from "../../src/control/problem.ts";
import type { Level, Method } from "../../src/control/types.ts";
import { offerWalks } from "../../src/control/walk-engines.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import { simdWalks } from "../../src/io/walk-kernel-file.ts";
import { seededRandom } from "../../src/stats/random.ts";
import type { World } from "./worlds.ts";

// The games that users get; test/control/betting-walk.test.ts holds them to the plain ones.
offerWalks(simdWalks);

/** How often to repeat: `fast` is part of `npm test`, `long` is the same with tighter limits. */
export type Size = "fast" | "long";

/** Every sweep that a method may walk: all thresholds, and 100 fixed steps, made once and not in each of 100 000 decisions. */
export const sweeps: readonly GridRequest[] = [
  { kind: "exact" },
  { kind: "values", values: unitSteps(100), text: "100" },
];
export const allThresholds: readonly GridRequest[] = [{ kind: "exact" }];

/** As `calibrate` orders rows by default. */
export const defaultOrder = { seed: 0, shuffle: true };

export function methods(...names: readonly string[]): Method[] {
  return names.map((name) => parseMethod(name) as Method);
}

/** A calibration set of n rows drawn from a world. */
export function drawTable(world: World, n: number, seed: number, trial: number): ExitTable {
  const random = seededRandom(seed, trial);
  const confidences = new Float32Array(n * world.exitCount).fill(Number.NaN);
  const values = new Float64Array(n * world.exitCount);
  for (let i = 0; i < n; i++) world.draw(random, confidences, values, i * world.exitCount);
  return {
    sampleCount: n,
    exitCount: world.exitCount,
    classCount: null,
    confidences: new Map([["top1", confidences]]),
    predictions: null,
    labels: null,
    losses: new Map([[world.kind.name, { kind: world.kind, values }]]),
    brier: null,
  };
}

/** How a calibration sees a drawn table: as it is, unless an experiment says otherwise. */
export function asExitTable(table: ExitTable, { kind }: World): Problem {
  return exitTableProblem(table, "top1", kind.name, false, defaultOrder);
}

/** As a loss table with λ = 1, .95, …, 0, whose first row nobody leaves at and so has the loss 0. */
export function asLossTable(table: ExitTable, { kind, exitCount }: World): Problem {
  const lambdas = Float64Array.from({ length: 21 }, (_, k) => (20 - k) / 20);
  const n = table.sampleCount;
  const confidences = table.confidences.get("top1") as Float32Array;
  const values = table.losses.get(kind.name)!.values;
  const losses = new Float64Array(lambdas.length * n);
  for (const [row, lambda] of lambdas.entries()) {
    for (let i = 0; i < n; i++) losses[row * n + i] = lossAt(confidences, values, i * exitCount, exitCount, lambda);
  }
  const rows = {
    lambdas,
    direction: "down",
    referenceRow: 0,
    scores: false,
    meanExits: null,
    exits: null,
    costUnit: "exits",
  } as const;
  return lossTableProblem({ ...rows, sampleCount: n, losses, kind }, false, defaultOrder);
}

/** The exit rule in its plainest form: the loss of the first exit with confidence > λ, 0 when there is none. */
export function lossAt(
  confidences: Float32Array,
  losses: Float64Array,
  start: number,
  exitCount: number,
  lambda: number,
): number {
  for (let l = 0; l < exitCount - 1; l++) if (confidences[start + l] > lambda) return losses[start + l];
  return 0;
}

export interface Experiment {
  readonly world: World;
  readonly n: number;
  readonly level: Level;
  readonly methods: readonly Method[];
  readonly grids: readonly GridRequest[];
  readonly trials: number;
  readonly seed: number;
  readonly view?: typeof asExitTable;
  /** The threshold that a decision deploys; a test may put a mistake here. */
  readonly threshold?: (decision: Decision) => number;
}

/** What one method did over all trials. */
export interface Outcome {
  /** Share of calibrations whose true risk exceeds ε. */
  readonly violations: number;
  readonly meanRisk: number;
  /** Standard error of `meanRisk`. */
  readonly riskError: number;
  readonly neverExits: number;
}

/** Calibrates on `trials` fresh samples and looks the true risk of each threshold up; keys are "method on grid". */
export function outcomes(experiment: Experiment): Map<string, Outcome> {
  const { world, n, level, methods, grids, trials, seed } = experiment;
  const { view = asExitTable, threshold = (decision: Decision) => decision.threshold } = experiment;
  const risks = new Map<string, Float64Array>();
  const never = new Map<string, number>();
  for (let trial = 0; trial < trials; trial++) {
    const problem = view(drawTable(world, n, seed, trial), world);
    for (const method of methods) {
      for (const grid of grids) {
        const decision = decide(problem, method, level, grid);
        const key = `${methodLabel(method)} on ${decision.grid.text}`;
        if (trial === 0) risks.set(key, new Float64Array(trials));
        (risks.get(key) as Float64Array)[trial] = world.risk(threshold(decision));
        if (decision.policy === "never-exit") never.set(key, (never.get(key) ?? 0) + 1);
      }
    }
  }
  return new Map(Array.from(risks, ([key, r]) => [key, outcome(r, level.epsilon, never.get(key) ?? 0)]));
}

function outcome(risks: Float64Array, epsilon: number, neverCount: number): Outcome {
  const trials = risks.length;
  const meanRisk = risks.reduce((sum, risk) => sum + risk, 0) / trials;
  const variance = risks.reduce((sum, risk) => sum + (risk - meanRisk) ** 2, 0) / (trials - 1);
  return {
    violations: risks.filter((risk) => risk > epsilon + 1e-12).length / trials,
    meanRisk,
    riskError: Math.sqrt(variance / trials),
    neverExits: neverCount / trials,
  };
}

/**
 * The largest share that a true promise "at most δ" shows in `trials` trials, but for one case in a million:
 * the smallest k/T with P(Bin(T, δ) > k) ≤ 1e-6, summed here term by term in logarithms.
 */
export function mostByChance(trials: number, delta: number): number {
  let logMass = trials * Math.log(delta);
  let tail = 0;
  let k = trials;
  while (tail + Math.exp(logMass) <= 1e-6) {
    tail += Math.exp(logMass);
    logMass += Math.log(k) - Math.log(trials - k + 1) + Math.log1p(-delta) - Math.log(delta);
    k--;
  }
  return k / trials;
}

/** Figures of every method on one line each, for the verbose reporter. */
export function figures(found: ReadonlyMap<string, Outcome>): string {
  return Array.from(
    found,
    ([key, { violations, meanRisk, riskError, neverExits }]) =>
      `${key}: P(R>ε) ${violations.toFixed(4)}, E[R] ${meanRisk.toFixed(4)} ± ${riskError.toFixed(4)}, never ${neverExits.toFixed(3)}`,
  ).join("\n");
}
