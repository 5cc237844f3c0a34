import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allocateExitTable } from "../../src/exits/exit-table.ts";
import { lossKind } from "../../src/exits/loss-kinds.ts";
import { scoreRows } from "../../src/kernels/score-rows.ts";
import { column, decode, largestDifference, type ReferenceGroup, readReference, scoreAll } from "./reference-groups.ts";

const groups = readReference<ReferenceGroup[]>("logits.json");
const bits = readReference<{ name: string; expected: Record<string, string> }[]>("bits.json");
const golden = JSON.parse(readFileSync(new URL("../reference/golden.json", import.meta.url), "utf8")).losses;

describe("logits against a float64 reference", () => {
  for (const group of groups) {
    it(`${group.name}: every output within 2e-7, predictions exact`, () => {
      const table = scoreAll(decode(group.values, group.type), group.shape, group.labels);
      expect([...table.predictions]).toEqual(group.expected.prediction);
      expect([...table.labels!]).toEqual(group.labels);
      for (const [name, expected] of Object.entries(group.expected)) {
        expect(largestDifference(column(table, name), expected), name).toBeLessThanOrEqual(2e-7);
      }
    });
  }

  it("a hundred thousand classes: equal logits and one slightly larger", () => {
    const classCount = 100_000;
    const values = new Float32Array(2 * classCount).fill(-2.7);
    values[classCount + 77_777] = 8.8;
    const table = scoreAll(values, [1, 2, classCount], [77_777]);
    // float64 by hand: e = e^-(fround(8.8) - fround(-2.7)), S = 1 + (C - 1) e
    const e = Math.exp(Math.fround(-2.7) - Math.fround(8.8));
    const sum = 1 + (classCount - 1) * e;
    const entropy = Math.log(sum) - ((classCount - 1) * e * Math.log(e)) / sum;
    expect(table.predictions).toEqual(Int32Array.of(0, 77_777));
    expect(table.confidences.get("top1")![0]).toBe(Math.fround(1 / classCount));
    expect(table.confidences.get("entropy")![0]).toBeLessThan(1e-7);
    expect(Math.abs(table.confidences.get("top1")![1] - 1 / sum)).toBeLessThan(2e-7);
    expect(Math.abs(table.confidences.get("entropy")![1] - (1 - entropy / Math.log(classCount)))).toBeLessThan(2e-7);
    const rest = (1 / Math.sqrt(classCount) - Math.sqrt(e / sum)) ** 2 * (classCount - 1);
    const hellinger = Math.sqrt((rest + (Math.sqrt(1 / sum) - Math.sqrt(1 / classCount)) ** 2) / 2);
    expect(Math.abs(table.losses.get("hellinger")!.values[0] - hellinger)).toBeLessThan(2e-7);
  });
});

describe("the recipe", () => {
  it("gives the bits that numpy's float32 arithmetic gives", () => {
    for (const { name, expected } of bits) {
      const group = groups.find((g) => g.name === name)!;
      const table = scoreAll(decode(group.values, group.type), group.shape, group.labels);
      for (const [output, packed] of Object.entries(expected)) {
        const wanted = decode(packed, output.startsWith("top") ? "float32" : "float64");
        expect([...wanted], `${name}: ${output}`).toEqual(Array.from(column(table, output)));
      }
    }
  });

  it("does not depend on the array type or on the rows around", () => {
    const group = groups.find((g) => g.name === "sixty-five classes (a tail of one)")!;
    const values = decode(group.values, "float32");
    const [rows, exits, classes] = group.shape;
    const together = scoreAll(values, group.shape, group.labels);
    expect(scoreAll(Float64Array.from(values), group.shape, group.labels)).toEqual(together);
    const size = exits * classes;
    for (let row = 0; row < rows; row++) {
      const alone = scoreAll(values.slice(row * size, (row + 1) * size), [1, exits, classes], [group.labels[row]]);
      for (const name of Object.keys(group.expected)) {
        const all = Array.from(column(together, name)).slice(row * exits, (row + 1) * exits);
        expect(Array.from(column(alone, name)), name).toEqual(all);
      }
    }
  });

  it("finds no distance between equal distributions and a relative loss of exactly 0 at the last exit", () => {
    const row = [0.3, -1.2, 4.5, 4.4999];
    const table = scoreAll(Float32Array.from([...row, ...row]), [1, 2, 4], [1]);
    for (const { values } of table.losses.values()) expect([...values]).toEqual([0, 0]);
  });
});

