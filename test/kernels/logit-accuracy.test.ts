import { describe, expect, it } from "vitest";
import { LogitScorer } from "../../src/kernels/logit-scorer.ts";
import { seededRandom } from "../../src/stats/random.ts";

const random = seededRandom(11);

/** The textbook in float64: distances are to `reference`, a distribution. */
function exact(row: Float32Array | Float64Array, reference: number[] | null) {
  const largest = Math.max(...row);
  const terms = Array.from(row, (x) => Math.exp(x - largest));
  const total = terms.reduce((a, b) => a + b, 0);
  const p = terms.map((t) => t / total);
  const sorted = p.toSorted((a, b) => b - a);
  const entropy = -p.reduce((sum, q) => sum + (q > 0 ? q * Math.log(q) : 0), 0);
  const norm = p.reduce((sum, q) => sum + q * q, 0);
  const squared = p.reduce((sum, q, k) => sum + (q - (reference?.[k] ?? 0)) ** 2, 0);
  const roots = p.reduce((sum, q, k) => sum + (Math.sqrt(q) - Math.sqrt(reference?.[k] ?? 0)) ** 2, 0);
  return {
    p,
    top1: sorted[0],
    topDiff: sorted[0] - sorted[1],
    entropy: 1 - entropy / Math.log(p.length),
    brier: (k: number) => norm - 2 * p[k] + 1,
    squared,
    hellinger: Math.sqrt(roots / 2),
  };
}

/** The largest error of anything that is said about a row and its reference, and of the differences of their Brier scores. */
function largestError(row: Float32Array | Float64Array, full: Float32Array | Float64Array): number {
  const scorer = new LogitScorer(row.length);
  const classes = [0, 1, row.length - 1];
  scorer.read(full, 0);
  const fullExact = exact(full, null);
  const fullBriers = classes.map((k) => scorer.brier(k));
  scorer.keepReference();
  scorer.read(row, 0);
  scorer.compare();
  const wanted = exact(row, fullExact.p);
  const errors = [
    scorer.top1() - wanted.top1,
    scorer.topDiff() - wanted.topDiff,
    scorer.entropy() - wanted.entropy,
    scorer.squaredDistance - wanted.squared,
    scorer.hellinger - wanted.hellinger,
    ...classes.map((k) => scorer.brier(k) - wanted.brier(k)),
    ...classes.map((k, i) => scorer.brier(k) - fullBriers[i] - (wanted.brier(k) - fullExact.brier(k))),
  ];
  return Math.max(...errors.map(Math.abs));
}

describe("logits against float64: at most 2e-7", () => {
  // Equal logits round alike, so their errors add up. They sit below the maximum where together they weigh as much as it.
  it.each([1, 3, 12, 31, 64, 200, 999])("%i equal logits below a maximum", (count) => {
    let worst = 0;
    for (let trial = 0; trial < 1500; trial++) {
      const offset = 40 * (random.uniform() - 0.5);
      const made = () => {
        const below = Math.log(count) + 3 * (random.uniform() - 0.5);
        const row = new Float32Array(count + 1).fill(offset - below);
        row[0] = offset;
        return row;
      };
      worst = Math.max(worst, largestError(made(), made()));
    }
    expect(worst).toBeLessThan(2e-7);
  });

  it.each([
    ["float32", Float32Array],
    ["float64", Float64Array],
  ] as const)("two, three and more levels of equal %s logits, anywhere", (_, type) => {
    let worst = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const classCount = 2 + Math.floor(150 * random.uniform() ** 3);
      const offset = 400 * (random.uniform() - 0.5) ** 3;
      const made = () => {
        const levels = Array.from(
          { length: 1 + Math.floor(4 * random.uniform()) },
          () => offset - 8 * random.uniform(),
        );
        return new type(classCount).map(() => levels[Math.floor(levels.length * random.uniform())]);
      };
      worst = Math.max(worst, largestError(made(), made()));
    }
    expect(worst).toBeLessThan(2e-7);
  });
});
