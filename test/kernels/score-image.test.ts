import { describe, expect, it } from "vitest";
import { confidenceName, parseImageConfidence } from "../../src/exits/confidence-name.ts";
import { imageRiskNames } from "../../src/exits/loss-kinds.ts";
import type { Floats } from "../../src/exits/types.ts";
import { ClassOverlap } from "../../src/kernels/class-overlap.ts";
import { rowJudge } from "../../src/kernels/row-judge.ts";
import { ImageScorer, type ImageShape, LEFT_OUT } from "../../src/kernels/score-image.ts";
import { seededRandom } from "../../src/stats/random.ts";

const names = ["top1@mean", "top-diff@quantile:0.25", "entropy@patch:3", "top1@patch:2:0.1"];
const confidences = names.map((name) => parseImageConfidence(name)!);

/** Logits `[L, C, H, W]` of one image. */
function randomImage({ exitCount, classCount, height, width }: ImageShape, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: exitCount * classCount * height * width }, () => 2 * random.normal());
}

/** Pixels of an image as the scorer asks for them, `[pixels, L, C]`. */
function pixelReader(image: Float32Array, { exitCount, classCount, height, width }: ImageShape, asked: number[] = []) {
  return (firstRow: number, rowCount: number): Floats => {
    asked.push(rowCount);
    const rows = new Float32Array(rowCount * width * exitCount * classCount);
    for (let i = 0; i < rowCount * width; i++) {
      for (let lk = 0; lk < exitCount * classCount; lk++) {
        rows[i * exitCount * classCount + lk] = image[lk * height * width + firstRow * width + i];
      }
    }
    return rows;
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
    scorer.score(pixelReader(randomImage(shape, 2), shape), labels);
    expect(scorer.score(pixelReader(image, shape, asked), labels)).toBeNull();
    expect(asked).toEqual([1, 1, 1, 1, 1]);
    // The same pixels laid out so that several rows fit one block: as many columns fewer as rows more.
    const tall = { ...shape, height: 160, width: 5 };
    const other = new ImageScorer(tall, { ...request, labelled: true });
    const blocks: number[] = [];
    other.score(pixelReader(image, tall, blocks), labels);
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
    scorer.score(pixelReader(image, shape), null);
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
    expect(scorer.score(pixelReader(broken, shape), null)).toEqual({ row: 3 * 160 + 12, exitIndex: 1, problem: "nan" });
  });
});

describe("mean IoU", () => {
  it("by hand: an absent class is left out, or counts as 0", () => {
    const overlap = new ClassOverlap(2, 4);
    // truth 0 0 1 1; exit 1 says 0 1 1 2, exit 2 says 0 0 1 1
    for (const [label, first, second] of [
      [0, 0, 0],
      [0, 1, 0],
      [1, 1, 1],
      [1, 2, 1],
    ]) {
      overlap.add(label, Int32Array.of(-9, first, second), 1);
    }
    // IoU of exit 1: class 0 1/2, class 1 1/3, class 2 0 (only predicted), class 3 absent
    expect(overlap.meanIou(0, "present")).toBeCloseTo((1 / 2 + 1 / 3) / 3, 15);
    expect(overlap.meanIou(0, "all-classes")).toBeCloseTo((1 / 2 + 1 / 3) / 4, 15);
    expect([overlap.meanIou(1, "present"), overlap.meanIou(1, "all-classes")]).toEqual([1, 0.5]);
    overlap.clear();
    expect([overlap.meanIou(0, "present"), overlap.meanIou(0, "all-classes")]).toEqual([0, 0]);
  });
});
