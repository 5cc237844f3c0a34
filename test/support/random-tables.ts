import type { RawLossTable } from "../../src/exits/loss-table.ts";
import type { ExitTable, LossKind } from "../../src/exits/types.ts";
import type { Random } from "../../src/stats/random.ts";

/** The kinds of loss that the procedures must handle: signed counts, 0/1, and continuous ones with B = 2. */
export const lossKinds: readonly LossKind[] = [
  { name: "signed", lower: -1, upper: 1, binary: false },
  { name: "binary", lower: 0, upper: 1, binary: true },
  { name: "wide", lower: -2, upper: 2, binary: false },
  { name: "non-negative", lower: 0, upper: 2, binary: false },
];

/** One confidence; few digits make many ties, which is where sweeps go wrong. */
const confidenceStyles: Readonly<Record<string, (random: Random) => number>> = {
  "one decimal": (random) => Math.round(10 * random.uniform()) / 10,
  "two decimals": (random) => Math.round(100 * random.uniform()) / 100,
  "all equal": () => 0.7,
  zeros: (random) => [-0, 0, -0, 0, 0.5, -0.5][random.integer(6)],
  "outside the unit interval": (random) => Math.round(10 * (4 * random.uniform() - 2)) / 10,
  distinct: (random) => random.uniform(),
};

export interface RandomTable {
  readonly table: ExitTable;
  /** Names of its one confidence ("top1" when it lies in [0, 1], else "score") and its one loss. */
  readonly confidence: string;
  readonly risk: string;
  readonly kind: LossKind;
  readonly style: string;
}

/** A made-up network on `sampleCount` samples: losses are likelier at low confidence, so that thresholds fall inside. */
export function randomTable(random: Random, sampleCount: number, kind: LossKind): RandomTable {
  const exitCount = 2 + random.integer(5);
  // Distinct confidences give n(L−1) pieces, and the plain evaluation takes n steps on each.
  const names = Object.keys(confidenceStyles).filter((name) => name !== "distinct" || sampleCount <= 100);
  const style = names[random.integer(names.length)];
  const confidences = Float32Array.from({ length: sampleCount * exitCount }, () => confidenceStyles[style](random));
  const drawLoss = lossMaker(random, kind);
  const losses = Float64Array.from(confidences, (value, i) =>
    i % exitCount === exitCount - 1 ? 0 : drawLoss(Math.min(1, Math.max(0, value))),
  );
  if (random.integer(2)) for (let i = exitCount - 1; i < losses.length; i += exitCount) confidences[i] = Number.NaN;
  const confidence = ["zeros", "outside the unit interval"].includes(style) ? "score" : "top1";
  const table = plainTable(confidences, losses, kind, exitCount, confidence);
  return { table, confidence, risk: kind.name, kind, style };
}

/** An exit table with one confidence and one loss and nothing else. */
export function plainTable(
  confidences: Float32Array,
  losses: Float64Array,
  kind: LossKind,
  exitCount: number,
  confidence = "top1",
): ExitTable {
  return {
    sampleCount: losses.length / exitCount,
    exitCount,
    classCount: null,
    confidences: new Map([[confidence, confidences]]),
    predictions: null,
    labels: null,
    losses: new Map([[kind.name, { kind, values: losses }]]),
    brier: null,
  };
}

/** The loss of leaving with a confidence in [0, 1]; how risky and how often helpful is drawn once per table. */
function lossMaker(random: Random, kind: LossKind): (confidence: number) => number {
  const ceiling = [0, 0.05, 0.15, 0.4, 1][random.integer(5)];
  const helpful = kind.lower < 0 ? [0, 0.3, 0.5, 0.8][random.integer(4)] : 0;
  const whole = kind.binary || kind.name === "signed";
  const fewDigits = random.integer(2) === 1;
  return (confidence) => {
    if (random.uniform() >= ceiling * (1 - 0.9 * confidence)) return 0;
    const size = whole ? 1 : random.uniform() ** 2;
    const loss = random.uniform() < helpful ? kind.lower * size : kind.upper * size;
    return whole || !fewDigits ? loss : Math.round(10 * loss) / 10;
  };
}

/** A loss table as a file may hold it: rows in any order, losses or scores, exits per row, per sample or none. */
export function randomLossTable(random: Random, sampleCount: number, kind: LossKind, scores: boolean): RawLossTable {
  const rowCount = 1 + random.integer(12);
  const lambdas = Float64Array.from(random.permutation(40).subarray(0, rowCount), (k) => (k - 10) / 20);
  const drawLoss = lossMaker(random, kind);
  // A score table's differences must stay in [−1, 1] whatever the reference row: scores in {0, ½, 1}.
  const values = Float64Array.from({ length: rowCount * sampleCount }, (_, i) => {
    const safe = 1 - Math.floor(i / sampleCount) / rowCount;
    return scores ? 1 - (random.uniform() < 0.2 ? random.integer(3) / 2 : 0) : drawLoss(safe);
  });
  const exitCount = [0, rowCount, rowCount * sampleCount][random.integer(3)];
  const exits = exitCount === 0 ? null : Float64Array.from({ length: exitCount }, () => 1 + random.integer(6));
  return { name: "table.npz", lambdas, values, scores, exits };
}
