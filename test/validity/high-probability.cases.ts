import { describe, expect, test } from "vitest";
import { unitSteps } from "../../src/control/grid.ts";
import type { GridRequest } from "../../src/control/grid-request.ts";
import {
  allThresholds,
  asLossTable,
  type Experiment,
  figures,
  methods,
  mostByChance,
  outcomes,
  type Size,
  sweeps,
} from "../support/monte-carlo.ts";
import * as worlds from "../support/worlds.ts";

/** Every shape of risk that a sweep could stumble over; plateaus lie just above the ε that is asked for. */
const makers: readonly ((epsilon: number) => worlds.World)[] = [
  () => worlds.smooth(0.5),
  () => worlds.smoothDouble(0.4),
  (epsilon) => worlds.flatPlateau(1.02 * epsilon),
  (epsilon) => worlds.flatPlateau(1.2 * epsilon),
  (epsilon) => worlds.noisyPlateau(1.02 * epsilon),
  (epsilon) => worlds.noisyPlateau(1.2 * epsilon),
  (epsilon) => worlds.drift(1.04 * epsilon, 0.5),
  () => worlds.drift(0.2, 0.9),
  () => worlds.drift(0.15, 1),
  () => worlds.bump(),
  () => worlds.lateJump(),
  () => worlds.skewedLosses(),
  () => worlds.wideLosses(),
  () => worlds.rounded(worlds.smooth(0.5), 8),
  (epsilon) => worlds.rounded(worlds.noisyPlateau(1.1 * epsilon), 16),
  () => worlds.rounded(worlds.bump(), 2 ** 14, 1 - 2 ** -10, 2 ** -10),
  (epsilon) => worlds.switching(1.02 * epsilon),
  (epsilon) => worlds.switching(1.2 * epsilon),
  () => worlds.fewInputs(),
  () => worlds.fourExits("0/1", [odds(0.6), odds(0.4), odds(0.2)]),
  signedNetwork,
  () => worlds.fourExits("improving first", [odds(0.9, 0.05), odds(0.5, 0.3), odds(0.9, 0.1)]),
];

function signedNetwork(): worlds.World {
  return worlds.fourExits("signed", [odds(0.6, 0.1), odds(0.4, 0.05), odds(0.2, 0.02)]);
}

function odds(worse: number, better = 0): worlds.ExitOdds {
  return { worse, better };
}

interface Setting {
  readonly n: number;
  readonly epsilon: number;
  readonly delta: number;
  readonly trials: Readonly<Record<Size, number>>;
}

const settings: readonly Setting[] = [
  { n: 50, epsilon: 0.1, delta: 0.2, trials: { fast: 1200, long: 40_000 } },
  { n: 200, epsilon: 0.05, delta: 0.1, trials: { fast: 1000, long: 30_000 } },
  { n: 500, epsilon: 0.05, delta: 0.05, trials: { fast: 300, long: 8000 } },
  { n: 2000, epsilon: 0.05, delta: 0.1, trials: { fast: 0, long: 1000 } },
];

/** Large samples are slow; one world of each kind will do for the fast size. */
const largeSetting: Setting = { n: 2000, epsilon: 0.05, delta: 0.1, trials: { fast: 200, long: 0 } };
const largeMakers: typeof makers = [
  () => worlds.smooth(0.5),
  (epsilon) => worlds.noisyPlateau(1.02 * epsilon),
  (epsilon) => worlds.switching(1.02 * epsilon),
  signedNetwork,
];

/** P(true risk > ε) ≤ δ for every bound, on all thresholds and on fixed steps. */
export function highProbabilityCases(size: Size): void {
  describe.each(settings.filter(({ trials }) => trials[size] > 0))("n = $n, ε = $epsilon, δ = $delta", (setting) => {
    const cases = makers.map((make, index) => ({ world: make(setting.epsilon), seed: 100 + index }));
    test.for(cases)("$world.name", ({ world, seed }, { annotate }) =>
      expectKept({ world, seed }, setting, setting.trials[size], annotate),
    );
  });

  const large = largeMakers.map((make) => make(largeSetting.epsilon));
  test.for(size === "fast" ? large : [])("n = 2000: $name", (world, { annotate }) =>
    expectKept({ world, seed: 200 }, largeSetting, largeSetting.trials[size], annotate),
  );

  // Steps of 1 % miss a network whose confidences all lie in .1 %; these lie where its confidences are.
  test("a squeezed world on a grid of its own range", ({ annotate }) => {
    const world = worlds.rounded(worlds.bump(), 2 ** 14, 1 - 2 ** -10, 2 ** -10);
    const values = unitSteps(64).map((step) => 1 - 2 ** -10 + step * 2 ** -10);
    const grids: GridRequest[] = [{ kind: "values", values, text: "its own steps" }];
    return expectKept({ world, seed: 300, grids }, settings[1], settings[1].trials[size], annotate);
  });

  const tables = [worlds.fewInputs(), worlds.bump(), worlds.noisyPlateau(0.051)];
  test.for(tables)("as a loss table: $name", (world, { annotate }) => {
    const parts = { world, seed: 400, grids: allThresholds, view: asLossTable };
    return expectKept(parts, settings[1], settings[1].trials[size], annotate);
  });

  test.each(["hb", "wsr", "star"])("ltt and ucb choose the same thresholds by %s", (bound) => {
    const parts = { world: worlds.bump(), n: 200, level: settings[1], grids: sweeps, trials: 100, seed: 500 };
    const [ltt, ucb] = ["ltt", "ucb"].map((name) => outcomes({ ...parts, methods: methods(`${name}:${bound}`) }));
    expect([...ltt.values()]).toEqual([...ucb.values()]);
  });

  test("cp at one threshold violates as often as the binomial says, neither more nor less", () => {
    const trials = size === "fast" ? 4000 : 50_000;
    const grids: GridRequest[] = [{ kind: "values", values: Float64Array.of(0.7), text: "one threshold" }];
    const world = worlds.flatPlateau(0.051);
    const parts = { world, n: 500, level: settings[1], grids, trials, seed: 600 };
    const [{ violations }] = outcomes({ ...parts, methods: methods("ucb:cp") }).values();
    // P(Bin(500, .051) ≤ 18), scipy; 18 is the largest count with P(Bin(500, .05) ≤ count) ≤ .1.
    const expected = 0.07205909000372722;
    expect(Math.abs(violations - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / trials));
  });
}

type Parts = Pick<Experiment, "world" | "seed"> & Partial<Pick<Experiment, "grids" | "view">>;

async function expectKept(
  parts: Parts,
  setting: Setting,
  trials: number,
  annotate: (text: string) => Promise<unknown>,
): Promise<void> {
  const bounds = parts.world.kind.binary ? ["cp", "hb", "wsr", "star"] : ["hb", "wsr", "star"];
  const found = outcomes({
    n: setting.n,
    level: setting,
    methods: methods(...bounds.map((bound) => `ucb:${bound}`)),
    grids: sweeps,
    trials,
    ...parts,
  });
  const limit = mostByChance(trials, setting.delta);
  await annotate(`limit ${limit}\n${figures(found)}`);
  const broken = [...found].filter(([, { violations }]) => violations > limit);
  expect(broken, `at most ${limit}`).toEqual([]);
}
