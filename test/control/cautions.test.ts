import { describe, expect, test } from "vitest";
import { calibrate } from "../../src/control/calibrate.ts";
import type { GridRequest } from "../../src/control/grid-request.ts";
import { parseMethod } from "../../src/control/methods.ts";
import { exitTableProblem, lossTableProblem } from "../../src/control/problem.ts";
import type { Caution, Method } from "../../src/control/types.ts";
import { exitsAsCosts } from "../../src/exits/efficiency.ts";
import { orderLossTable } from "../../src/exits/loss-table.ts";
import type { LossKind } from "../../src/exits/types.ts";
import { plainTable } from "../support/random-tables.ts";

const shuffled = { seed: 0, shuffle: true };
const signed: LossKind = { name: "gap", lower: -1, upper: 1, binary: false };
const binary: LossKind = { name: "consistency", lower: 0, upper: 1, binary: true };

interface Case {
  readonly method: string;
  readonly kind?: LossKind;
  readonly n?: number;
  /** Loss of every sample at each early exit; the confidences are .4, .6, .8 … and the samples alike. */
  readonly losses?: readonly number[];
  readonly epsilon?: number;
  readonly grid?: GridRequest;
  readonly order?: typeof shuffled;
}

/** A share of .6 of the samples leaves confidently and without loss, so that a threshold exists. */
function cautions({
  method,
  kind = binary,
  n = 200,
  losses = [1],
  epsilon = 0.05,
  grid = { kind: "auto" },
  order = shuffled,
}: Case): readonly Caution[] {
  const exitCount = losses.length + 1;
  const safe = Math.floor(0.6 * n);
  const confidences = Float32Array.from({ length: n * exitCount }, (_, j) =>
    Math.floor(j / exitCount) < safe ? 0.99 : 0.4 + 0.2 * (j % exitCount),
  );
  const values = Float64Array.from({ length: n * exitCount }, (_, j) =>
    Math.floor(j / exitCount) < safe ? 0 : (losses[j % exitCount] ?? 0),
  );
  const problem = exitTableProblem(plainTable(confidences, values, kind, exitCount), "top1", kind.name, false, order);
  const level = { epsilon, delta: 0.1 };
  return calibrate(problem, { method: parseMethod(method) as Method, level, grid, costs: exitsAsCosts(exitCount) })
    .cautions;
}

const codes = (what: Case) => cautions(what).map(({ code }) => code);
const message = (what: Case, code: string) => cautions(what).find((caution) => caution.code === code)?.message;

test("an ordinary calibration has none", () => {
  expect(codes({ method: "ucb" })).toEqual([]);
  expect(codes({ method: "ucb:star", kind: signed, losses: [-1, 1] })).toEqual([]);
  expect(codes({ method: "crc:monotone" })).toEqual(["expectation-only"]);
});

describe("nothing certified", () => {
  test("for want of samples: crc names B/(n+1), bounds the fewest rows", () => {
    const crc = { method: "crc", n: 18 };
    expect(codes(crc)).toEqual(["too-few-samples"]);
    expect(message(crc, "too-few-samples")).toMatch(/ε = 0\.05 is below B\/\(n\+1\) = 0\.0526.*at least 19 samples/);
    expect(codes({ ...crc, n: 19 })).not.toContain("too-few-samples");
    const cp = { method: "ucb", n: 44 };
    expect(message(cp, "too-few-samples")).toMatch(
      /^44 samples cannot certify ε = 0\.05 even with zero losses: cp needs at least 45/,
    );
    expect(codes({ ...cp, n: 45 })).toEqual([]);
  });

  test("for want of a good first threshold", () => {
    // Only the row λ = .1 is tested, where all others lose.
    const grid: GridRequest = { kind: "values", values: Float64Array.of(0.1), text: "file:g.csv" };
    expect(codes({ method: "ucb", grid })).toEqual(["nothing-certified"]);
    expect(message({ method: "ucb", grid }, "nothing-certified")).toContain("ε = 0.05");
    expect(codes({ method: "naive", grid })).toEqual(["nothing-certified", "no-guarantee"]);
  });
});

