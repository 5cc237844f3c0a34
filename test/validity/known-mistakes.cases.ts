import { expect, test } from "vitest";
import type { Decision } from "../../src/control/decide.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { starLogWealth } from "../../src/stats/star.ts";
import { wsrLogWealth } from "../../src/stats/wsr.ts";
import {
  drawTable,
  figures,
  lossAt,
  methods,
  mostByChance,
  type Outcome,
  outcomes,
  type Size,
  sweeps,
} from "../support/monte-carlo.ts";
import * as worlds from "../support/worlds.ts";

const level = { epsilon: 0.05, delta: 0.1 };

/**
 * Procedures that are known to be wrong, each found out by the same simulations. They show that the tests of the guarantees
 * can fail, and why the procedures are as they are.
 */
export function knownMistakesCases(size: Size): void {
  const trials = size === "fast" ? 600 : 20_000;

  test.each([100, 500])("naive exceeds ε in over a third of calibrations of %i samples", async (n) => {
    const world = worlds.smooth(0.5);
    const found = outcomes({ world, n, level, methods: methods("naive"), grids: sweeps, trials, seed: 800 });
    for (const { violations } of found.values()) expect(violations).toBeGreaterThan(0.35);
  });

  test("the last threshold that passes exceeds ε more than twice as often as δ, the first failure does not", async ({
    annotate,
  }) => {
    const world = worlds.noisyPlateau(0.06, 0.1);
    const limit = mostByChance(trials, level.delta);
    const tests = {
      star: (x: Float64Array) => starLogWealth(x, level.epsilon, level.delta, 1) >= -Math.log(level.delta) - 1e-12,
      wsr: (x: Float64Array) => wsrLogWealth(x, level.epsilon, level.delta, 1) > -Math.log(level.delta),
    };
    for (const [bound, certified] of Object.entries(tests)) {
      const { firstFailure, lastPass } = walks(world, 200, trials, certified);
      await annotate(`${bound}: first failure ${firstFailure}, last pass ${lastPass}`);
      expect(firstFailure).toBeLessThanOrEqual(limit);
      expect(lastPass).toBeGreaterThan(0.2);
    }
  });

  // One piece is a sixteenth of all confidences: 0 at λ = 1/2, .056 at the next.
  test.each([
    { world: worlds.lateJump(), grid: { kind: "steps", count: 16 } as const, where: "on fixed steps" },
    { world: worlds.rounded(worlds.lateJump(), 16), grid: { kind: "exact" } as const, where: "with ties" },
  ])("a piece too far exceeds ε most of the time $where", async ({ world, grid }) => {
    const parts = { world, n: 500, level, methods: methods("ucb:cp", "ucb:star"), grids: [grid], trials, seed: 820 };
    const limit = mostByChance(trials, level.delta);
    for (const { violations } of outcomes(parts).values()) expect(violations).toBeLessThanOrEqual(limit);
    const shifted = outcomes({ ...parts, threshold: nextThreshold });
    expect(Math.min(...Array.from(shifted.values(), (o: Outcome) => o.violations)), figures(shifted)).toBeGreaterThan(
      0.5,
    );
  });
}

/** The failing piece instead of the last passing one: off by one. */
function nextThreshold({ prepared, piece }: Decision): number {
  const { lambdas } = prepared.path;
  return lambdas[Math.min(piece + 1, lambdas.length - 1)];
}

/** Shares of violations when a sweep over λ = 1, .99, …, 0 stops at the first failure, and when it takes the last pass. */
function walks(
  world: worlds.World,
  n: number,
  trials: number,
  certified: (losses: Float64Array) => boolean,
): { firstFailure: number; lastPass: number } {
  let firstFailure = 0;
  let lastPass = 0;
  for (let trial = 0; trial < trials; trial++) {
    const table = drawTable(world, n, 810, trial);
    const order = seededRandom(trial).permutation(n);
    const passes = Array.from({ length: 101 }, (_, k) => certified(lossesAt(table, (100 - k) / 100, order)));
    const failed = passes.indexOf(false);
    if (exceeds(world, (failed < 0 ? passes.length : failed) - 1)) firstFailure++;
    if (exceeds(world, passes.lastIndexOf(true))) lastPass++;
  }
  return { firstFailure: firstFailure / trials, lastPass: lastPass / trials };
}

function exceeds(world: worlds.World, row: number): boolean {
  return row >= 0 && world.risk((100 - row) / 100) > level.epsilon;
}

function lossesAt(table: ExitTable, lambda: number, order: Uint32Array): Float64Array {
  const confidences = table.confidences.get("top1") as Float32Array;
  const [{ values }] = table.losses.values();
  const { exitCount } = table;
  return Float64Array.from(order, (i) => lossAt(confidences, values, i * exitCount, exitCount, lambda));
}
