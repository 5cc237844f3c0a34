import { describe, expect, it } from "vitest";
import { measureNames } from "../../src/exits/confidence.ts";
import { allocateExitTable } from "../../src/exits/exit-table.ts";
import { lossKind } from "../../src/exits/loss-kinds.ts";
import type { Floats } from "../../src/exits/types.ts";
import { pixelScorer } from "../../src/io/pixel-kernel-file.ts";
import { pixelRows } from "../../src/kernels/pixel-rows.ts";
import type { PixelRequest, PixelScorer } from "../../src/kernels/pixel-scorer.ts";
import { PlainPixelScorer } from "../../src/kernels/plain-pixel-scorer.ts";
import { scoreRows } from "../../src/kernels/score-rows.ts";
import { SimdPixelScorer } from "../../src/kernels/simd-pixel-scorer.ts";
import { infinity, logitKinds, masked, nan, random } from "../support/logit-kinds.ts";

const exitCount = 3;

function requestOf(classCount: number, values: "logits" | "probs" = "logits"): PixelRequest {
  return { exitCount, classCount, values, measures: measureNames, brier: true, distances: true };
}

const built = pixelScorer(requestOf(2)) instanceof SimdPixelScorer;
const missing = built ? "" : " (skipped: not built by npm run build, or no SIMD here)";

/** Planes `[exit, class, pixel]`; every fifth pixel repeats an exit, so that exits agree now and then. */
function planesOf(kind: string, type: FloatsType, classCount: number, pixelCount: number): Floats {
  const planes = new type(exitCount * classCount * pixelCount);
  for (let plane = 0; plane < exitCount * classCount; plane++) {
    for (let i = 0; i < pixelCount; i++) {
      const earlier = (plane - classCount) * pixelCount + i;
      planes[plane * pixelCount + i] =
        i % 5 === 4 && earlier >= 0 ? planes[earlier] : logitKinds[kind](plane % classCount);
    }
  }
  return planes;
}

type FloatsType = Float32ArrayConstructor | Float64ArrayConstructor;

const labelsOf = (classCount: number, pixelCount: number) =>
  Int32Array.from({ length: pixelCount }, () => Math.floor(random.uniform() * classCount));

/** All answers about the pixels that were scored last. */
function said({ answers }: PixelScorer, { measures, brier, distances }: Omit<PixelRequest, "values">): number[][] {
  const columns: number[][] = [];
  for (let l = 0; l < exitCount; l++) {
    columns.push(Array.from(answers.predictions(l)));
    for (const measure of measures) columns.push(Array.from(answers.confidences(measure, l)));
    if (brier) columns.push(Array.from(answers.brier(l)));
    if (distances && l < exitCount - 1) columns.push(Array.from(answers.distances(l)));
  }
  return columns;
}

const isSame = (a: number[][], b: number[][]) => a.every((column, c) => column.every((x, i) => Object.is(x, b[c][i])));

describe("the plain scorer of pixels says of every pixel what the row kernel says of a row", () => {
  it.each(["logits", "probs"] as const)("%s", (values) => {
    const [classCount, rowCount] = [5, 7];
    const request = requestOf(classCount, values);
    const planes = new Float32Array(exitCount * classCount * rowCount).map(() => random.uniform());
    const labels = labelsOf(classCount, rowCount);
    const scorer = new PlainPixelScorer(request);
    expect(scorer.score(planes, rowCount, labels)).toBeNull();
    const risks = ["brier-consistency"] as const;
    const table = allocateExitTable({
      sampleCount: rowCount,
      exitCount,
      classCount,
      measures: measureNames,
      risks: risks.map((risk) => lossKind(risk, false)),
      labels: false,
      brier: true,
    });
    const asked = { values, measures: measureNames, risks };
    expect(scoreRows(pixelRows(planes, request, rowCount), labels, asked, table, 0)).toBeNull();
    const column = (cells: ArrayLike<number>, l: number) =>
      Array.from({ length: rowCount }, (_, i) => cells[i * exitCount + l]);
    const expected = Array.from({ length: exitCount }, (_, l) => [
      column(table.predictions, l),
      ...measureNames.map((measure) => column(table.confidences.get(measure)!, l)),
      column(table.brier!, l),
      ...(l < exitCount - 1 ? [column(table.losses.get("brier-consistency")!.values, l)] : []),
    ]).flat();
    expect(said(scorer, request)).toEqual(expected);
  });
});

