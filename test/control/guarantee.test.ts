import { describe, expect, test } from "vitest";
import { complement, guaranteeOf, type StatementFacts, statement } from "../../src/control/guarantee.ts";
import { parseMethod } from "../../src/control/methods.ts";
import type { ResolvedMethod } from "../../src/control/types.ts";

describe("the truth table (STATISTICS §5)", () => {
  const signed = { name: "gap", lower: -1, upper: 1, binary: false };
  const nonNegative = { name: "distance", lower: 0, upper: 2, binary: false };
  const promise = (text: string, path: "exact" | "grid" | "table", exits: number | null, kind = signed) =>
    guaranteeOf(parseMethod(text) as ResolvedMethod, path, exits, kind);

  test("naive promises nothing, bounds promise with high probability, whatever the path", () => {
    for (const path of ["exact", "grid", "table"] as const) {
      for (const exits of [2, 5, null]) {
        expect(promise("naive", path, exits)).toBe("none");
        for (const bound of ["cp", "hb", "wsr", "star"]) {
          expect(promise(`ucb:${bound}`, path, exits)).toBe("high-probability");
          expect(promise(`ltt:${bound}`, path, exits)).toBe("high-probability");
        }
        expect(promise("crc:monotone", path, exits)).toBe("expectation");
        expect(promise("crc:last-pass", path, exits)).toBe("heuristic");
      }
    }
  });

  test("crc monotone needs a safest choice without loss, which some loss tables do not have", () => {
    const monotone = parseMethod("crc:monotone") as ResolvedMethod;
    expect(guaranteeOf(monotone, "table", null, nonNegative, true)).toBe("expectation");
    expect(guaranteeOf(monotone, "table", null, nonNegative, false)).toBe("heuristic");
    expect(guaranteeOf(parseMethod("ucb:hb") as ResolvedMethod, "table", null, nonNegative, false)).toBe(
      "high-probability",
    );
  });

  test.each([
    // Theorem FF: one early exit, all thresholds
    ["exact", 2, signed, "expectation"],
    ["exact", 2, nonNegative, "expectation"],
    // on a grid only losses that cannot fall are covered
    ["grid", 2, signed, "heuristic"],
    ["grid", 2, nonNegative, "expectation"],
    // with more exits even non-negative losses fall and rise
    ["exact", 3, signed, "heuristic"],
    ["exact", 3, nonNegative, "heuristic"],
    ["grid", 3, nonNegative, "heuristic"],
    ["table", null, nonNegative, "heuristic"],
    ["table", 2, nonNegative, "heuristic"],
  ] as const)("crc first-failure on %s, %s exits, %o: %s", (path, exits, kind, expected) => {
    expect(promise("crc", path, exits, kind)).toBe(expected);
  });
});

describe("the sentence", () => {
  const facts: StatementFacts = {
    guarantee: "high-probability",
    policy: "threshold",
    sampleCount: 1234,
    level: { epsilon: 0.05, delta: 0.1 },
    risk: "prediction-gap",
    reference: "the full network",
    nonMonotoneShare: 0.1234,
  };
  const said = (change: Partial<StatementFacts>) => statement({ ...facts, ...change });

  test("names 1 − δ, n, ε, the risk, the reference and the assumption", () => {
    for (const part of ["at least 0.9 ", "1234", "at most 0.05 ", "prediction-gap", "the full network", "i.i.d."]) {
      expect(said({})).toContain(part);
    }
    expect(said({})).toContain("no monotonicity assumed");
  });

  test("on average says that single calibrations exceed it, and no probability", () => {
    expect(said({ guarantee: "expectation" })).toMatch(/^Averaged over .*1234.*0\.05.*single calibration may exceed/);
    expect(said({ guarantee: "expectation" })).not.toContain("0.9");
  });

  test("a heuristic says so first, with the share of samples that break monotonicity", () => {
    expect(said({ guarantee: "heuristic" })).toMatch(/^Heuristic: .*no theorem.*12 % of the samples/);
    expect(said({ guarantee: "heuristic" })).not.toMatch(/probability/i);
  });

  test("a heuristic whose samples happen to be monotone does not call that a proof", () => {
    expect(said({ guarantee: "heuristic", nonMonotoneShare: 0 })).toContain("monotone in these samples, but not by");
  });

  test("losses that are not relative are said to be as supplied, and their reference row to be promised nothing", () => {
    const supplied = { reference: "the reference row (row 0, λ = 1)", referenceRisk: 0.01234 };
    expect(said(supplied)).toContain("prediction-gap, as supplied");
    expect(said(supplied)).not.toContain("relative to");
    const none = said({ ...supplied, policy: "never-exit" });
    expect(none).toMatch(/own mean loss on these samples is 0\.0123 and about which nothing is promised/);
    expect(none).not.toContain("by construction");
  });

  test("naive says no guarantee", () => {
    expect(said({ guarantee: "none" })).toMatch(/^No guarantee: .*1234.*0\.05.*half of all calibrations/);
  });

  test("never-exit names what is deployed instead, for every guarantee", () => {
    for (const guarantee of ["none", "heuristic", "expectation", "high-probability"] as const) {
      const text = said({ guarantee, policy: "never-exit", reference: "the reference row (row 2, λ = 0.7)" });
      expect(text).toMatch(/^Nothing could be certified at ε = 0\.05 with 1234/);
      expect(text).toContain("deploy the reference row (row 2, λ = 0.7)");
    }
  });

  test("agreement with the full network bounds the accuracy drop without labels, where something is promised", () => {
    const risk = "prediction-consistency";
    expect(said({ risk })).toContain("accuracy drop is at most 0.05 too, without one label");
    expect(said({ risk, guarantee: "expectation" })).toContain("at most 0.05 on average too, without one label");
    for (const guarantee of ["expectation", "high-probability"] as const) {
      expect(said({ guarantee })).not.toContain("accuracy drop");
    }
    for (const guarantee of ["none", "heuristic"] as const) expect(said({ risk, guarantee })).not.toContain("accuracy");
    expect(said({ risk, policy: "never-exit" })).not.toContain("accuracy drop");
  });

  test("1 − δ has the digits a person would write", () => {
    expect([0.1, 0.05, 0.3, 0.01, 0.9, 1e-9].map(complement)).toEqual([0.9, 0.95, 0.7, 0.99, 0.1, 0.999999999]);
  });
});
