import { expect, test } from "vitest";
import { type CheckResult, check, comparePaired, type Verdict } from "../../src/control/check.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { type Random, seededRandom } from "../../src/stats/random.ts";
import { defaultOrder, mostByChance, type Size } from "../support/monte-carlo.ts";

const epsilon = 0.05;
const delta = 0.1;
const alpha = 0.02;
const levels = { epsilon, delta, alpha, order: defaultOrder };

/** Losses with a chosen mean. */
interface Losses {
  readonly name: string;
  readonly kind: LossKind;
  draw(random: Random, mean: number): number;
}

const kind = (name: string, lower: number, upper: number, binary = false): LossKind => ({ name, lower, upper, binary });

const shapes: readonly Losses[] = [
  { name: "0/1", kind: kind("wrong", 0, 1, true), draw: (random, mean) => (random.uniform() < mean ? 1 : 0) },
  { name: "{0, 2}", kind: kind("double", 0, 2), draw: (random, mean) => (random.uniform() < mean / 2 ? 2 : 0) },
  { name: "{−1, 1}", kind: kind("coin", -1, 1), draw: (random, mean) => (random.uniform() < (1 + mean) / 2 ? 1 : -1) },
  { name: "rare ±1", kind: kind("gap", -1, 1), draw: rareGap },
  {
    name: "−1 rarely",
    kind: kind("gain", -1, 1),
    draw: (random, mean) => (random.uniform() < 0.05 ? -1 : (mean + 0.05) / 0.95),
  },
  { name: "uniform, wide", kind: kind("wide", -2, 2), draw: (random, mean) => mean + 1.9 * (2 * random.uniform() - 1) },
  { name: "uniform, narrow", kind: kind("narrow", 0, 1), draw: (random, mean) => 2 * mean * random.uniform() },
];

function rareGap(random: Random, mean: number): number {
  const u = random.uniform();
  return u < (0.2 + mean) / 2 ? 1 : u < 0.2 ? -1 : 0;
}

/** "holds" is wrong with probability ≤ δ, "broken" with probability ≤ α, whatever the losses. */
export function checkCases(size: Size): void {
  const trials = size === "fast" ? 3000 : 30_000;
  const sampleCounts = size === "fast" ? [50, 200] : [50, 200, 1000];
  const cases = shapes.flatMap((shape) => sampleCounts.map((n) => ({ shape, n })));

  test.for(cases)("both errors, $shape.name, n = $n", async ({ shape, n }, { annotate }) => {
    const above = verdicts(trials, (random) => checked(shape, n, epsilon * 1.001, random));
    const at = verdicts(trials, (random) => checked(shape, n, epsilon, random));
    const below = verdicts(trials, (random) => checked(shape, n, epsilon * 0.999, random));
    await annotate(
      `at ε: holds ${at.holds}, broken ${at.broken}; above: holds ${above.holds}; below: broken ${below.broken}`,
    );
    expect(Math.max(at.pHolds, above.pHolds)).toBeLessThanOrEqual(mostByChance(trials, delta));
    expect(Math.max(at.pBroken, below.pBroken)).toBeLessThanOrEqual(mostByChance(trials, alpha));
  });

  test.for(shapes.slice(0, 2).concat(shapes[3], shapes[6]))("clear cases are decided: $name", (shape) => {
    const healthy = verdicts(300, (random) => checked(shape, 1000, 0.1 * epsilon, random));
    const regressed = verdicts(300, (random) => checked(shape, 1000, 2.4 * epsilon, random));
    expect(healthy.holds).toBeGreaterThan(0.9);
    expect(healthy.broken).toBeLessThanOrEqual(mostByChance(300, alpha));
    expect(regressed.broken).toBeGreaterThan(0.9);
    expect(regressed.holds).toBeLessThanOrEqual(mostByChance(300, delta));
  });

  test("0/1 losses at exactly ε: the verdicts come as often as the binomial says", () => {
    const found = verdicts(trials, (random) => checked(shapes[0], 200, epsilon, random));
    // P(Bin(200, .05) ≤ 5) and P(Bin(200, .05) ≥ 18), scipy: the largest tails within δ and α.
    expectShare(found.holds, 0.06234249504229472, trials);
    expectShare(found.broken, 0.0120894437308896, trials);
  });

  test.for([0, 0.02, -0.03])("against a baseline, both errors at a true difference of the margin %d", (margin) => {
    // Paired differences are ±1 on a fifth of the rows: E d = difference, exactly.
    const found = verdicts(trials, (random) => paired(300, margin, margin, random));
    expect(found.pHolds).toBeLessThanOrEqual(mostByChance(trials, delta));
    expect(found.pBroken).toBeLessThanOrEqual(mostByChance(trials, alpha));
  });

  test("against a baseline, clear differences are decided", () => {
    const worse = verdicts(300, (random) => paired(1000, 0.1, 0.02, random));
    const better = verdicts(300, (random) => paired(1000, -0.06, 0.02, random));
    expect(worse.broken).toBeGreaterThan(0.9);
    expect(better.holds).toBeGreaterThan(0.9);
  });
}

function checked({ kind, draw }: Losses, n: number, mean: number, random: Random): CheckResult {
  return check({ ...levels, kind, losses: Float64Array.from({ length: n }, () => draw(random, mean)) });
}

/** Two networks that are wrong on mostly the same rows; the new one is wrong more often by `difference` on average. */
function paired(n: number, difference: number, margin: number, random: Random): CheckResult {
  const newLosses = new Float64Array(n);
  const oldLosses = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    newLosses[i] = oldLosses[i] = random.uniform() < 0.2 ? 1 : 0;
    const u = random.uniform();
    if (u < 0.1 + difference) [newLosses[i], oldLosses[i]] = [1, 0];
    else if (u > 0.9) [newLosses[i], oldLosses[i]] = [0, 1];
  }
  return comparePaired(newLosses, oldLosses, shapes[0].kind, { margin, delta, alpha, order: defaultOrder });
}

interface Shares extends Record<Verdict, number> {
  /** Share of p-values within δ, of those within α: each test alone, whichever verdict wins. */
  readonly pHolds: number;
  readonly pBroken: number;
}

function verdicts(trials: number, run: (random: Random) => CheckResult): Shares {
  const counts = { holds: 0, broken: 0, inconclusive: 0, pHolds: 0, pBroken: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const result = run(seededRandom(900, trial));
    counts[result.verdict]++;
    if (result.pHolds <= delta) counts.pHolds++;
    if (result.pBroken <= alpha) counts.pBroken++;
  }
  const share = (count: number) => count / trials;
  return {
    holds: share(counts.holds),
    broken: share(counts.broken),
    inconclusive: share(counts.inconclusive),
    pHolds: share(counts.pHolds),
    pBroken: share(counts.pBroken),
  };
}

function expectShare(found: number, expected: number, trials: number): void {
  expect(Math.abs(found - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / trials));
}