describe.skipIf(!built)(`the SIMD kernel for pixels gives the bits of the plain twin${missing}`, () => {
  const counts = [2, 3, 4, 5, 8, 12, 15, 16, 17, 19, 21, 31, 32, 33, 48, 150];
  for (const kind of Object.keys(logitKinds)) {
    it(`logits ${kind}: 2 to 150 classes, 1 to 13 pixels, float32 and float64`, () => {
      for (const classCount of counts) {
        const request = requestOf(classCount);
        const [plain, simd] = [new PlainPixelScorer(request), pixelScorer(request)];
        for (const type of [Float32Array, Float64Array, Float32Array]) {
          for (const pixelCount of [13, 1, 4, 6]) {
            const planes = planesOf(kind, type, classCount, pixelCount);
            const labels = labelsOf(classCount, pixelCount);
            const problem = plain.score(planes, pixelCount, labels);
            expect(simd.score(planes, pixelCount, labels)).toEqual(problem);
            if (problem !== null) continue;
            const [expected, found] = [said(plain, request), said(simd, request)];
            if (!isSame(expected, found)) expect(found, `${classCount} classes, ${type.name}`).toEqual(expected);
          }
        }
      }
    });
  }

  it("float64 logits that are float32 numbers give the bits of float32 logits", () => {
    for (const kind of ["like a network's", "ties", "masks", "shifted far up", "huge"]) {
      const scorer = pixelScorer(requestOf(19));
      const planes = planesOf(kind, Float32Array, 19, 9);
      const labels = labelsOf(19, 9);
      scorer.score(planes, 9, labels);
      const narrow = said(scorer, requestOf(19));
      scorer.score(Float64Array.from(planes), 9, labels);
      expect(said(scorer, requestOf(19))).toEqual(narrow);
    }
  });

  it.each([Float32Array, Float64Array])("%o: reads planes where they are, whatever stands behind them", (type) => {
    const request = requestOf(6);
    const [plain, simd] = [new PlainPixelScorer(request), pixelScorer(request)];
    for (const pixelCount of [50, 7, 1, 50]) {
      const room = simd.roomFor(50, type).fill(nan);
      const planes = planesOf("like a network's", type, 6, pixelCount);
      room.set(planes);
      const labels = labelsOf(6, pixelCount);
      expect(simd.score(room, pixelCount, labels)).toBeNull();
      expect(plain.score(planes, pixelCount, labels)).toBeNull();
      expect(said(simd, request)).toEqual(said(plain, request));
    }
  });

  it("answers what is asked for, and nothing else is needed", () => {
    const planes = planesOf("masks", Float32Array, 12, 10);
    const all = pixelScorer(requestOf(12));
    all.score(planes, 10, labelsOf(12, 10));
    for (const measures of [[], ...measureNames.map((measure) => [measure])]) {
      for (const distances of [false, true]) {
        const request = { ...requestOf(12), measures, brier: false, distances };
        const scorer = pixelScorer(request);
        expect(scorer.score(planes, 10, null)).toBeNull();
        expect(said(scorer, request)).toEqual(said(all, request));
      }
    }
  });

  it.each([Float32Array, Float64Array])("%o: finds what the twin finds wrong, at the same pixel and exit", (type) => {
    for (const classCount of [2, 3, 16, 17, 19]) {
      const request = requestOf(classCount);
      const [plain, simd] = [new PlainPixelScorer(request), pixelScorer(request)];
      for (const bad of [nan, infinity, masked]) {
        for (let pixel = 0; pixel < 6; pixel++) {
          const planes = planesOf("like a network's", type, classCount, 6);
          const [exit, k] = [Math.floor(random.uniform() * exitCount), Math.floor(random.uniform() * classCount)];
          for (let i = 0; i < classCount; i++) {
            if (bad === masked || i === k) planes[(exit * classCount + i) * 6 + pixel] = bad;
          }
          // a later pixel, and an exit that is looked at after the last one, are not what is named
          if (pixel < 4) planes[5] = nan;
          const problem = bad === masked ? "all-masked" : bad === infinity ? "infinite" : "nan";
          const found = simd.score(planes, 6, null);
          expect(found).toEqual({ row: pixel, exitIndex: exit, problem });
          expect(plain.score(planes, 6, null)).toEqual(found);
        }
      }
      // and goes on afterwards
      const sound = planesOf("ties", type, classCount, 6);
      expect(simd.score(sound, 6, null)).toBeNull();
    }
  });

  it("refuses NaN whatever bits it has", () => {
    const scorer = pixelScorer(requestOf(20));
    for (const pattern of [0x7fc00001, 0x7fffffff, 0xffc00080, 0x7f800001]) {
      const planes = new Float32Array(exitCount * 20).fill(1);
      new Uint32Array(planes.buffer)[27] = pattern;
      expect(scorer.score(planes, 1, null)).toEqual({ row: 0, exitIndex: 1, problem: "nan" });
    }
  });
});
