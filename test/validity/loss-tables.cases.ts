import { expect, test } from "vitest";
import { decide } from "../../src/control/decide.ts";
import { methodLabel } from "../../src/control/methods.ts";
import { lossTableProblem } from "../../src/control/problem.ts";
import { orderLossTable } from "../../src/exits/loss-table.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { defaultOrder, methods, mostByChance, type Size } from "../support/monte-carlo.ts";

/**
 * Outputs that are generated anew for every λ: each row draws its losses by itself, so no sample's loss is monotone. The
 * true risk of a row is known in closed form: far below ε at the safe rows, just above it at many of the others.
 */
const epsilon = 0.05;
const trueRisks = [0, 0.005, 0.01, 0.051, 0.0515, 0.051, 0.052, 0.051, 0.06, 0.0515, 0.2, 0.3];
const level = { epsilon, delta: 0.1 };
const n = 200;

interface World {
  readonly name: string;
  readonly kind: LossKind;
  /** File rows hold scores, whose reference row is not the full model's perfect one. */
  readonly scores: boolean;
  /** A loss of mean `risk`. */
  draw(random: ReturnType<typeof seededRandom>, risk: number): number;
}

const worlds: readonly World[] = [
  {
    name: "0/1 losses",
    kind: { name: "loss", lower: 0, upper: 1, binary: true },
    scores: false,
    draw: (random, risk) => (random.uniform() < risk ? 1 : 0),
  },
  {
    name: "losses in [0, 1], uniform up to twice their mean",
    kind: { name: "loss", lower: 0, upper: 1, binary: false },
    scores: false,
    draw: (random, risk) => 2 * risk * random.uniform(),
  },
  {
    // Gains and drops of .4 only: P(drop) − P(gain) = 2.5 r.
    name: "scores that gain and drop",
    kind: { name: "score-drop", lower: -1, upper: 1, binary: false },
    scores: true,
    draw: (random, risk) => {
      const u = random.uniform();
      return u < 0.1 + 2.5 * risk ? 0.4 : u < 0.2 + 2.5 * risk ? -0.4 : 0;
    },
  },
];

/** The file of one draw: rows scrambled as they please, λ down or up. */
function drawnTable({ kind, scores, draw }: World, direction: "down" | "up", seed: number, trial: number) {
  const random = seededRandom(seed, trial);
  const count = trueRisks.length;
  const order = random.permutation(count);
  const lambdas = new Float64Array(count);
  const values = new Float64Array(count * n);
  for (const [place, row] of order.entries()) lambdas[place] = direction === "down" ? 1 - row / 16 : row / 16;
  for (let i = 0; i < n; i++) {
    const base = 0.5 + 0.1 * (random.uniform() - 0.5);
    for (const [place, row] of order.entries()) {
      const loss = row === 0 ? 0 : draw(random, trueRisks[row]);
      values[place * n + i] = scores ? base - loss : loss;
    }
  }
  const raw = { name: "drawn", lambdas, values, scores, exits: null };
  return orderLossTable(raw, { direction, referenceRow: 0, kind });
}

/** P(true risk > ε) ≤ δ, or E[true risk] ≤ ε, on loss tables of both directions. */
export function lossTableCases(size: Size): void {
  const trials = size === "fast" ? 600 : 20_000;
  const cases = worlds.flatMap((world) => (["down", "up"] as const).map((direction) => ({ world, direction })));
  test.for(cases)("$world.name, λ $direction", async ({ world, direction }, { annotate }) => {
    const bounds = ["ucb:hb", "ucb:wsr", "ucb:star", "ltt:hb", ...(world.kind.binary ? ["ucb:cp"] : [])];
    const asked = methods(...bounds, "crc:monotone", "naive");
    const risks = new Map(asked.map((method) => [methodLabel(method as never), new Float64Array(trials)]));
    for (let trial = 0; trial < trials; trial++) {
      const table = drawnTable(world, direction, 900, trial);
      const problem = lossTableProblem(table, false, defaultOrder);
      for (const method of asked) {
        const { piece } = decide(problem, method, level, { kind: "exact" });
        // Row k after sorting is row k of the world, whichever way λ runs.
        risks.get(methodLabel(method as never))![trial] = piece < 0 ? 0 : trueRisks[piece];
      }
    }
    const above = (name: string) => risks.get(name)!.filter((risk) => risk > epsilon).length / trials;
    const mean = (name: string) => risks.get(name)!.reduce((sum, risk) => sum + risk, 0) / trials;
    await annotate([...risks.keys()].map((name) => `${name}: above ε ${above(name)}, mean ${mean(name)}`).join("\n"));
    const limit = mostByChance(trials, level.delta);
    for (const name of bounds) expect([name, above(name) <= limit]).toEqual([name, true]);
    // Risks lie in [0, .3]: five standard errors of their mean.
    expect(mean("crc:monotone")).toBeLessThanOrEqual(epsilon + (5 * 0.15) / Math.sqrt(trials));
    expect(above("naive")).toBeGreaterThan(0.3);
  });
}
