import { describe, expect, it } from "vitest";
import { measureNames } from "../../src/exits/confidence.ts";
import { allocateExitTable, sliceRows } from "../../src/exits/exit-table.ts";
import { classRiskNames, lossKind } from "../../src/exits/loss-kinds.ts";
import { simdScorer } from "../../src/io/row-kernel-file.ts";
import type { ExitScorer } from "../../src/kernels/exit-scorer.ts";
import { LogitScorer } from "../../src/kernels/logit-scorer.ts";
import { scoreRows } from "../../src/kernels/score-rows.ts";
import { infinity, logitKinds, masked, nan, random, uniform } from "../support/logit-kinds.ts";

const built = simdScorer(2) !== null;
const missing = built ? "" : " (skipped: not built by npm run build, or no SIMD here)";

type Rows = Float32Array | Float64Array;

/** Everything that a scorer can say about three exits of one sample, the last one first as in a table. */
function said(scorer: ExitScorer, rows: Rows, classCount: number): unknown[] {
  const answers: unknown[] = [];
  for (const exit of [2, 0, 1]) {
    const problem = scorer.read(rows, exit * classCount);
    answers.push(problem);
    if (problem !== null) return answers;
    answers.push(scorer.prediction, scorer.top1(), scorer.topDiff(), scorer.entropy());
    for (let k = 0; k < classCount; k++) answers.push(scorer.brier(k));
    if (exit === 2) scorer.keepReference();
    else {
      scorer.compare();
      answers.push(scorer.squaredDistance, scorer.hellinger);
    }
  }
  return answers;
}

describe.skipIf(!built)(`the SIMD kernel gives the bits of the plain twin${missing}`, () => {
  const counts = [...Array.from({ length: 69 }, (_, i) => i + 2), 127, 128, 129, 1000, 1003, 4099];
  for (const [name, value] of Object.entries(logitKinds)) {
    it(`rows ${name}: 2 to 70 classes and some more, float32 and float64`, () => {
      for (const classCount of counts) {
        const [plain, simd] = [new LogitScorer(classCount), simdScorer(classCount)!];
        for (const type of [Float32Array, Float64Array, Float32Array]) {
          const rows = new type(3 * classCount).map((_, i) => value(i % classCount));
          const [expected, found] = [said(plain, rows, classCount), said(simd, rows, classCount)];
          if (!expected.every((answer, i) => Object.is(answer, found[i]))) {
            expect(found, `${classCount} classes, ${type.name}`).toEqual(expected);
          }
        }
      }
    });
  }

  it("float64 rows that hold float32 numbers give the bits of float32 rows", () => {
    for (const name of ["like a network's", "ties", "masks", "shifted far up", "huge"]) {
      const rows = Float32Array.from({ length: 3 * 37 }, (_, i) => logitKinds[name](i % 37));
      const wide = said(simdScorer(37)!, Float64Array.from(rows), 37);
      expect(wide).toEqual(said(simdScorer(37)!, rows, 37));
    }
  });

  it("reads rows in the kernel's memory, at any offset, whatever stands behind them", () => {
    const scorer = simdScorer(7)!;
    for (const type of [Float32Array, Float64Array]) {
      const room = scorer.rowsFor(1000, type).fill(nan);
      room.set(
        new type(21).map((_, i) => logitKinds["like a network's"](i)),
        5,
      );
      const rows = room.slice(5, 26);
      expect(said(scorer, room.subarray(5), 7)).toEqual(said(new LogitScorer(7), rows, 7));
    }
  });

  it.each([Float32Array, Float64Array])("%o: fills the columns of a whole block as the twin does", (type) => {
    const exitCount = 3;
    const wanted = { values: "logits", measures: measureNames, risks: classRiskNames } as const;
    const kindOf = Object.values(logitKinds);
    for (const classCount of [2, 3, 15, 16, 17, 40, 1000]) {
      // one scorer for all: what a block leaves behind must not show in the next
      const scorer = simdScorer(classCount)!;
      for (const rowCount of [25, 1, 8]) {
        const values = scorer.rowsFor(rowCount * exitCount * classCount, type);
        // neighbours of different kinds: a row is measured while the next one is begun
        // (a mask is never the whole row)
        const value = (i: number) => kindOf[Math.floor(i / classCount) % kindOf.length](i % classCount);
        values.set(values.map((_, i) => (i % classCount === 0 ? Math.max(value(i), -1e4) : value(i))));
        values.set(values.subarray(0, classCount), (exitCount - 1) * classCount);
        const block = { values, rowCount, exitCount, classCount };
        const labels = Int32Array.from({ length: rowCount }, () => Math.floor(random.uniform() * classCount));
        const columns = () =>
          allocateExitTable({
            sampleCount: rowCount + 1,
            exitCount,
            classCount,
            measures: measureNames,
            risks: classRiskNames.map((risk) => lossKind(risk, false)),
            labels: true,
            brier: true,
          });
        const [found, expected] = [columns(), columns()];
        const plain = { ...block, values: values.slice() };
        expect(scoreRows(block, labels, wanted, found, 1, scorer)).toBeNull();
        expect(scoreRows(plain, labels, wanted, expected, 1)).toBeNull();
        expect(found).toEqual(expected);
        expect(values).toEqual(plain.values);
        // without labels and distances, and with a row that cannot be scored: the samples before it are written
        values[(rowCount * exitCount - 2) * classCount + 1] = plain.values[
          (rowCount * exitCount - 2) * classCount + 1
        ] = nan;
        const few = { ...wanted, risks: ["prediction-consistency"] };
        const defect = { row: rowCount - 1, exitIndex: exitCount - 2, problem: "nan" };
        const unlabelled = () => ({ ...columns(), labels: null, brier: null });
        const [partly, asFar] = [unlabelled(), unlabelled()];
        expect(scoreRows(block, null, few, partly, 0, scorer)).toEqual(defect);
        expect(scoreRows(plain, null, few, asFar, 0)).toEqual(defect);
        const before = [partly, asFar].map((table) => sliceRows(table, 0, rowCount - 1));
        expect(before[0]).toEqual(before[1]);
      }
    }
  });

  it.each([Float32Array, Float64Array])("%o: finds what the twin finds wrong", (type) => {
    for (const classCount of [2, 3, 5, 16, 17, 70]) {
      const [plain, simd] = [new LogitScorer(classCount), simdScorer(classCount)!];
      for (const bad of [nan, infinity, masked]) {
        for (let at = 0; at < classCount; at++) {
          const row = new type(classCount).map(uniform);
          row[at] = bad;
          if (bad === masked) row.fill(masked);
          expect(simd.read(row, 0)).toBe(plain.read(row, 0));
        }
      }
      expect(simd.read(new type(classCount).fill(nan), 0)).toBe("nan");
    }
  });

  it("refuses NaN whatever bits it has", () => {
    for (const pattern of [0x7fc00001, 0x7fffffff, 0xffc00080, 0x7f800001]) {
      const row = new Float32Array(20).fill(1);
      new Uint32Array(row.buffer)[7] = pattern;
      expect(simdScorer(20)!.read(row, 0)).toBe("nan");
    }
  });
});