test("everything certified", () => {
  expect(codes({ method: "ucb", losses: [0] })).toEqual(["everything-certified"]);
  const grid: GridRequest = { kind: "steps", count: 10 };
  expect(codes({ method: "ucb", losses: [0], grid })).toEqual([]);
});

describe("crc", () => {
  test("says how many samples break monotonicity, and what to do where no theorem covers it", () => {
    // The other .4 lose 1 at exit 2 and nothing at exit 1.
    const three = { method: "crc", losses: [0, 1] };
    expect(codes(three)).toEqual(["not-monotone", "expectation-only"]);
    expect(message(three, "not-monotone")).toMatch(/40 % of the samples; use --crc monotone/);
    expect(codes({ method: "crc:monotone", losses: [0, 1] })).toEqual(["expectation-only"]);
    expect(codes({ method: "ucb", losses: [0, 1] })).toEqual([]);
  });

  test("reassures where Theorem FF covers it", () => {
    const two = { method: "crc", kind: signed, losses: [-1] };
    expect(message(two, "not-monotone")).toContain("covered here");
  });
});

test("naive promises nothing", () => {
  expect(codes({ method: "naive" })).toEqual(["no-guarantee"]);
});

test("hb on signed losses tests the clipped ones", () => {
  expect(codes({ method: "ltt:hb", kind: signed })).toEqual(["clipped-by-bound"]);
  expect(message({ method: "ltt:hb", kind: signed }, "clipped-by-bound")).toContain("max(0, gap)");
  expect(codes({ method: "ltt:hb" })).toEqual([]);
});

describe("everything passes", () => {
  // The .4 that leave below .4 gain, after a loss at exit 2 that no bound lets pass.
  const dip = { kind: signed, losses: [-1, 1] };

  test("for the methods that look for the last pass proves nothing", () => {
    for (const method of ["naive", "crc:last-pass"]) {
      expect(codes({ ...dip, method })).toContain("lowest-passes");
      expect(codes({ ...dip, method })).not.toContain("everything-certified");
    }
    expect(message({ ...dip, method: "crc:last-pass" }, "lowest-passes")).toContain("last-pass looks for the last");
    expect(codes({ ...dip, method: "crc" })).not.toContain("lowest-passes");
  });
});

test("betting bounds on rows in file order", () => {
  const asGiven = { seed: 0, shuffle: false };
  for (const method of ["ucb:star", "ucb:wsr"]) expect(codes({ method, order: asGiven })).toContain("file-order");
  for (const method of ["ucb:cp", "ltt:hb", "crc"])
    expect(codes({ method, order: asGiven })).not.toContain("file-order");
  expect(codes({ method: "ucb:star" })).not.toContain("file-order");
});

describe("a loss table", () => {
  const codesOf = (values: Float64Array, referenceRow = 0) => {
    const raw = { name: "t", lambdas: Float64Array.of(1, 0), values, scores: false, exits: null };
    const table = orderLossTable(raw, { direction: "down", referenceRow, kind: binary });
    const request = {
      method: parseMethod("ucb") as Method,
      level: { epsilon: 0.05, delta: 0.1 },
      grid: { kind: "auto" },
      costs: null,
    } as const;
    return calibrate(lossTableProblem(table, false, shuffled), request).cautions.map(({ code }) => code);
  };

  test("whose reference row has losses of its own", () => {
    const values = new Float64Array(400);
    expect(codesOf(values)).toEqual([]);
    values[3] = 1;
    expect(codesOf(values)).toEqual(["reference-not-zero"]);
  });

  test("of which only rows safer than the reference row are certified", () => {
    const worse = Float64Array.from({ length: 400 }, (_, i) => (i < 200 ? 0 : 1));
    expect(codesOf(worse, 1)).toContain("above-reference");
    expect(codesOf(worse, 0)).toEqual([]);
    expect(codesOf(new Float64Array(400), 1)).toEqual([]);
  });
});
