import { describe, expect, it } from "vitest";
import { measureNames } from "../../src/exits/confidence.ts";
import { confidenceName, parseImageConfidence } from "../../src/exits/confidence-name.ts";
import { imageRiskNames } from "../../src/exits/loss-kinds.ts";
import type { Floats } from "../../src/exits/types.ts";
import { pixelScorer } from "../../src/io/pixel-kernel-file.ts";
import { ClassOverlap } from "../../src/kernels/class-overlap.ts";
import type { PixelScorerMaker } from "../../src/kernels/pixel-scorer.ts";
import { plainPixelScorer } from "../../src/kernels/plain-pixel-scorer.ts";
import { rowJudge } from "../../src/kernels/row-judge.ts";
import { type ImagePixels, ImageScorer, type ImageShape, LEFT_OUT } from "../../src/kernels/score-image.ts";
import { seededRandom } from "../../src/stats/random.ts";

const names = ["top1@mean", "top-diff@quantile:0.25", "entropy@patch:3", "top1@patch:2:0.1"];
const confidences = names.map((name) => parseImageConfidence(name)!);

/** Logits `[L, C, H, W]` of one image. */
function randomImage({ exitCount, classCount, height, width }: ImageShape, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: exitCount * classCount * height * width }, () => 2 * random.normal());
}

/** An image as the scorer reads it; `asked` gets the rows of every block. */
function pixelsOf(
  image: Floats,
  { exitCount, classCount, height, width }: ImageShape,
  asked: number[] = [],
): ImagePixels {
  const type = image instanceof Float32Array ? Float32Array : Float64Array;
  return {
    type,
    read(firstRow, rowCount, room = new type(rowCount * width * exitCount * classCount)) {
      asked.push(rowCount);
      const count = rowCount * width;
      for (let plane = 0; plane < exitCount * classCount; plane++) {
        const from = plane * height * width + firstRow * width;
        room.set(image.subarray(from, from + count), plane * count);
      }
      return room;
    },
  };
}

const labelFree = ["brier-consistency", "miscoverage"] as const;
const request = { values: "logits", confidences, risks: imageRiskNames, masked: true, iou: "present" } as const;

describe("an image's scores", () => {
  // 300 classes of 3 exits on 160 columns: one image row is more than half of a block
  const shape = { exitCount: 3, classCount: 300, height: 5, width: 160 };
  const image = randomImage(shape, 1);
  const labels = Int32Array.from({ length: 800 }, (_, i) => (i % 7 === 0 ? LEFT_OUT : i % 300));

  it("do not depend on how many rows are read at once, nor on the image before", () => {
    const asked: number[] = [];
    const scorer = new ImageScorer(shape, { ...request, labelled: true });
    scorer.score(pixelsOf(randomImage(shape, 2), shape), labels);
    expect(scorer.score(pixelsOf(image, shape, asked), labels)).toBeNull();
    expect(asked).toEqual([1, 1, 1, 1, 1]);
    // The same pixels laid out so that several rows fit one block: as many columns fewer as rows more.
    const tall = { ...shape, height: 160, width: 5 };
    const other = new ImageScorer(tall, { ...request, labelled: true });
    const blocks: number[] = [];
    other.score(pixelsOf(image, tall, blocks), labels);
    expect(blocks.length).toBeLessThan(10);
    expect(Object.fromEntries(other.scores.losses)).toEqual(Object.fromEntries(scorer.scores.losses));
    expect([other.scores.brier, other.scores.meanIou, other.scores.validCount]).toEqual([
      scorer.scores.brier,
      scorer.scores.meanIou,
      scorer.scores.validCount,
    ]);
    // mean and quantile do not know the shape of the image
    expect(other.scores.confidences.slice(0, 2)).toEqual(scorer.scores.confidences.slice(0, 2));
  });

  it("are the confidences that inference computes, bit for bit, and its class maps are the predictions compared", () => {
    const scorer = new ImageScorer(shape, { ...request, risks: labelFree, labelled: false });
    scorer.score(pixelsOf(image, shape), null);
    const size = shape.classCount * shape.height * shape.width;
    for (const [at, wanted] of confidences.entries()) {
      const judge = rowJudge(wanted, "logits", [shape.classCount, shape.height, shape.width]);
      const maps: Int32Array[] = [];
      for (let l = 0; l < shape.exitCount; l++) {
        expect(judge.read(image, l * size)).toBeNull();
        expect(judge.confidence, `${confidenceName(wanted)}, exit ${l + 1}`).toBe(scorer.scores.confidences[at][l]);
        maps.push(Int32Array.from(judge.classMap!));
      }
      const differs = maps[0].filter((k, i) => k !== maps[2][i]).length / 800;
      expect(scorer.scores.losses.get("miscoverage")![0]).toBe(differs);
    }
  });

  it("name the first pixel that cannot be scored", () => {
    const broken = Float32Array.from(image);
    broken[1 * 300 * 800 + 17 * 800 + 3 * 160 + 12] = Number.NaN;
    const scorer = new ImageScorer(shape, { ...request, risks: labelFree, labelled: false });
    expect(scorer.score(pixelsOf(broken, shape), null)).toEqual({ row: 3 * 160 + 12, exitIndex: 1, problem: "nan" });
  });
});

