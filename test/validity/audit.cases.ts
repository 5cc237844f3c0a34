import { expect, test } from "vitest";
import { exitTableSource } from "../../src/control/source.ts";
import { auditBootstrap } from "../../src/control/trials.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { drawTable, lossAt, methods, mostByChance, type Size } from "../support/monte-carlo.ts";
import * as worlds from "../support/worlds.ts";

const epsilon = 0.05;
const delta = 0.1;
const n = 120;
const seed = 77;

/** 0/1 losses at three of four exits, 300 rows: the file that the audit takes for the population. */
const world = worlds.fourExits("0/1", [
  { worse: 0.6, better: 0 },
  { worse: 0.4, better: 0 },
  { worse: 0.2, better: 0 },
]);
const file = drawTable(world, 300, 1000, 0);
const confidences = file.confidences.get("top1") as Float32Array;
const [{ values: losses }] = file.losses.values();

/** Every threshold at which anything changes, downwards, and one below them all. */
const thresholds = [...new Set(confidences)].filter((c) => c >= 0).sort((a, b) => b - a);
thresholds.push(Number.NEGATIVE_INFINITY);

/** The largest loss sums that pass. For cp, P(Bin(120, .05) ≤ 2) = .0575 and P(Bin(120, .05) ≤ 3) = .1444, scipy. */
const mostLosses = { naive: 6, "ucb:cp": 2 };

/** The audit reports what a plain simulation on the same file finds, and what the guarantees promise. */
export function auditCases(size: Size): void {
  const trials = size === "fast" ? 500 : 10_000;
  const source = exitTableSource(file, "top1", world.kind.name, false);
  const audit = (name: string) => {
    const request = { trials, calibrationSize: n, seed, epsilons: [epsilon], delta, grid: { kind: "exact" } as const };
    return auditBootstrap(source, { ...request, methods: methods(name) })[0];
  };

  test.each(["naive", "ucb:cp"] as const)("%s: the audit equals a plain simulation", (name) => {
    const row = audit(name);
    const sameDraws = simulate(name, trials, seed);
    expect(row.violationShare).toBeCloseTo(violationShare(sameDraws), 12);
    expect(row.trueRisk?.mean).toBeCloseTo(mean(sameDraws), 12);
    const other = violationShare(simulate(name, trials, seed + 1));
    expect(Math.abs(other - (row.violationShare as number))).toBeLessThan(
      5 * Math.sqrt((other * (1 - other) * 2) / trials),
    );
  });

  test.each(["ucb:cp", "ucb:hb", "ucb:wsr", "ucb:star"])("%s: the file as population is calibrated validly", (name) => {
    expect(audit(name).violationShare).toBeLessThanOrEqual(mostByChance(trials, delta));
  });

  test("naive: the audit shows that it does not keep ε", () => {
    const [low] = audit("naive").violationInterval as readonly [number, number];
    expect(low).toBeGreaterThan(0.25);
  });
}

/** True risks of the chosen thresholds, by the plainest walk over all thresholds of the file. */
function simulate(name: keyof typeof mostLosses, trials: number, from: number): number[] {
  const everyone = Array.from({ length: file.sampleCount }, (_, row) => row);
  const risks = thresholds.map((lambda) => lossSum(everyone, lambda) / file.sampleCount);
  return Array.from({ length: trials }, (_, trial) => {
    const random = seededRandom(from, trial);
    const rows = Array.from({ length: n }, () => random.integer(file.sampleCount));
    const passes = thresholds.map((lambda) => lossSum(rows, lambda) <= mostLosses[name]);
    const failed = passes.indexOf(false);
    const chosen = name === "naive" ? passes.lastIndexOf(true) : (failed < 0 ? passes.length : failed) - 1;
    return chosen < 0 ? 0 : risks[chosen];
  });
}

function lossSum(rows: readonly number[], lambda: number): number {
  let sum = 0;
  for (const row of rows) sum += lossAt(confidences, losses, row * file.exitCount, file.exitCount, lambda);
  return sum;
}

function violationShare(risks: readonly number[]): number {
  return risks.filter((risk) => risk > epsilon + 1e-12).length / risks.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
