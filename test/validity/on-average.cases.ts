import { describe, expect, test } from "vitest";
import type { GridRequest } from "../../src/control/grid-request.ts";
import { guaranteeOf } from "../../src/control/guarantee.ts";
import type { ResolvedMethod } from "../../src/control/types.ts";
import {
  allThresholds,
  asExitTable,
  asLossTable,
  drawTable,
  type Experiment,
  figures,
  methods,
  type Outcome,
  outcomes,
  type Size,
  sweeps,
} from "../support/monte-carlo.ts";
import * as worlds from "../support/worlds.ts";

/** The hardest case of Theorem FF: a constant drift under the noise of gaps that are almost never 0. */
const hardest = worlds.drift(0.2, 0.9);

/** One early exit, losses of every shape, monotone risk or not, ties or not. */
const twoExits: readonly worlds.World[] = [
  hardest,
  worlds.smooth(0.5),
  worlds.smoothDouble(0.4),
  worlds.flatPlateau(0.055),
  worlds.noisyPlateau(0.06),
  worlds.bump(),
  worlds.lateJump(),
  worlds.skewedLosses(),
  worlds.wideLosses(),
  worlds.rounded(hardest, 32),
  worlds.rounded(hardest, 4),
  worlds.rounded(worlds.bump(), 16),
  worlds.rounded(worlds.noisyPlateau(0.06), 8),
];

const fourExits: readonly worlds.World[] = [
  worlds.fewInputs(),
  worlds.fourExits("signed", [
    { worse: 0.6, better: 0.1 },
    { worse: 0.4, better: 0.05 },
    { worse: 0.2, better: 0.02 },
  ]),
  worlds.fourExits("improving first", [
    { worse: 0.9, better: 0.05 },
    { worse: 0.5, better: 0.3 },
    { worse: 0.9, better: 0.1 },
  ]),
  worlds.fourExits("0/1", [
    { worse: 0.6, better: 0 },
    { worse: 0.4, better: 0 },
    { worse: 0.2, better: 0 },
  ]),
];

const epsilon = 0.05;
/** δ is not used by crc. */
const level = { epsilon, delta: 0.1 };

/** E[R(λ̂)] ≤ ε where crc promises it, and not where it does not. */
export function onAverageCases(size: Size): void {
  const trials = size === "fast" ? 2500 : 40_000;
  promisedCases(trials);
  notPromisedCases(trials);
  tieCases(trials);
  tooFewCases();
}

function promisedCases(trials: number): void {
  describe.each([60, 100, 200])("n = %i", (n) => {
    test.for(twoExits)("crc:first-failure, one early exit, all thresholds: $name", (world, { annotate }) =>
      expectKept({ world, n, grids: allThresholds, trials, seed: 700 }, "crc:first-failure", annotate),
    );

    const monotone = [
      ...fourExits,
      worlds.switching(0.06),

      hardest,
      worlds.bump(),
      worlds.smoothDouble(0.4),
    ];
    test.for(monotone)("crc:monotone, any exits, signed losses: $name", (world, { annotate }) =>
      expectKept({ world, n, grids: sweeps, trials, seed: 710 }, "crc:monotone", annotate),
    );
  });

  const neverNegative = twoExits.filter(({ kind }) => kind.lower === 0);
  test.for(neverNegative)("crc:first-failure, one early exit, fixed steps, losses ≥ 0: $name", (world, { annotate }) =>
    expectKept({ world, n: 100, grids: sweeps, trials, seed: 720 }, "crc:first-failure", annotate),
  );

  test.for(fourExits)("crc:monotone on a loss table: $name", (world, { annotate }) => {
    const parts = { world, n: 100, grids: allThresholds, trials, seed: 730, view: asLossTable };
    return expectKept(parts, "crc:monotone", annotate);
  });
}