describe("on the SIMD kernel, an image's scores are those of the plain twin bit for bit", () => {
  const all = measureNames.flatMap((measure) =>
    ["mean", "quantile:0.25", "patch:3", "patch:2:0.1"].map((how) => parseImageConfidence(`${measure}@${how}`)!),
  );
  /** Everything that is said of an image, by one way to score its pixels. */
  function scored(maker: PixelScorerMaker, shape: ImageShape, image: Floats, labels: Int32Array | null) {
    const risks = labels === null ? labelFree : imageRiskNames;
    const asked = { ...request, confidences: all, risks, labelled: labels !== null };
    const scorer = new ImageScorer(shape, asked, maker);
    const defect = scorer.score(pixelsOf(image, shape), labels);
    return defect ?? { ...scorer.scores, losses: Object.fromEntries(scorer.scores.losses) };
  }

  it.each([2, 3, 12, 16, 17, 19, 21])(
    "%i classes: masks, ties, labels that leave pixels out, float32 and float64",
    (classCount) => {
      // of 19 classes 5 rows are a block, and there are 13
      const shape = { exitCount: 4, classCount, height: 13, width: classCount === 19 ? 601 : 11 };
      const random = seededRandom(classCount);
      const pixelCount = shape.height * shape.width;
      const image = randomImage(shape, classCount).map((x) =>
        random.uniform() < 0.1 ? Number.NEGATIVE_INFINITY : Math.round(4 * x) / 4,
      );
      for (let i = 0; i < pixelCount; i++) for (let l = 0; l < 4; l++) image[l * classCount * pixelCount + i] = 1;
      const labels = Int32Array.from({ length: pixelCount }, (_, i) =>
        i % 7 === 0 ? LEFT_OUT : Math.floor(random.uniform() * classCount),
      );
      for (const values of [image, Float64Array.from(image, (x) => x / 3)]) {
        for (const given of [labels, null, new Int32Array(pixelCount).fill(LEFT_OUT)]) {
          expect(scored(pixelScorer, shape, values, given)).toEqual(scored(plainPixelScorer, shape, values, given));
        }
        values[(2 * classCount + 1) * pixelCount + pixelCount - 3] = Number.NaN;
        expect(scored(pixelScorer, shape, values, null)).toEqual({ row: pixelCount - 3, exitIndex: 2, problem: "nan" });
      }
    },
  );
});

describe("mean IoU", () => {
  it("by hand: an absent class is left out, or counts as 0", () => {
    const overlap = new ClassOverlap(2, 4);
    // truth 0 0 1 1; exit 1 says 0 1 1 2, exit 2 says 0 0 1 1
    // and one pixel that is left out; the last two come in a block of their own
    const addAll = (...maps: readonly (readonly number[])[]) => {
      const [labels, ...exits] = maps.map((map) => Int32Array.from(map));
      for (const [exitIndex, predictions] of exits.entries()) overlap.add(exitIndex, labels, predictions);
    };
    addAll([0, 0, LEFT_OUT], [0, 1, 3], [0, 0, 3]);
    addAll([1, 1], [1, 2], [1, 1]);
    // IoU of exit 1: class 0 1/2, class 1 1/3, class 2 0 (only predicted), class 3 absent
    expect(overlap.meanIou(0, "present")).toBeCloseTo((1 / 2 + 1 / 3) / 3, 15);
    expect(overlap.meanIou(0, "all-classes")).toBeCloseTo((1 / 2 + 1 / 3) / 4, 15);
    expect([overlap.meanIou(1, "present"), overlap.meanIou(1, "all-classes")]).toEqual([1, 0.5]);
    overlap.clear();
    expect([overlap.meanIou(0, "present"), overlap.meanIou(0, "all-classes")]).toEqual([0, 0]);
  });
});