describe("golden losses", () => {
  const rows: number[][][] = golden.probs;
  const shape = [rows.length, rows[0].length, rows[0][0].length] as const;
  const probabilities = Float64Array.from(rows.flat(2));
  const names = ["entropy", "prediction-consistency", "prediction-gap", "brier-gap", "brier-consistency-top"];
  const expected: Record<string, number[]> = { top1: golden.top1.flat(), "top-diff": golden.topdiff.flat() };
  for (const name of [...names, "brier-consistency", "hellinger"]) expected[name] = golden[name].flat();

  it("probabilities: losses to 1e-12, confidences to float32", () => {
    const table = scoreAll(probabilities, shape, golden.labels, "probs");
    for (const [name, values] of Object.entries(expected)) {
      const found = column(table, name);
      if (found instanceof Float32Array) expect([...found], name).toEqual(values.map(Math.fround));
      else expect(largestDifference(found, values), name).toBeLessThanOrEqual(1e-12);
    }
  });

  it("their logarithms as logits: 2e-7", () => {
    const table = scoreAll(probabilities.map(Math.log), shape, golden.labels);
    for (const [name, values] of Object.entries(expected)) {
      expect(largestDifference(column(table, name), values), name).toBeLessThanOrEqual(2e-7);
    }
  });
});

describe("probabilities", () => {
  it("zeros add nothing to the entropy; losses use the values divided by their sum", () => {
    const table = scoreAll(Float64Array.of(0.5, 0.5, 0, 0, 0, 1, 0, 0), [1, 2, 4], [1], "probs");
    expect(table.confidences.get("entropy")).toEqual(Float32Array.of(0.5, 1));
    const scaled = scoreAll(Float64Array.of(0.504, 0.504, 0, 0, 0, 1, 0, 0), [1, 2, 4], [1], "probs");
    expect(scaled.brier).toEqual(table.brier);
    expect(scaled.confidences.get("top1")![0]).toBe(Math.fround(0.504));
  });
});

describe("what is asked for", () => {
  const block = { values: Float32Array.of(2, 1, 0, 3, 1, 2, 5, 0), rowCount: 2, exitCount: 2, classCount: 2 };
  const shape = { sampleCount: 3, exitCount: 2, classCount: 2, labels: false, brier: false };

  it("only the requested columns, from the target row on", () => {
    const table = allocateExitTable({
      ...shape,
      measures: ["top1"],
      risks: [lossKind("prediction-consistency", false)],
    });
    const request = { values: "logits", measures: ["top1"], risks: ["prediction-consistency"] } as const;
    expect(scoreRows(block, null, request, table, 1)).toBeNull();
    expect(table.predictions).toEqual(Int32Array.of(0, 0, 0, 1, 1, 0));
    expect(table.losses.get("prediction-consistency")!.values).toEqual(Float64Array.of(0, 0, 1, 0, 1, 0));
    expect(table.confidences.get("top1")!.subarray(0, 2)).toEqual(Float32Array.of(0, 0));
    expect(table.confidences.get("top1")![2]).toBeCloseTo(0.73105858, 7);
  });

  it("one exit alone has confidences (a stage of a running network)", () => {
    const table = allocateExitTable({ ...shape, sampleCount: 4, exitCount: 1, measures: ["top-diff"], risks: [] });
    const one = { ...block, rowCount: 4, exitCount: 1 };
    expect(scoreRows(one, null, { values: "logits", measures: ["top-diff"], risks: [] }, table, 0)).toBeNull();
    expect(table.confidences.get("top-diff")![0]).toBeCloseTo(0.46211716, 7);
  });

  it("refuses what it cannot compute", () => {
    const table = allocateExitTable({ ...shape, measures: ["top1"], risks: [lossKind("prediction-gap", false)] });
    const score = (measures: string[], risks: string[]) =>
      scoreRows(block, null, { values: "logits", measures, risks }, table, 0);
    expect(() => score(["saturation"], [])).toThrow(expect.objectContaining({ code: "confidence-unknown" }));
    expect(() => score([], ["miou-gap"])).toThrow(expect.objectContaining({ code: "risk-unknown" }));
    expect(() => score([], ["prediction-gap"])).toThrow(expect.objectContaining({ code: "labels-needed" }));
  });
});