function notPromisedCases(trials: number): void {
  test("in the hardest case crc:first-failure uses up nearly all of ε, crc:last-pass exceeds it by half", async ({
    annotate,
  }) => {
    const names = methods("crc:first-failure", "crc:last-pass");
    const parts = { world: hardest, n: 100, level, grids: allThresholds, trials: 4 * trials, seed: 740 };
    const found = outcomes({ ...parts, methods: names });
    await annotate(figures(found));
    const firstFailure = found.get("crc:first-failure on exact") as Outcome;
    const lastPass = found.get("crc:last-pass on exact") as Outcome;
    expect(firstFailure.meanRisk + 5 * firstFailure.riskError).toBeGreaterThan(0.048);
    expect(firstFailure.meanRisk - 5 * firstFailure.riskError).toBeLessThan(epsilon);
    expect(lastPass.meanRisk).toBeGreaterThan(0.07);
    expect(lastPass.meanRisk).toBeLessThan(0.082);
  });

  test("with many early exits crc:first-failure may exceed ε, as its label heuristic says; crc:monotone does not", async ({
    annotate,
  }) => {
    const names = ["crc:first-failure", "crc:monotone"];
    const parts = { world: worlds.growing(0.15), n: 100, grids: allThresholds, trials: 4 * trials, seed: 745 };
    const found = outcomes({ ...parts, level, methods: methods(...names) });
    await annotate(figures(found));
    const [firstFailure, monotone] = [...found.values()];
    // .0568 ± .0011 by an independent simulation in numpy.
    expect(firstFailure.meanRisk - 5 * firstFailure.riskError).toBeGreaterThan(epsilon);
    expect(monotone.meanRisk).toBeLessThanOrEqual(epsilon);
    expect(methods(...names).flatMap((method) => promises(parts, method as ResolvedMethod))).toEqual([
      "heuristic",
      "expectation",
    ]);
  });
}

function tieCases(trials: number): void {
  test("equal confidences may not pay for one another: net sums exceed ε, the charge for increases does not", async ({
    annotate,
  }) => {
    // All confidences are equal: the one decision is whether everyone leaves, at a mean loss of .075.
    const world = worlds.rounded(worlds.drift(0.075, 1), 1);
    const small = { epsilon: 0.01, delta: 0.1 };
    const parts = { world, n: 100, level: small, grids: allThresholds, trials: 4 * trials, seed: 750 };
    const charged = outcomes({ ...parts, methods: methods("crc:first-failure") });
    const net = outcomes({ ...parts, methods: methods("crc:last-pass") });
    await annotate(`${figures(charged)}\n${figures(net)}`);
    expect([...charged.values()][0].meanRisk).toBeLessThanOrEqual(small.epsilon);
    // .075 · P(Bin(100, .5375) ≤ 50), scipy: the last pass of a single group is its net sum.
    const expected = 0.01926660079615257;
    const [{ meanRisk, riskError }] = net.values();
    expect(Math.abs(meanRisk - expected)).toBeLessThan(5 * riskError);
  });
}

function tooFewCases(): void {
  test.each([
    { world: hardest, n: 18 },
    { world: worlds.bump(), n: 18 },
    { world: worlds.smoothDouble(0.4), n: 38 },
    { world: worlds.wideLosses(), n: 38 },
  ])("B > (n+1)ε is never-exit whatever the sample, one row more is not: $world.name, n = $n", ({ world, n }) => {
    const parts = { world, level, methods: methods("crc:first-failure", "crc:monotone"), trials: 200, seed: 760 };
    const neverExits = (rows: number) =>
      Array.from(outcomes({ ...parts, grids: sweeps, n: rows }).values(), (outcome) => outcome.neverExits);
    expect(Math.min(...neverExits(n))).toBe(1);
    expect(Math.max(...neverExits(n + 1))).toBeLessThan(1);
  });
}

type Parts = Pick<Experiment, "world" | "n" | "grids" | "trials" | "seed" | "view">;

async function expectKept(parts: Parts, name: string, annotate: (text: string) => Promise<unknown>): Promise<void> {
  const [method] = methods(name);
  const found = outcomes({ ...parts, level, methods: [method] });
  await annotate(figures(found));
  const broken = [...found].filter(([, { meanRisk, riskError }]) => meanRisk > epsilon + 5 * riskError);
  expect(broken).toEqual([]);
  expect(promises(parts, method as ResolvedMethod)).toEqual(parts.grids.map(() => "expectation"));
}

/** What the product says about each sweep: these cases must be the ones that it calls a promise on average. */
function promises({ world, n, grids, view = asExitTable }: Parts, method: ResolvedMethod): string[] {
  const problem = view(drawTable(world, n, 0, 0), world);
  return grids.map((grid: GridRequest) => {
    const { kind } = problem.prepare(problem.gridFor(grid)).path;
    return guaranteeOf(method, kind, problem.exitCount, world.kind);
  });
}
