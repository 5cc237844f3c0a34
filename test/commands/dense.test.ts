import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/io/byte-source.ts";
import { npyTensor } from "../../src/io/npy.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import { dense, expectedDense } from "../support/dense-cases.ts";
import { runCli } from "../support/run-cli.ts";
import { answerOf, jsonFile, scratchFolder, succeed } from "../support/scratch.ts";

// Segmentation through the command line, on the images of test/reference/dense.
const scratch = scratchFolder();
const ignore = ["--ignore-label", expectedDense.ignored.join(",")];
const images = [dense("images.npy"), "--labels", dense("labels.npy"), ...ignore];
const array = (path: string) => npyTensor(memorySource(path, readFileSync(path)));

async function calibrated(name: string, ...argv: string[]): Promise<string> {
  await succeed(["calibrate", ...argv, "-o", scratch.path(name)]);
  return scratch.path(name);
}

describe("calibrate", () => {
  it("writes what check and infer need: name, formula, IoU, ignored labels and pixels", async () => {
    const file = await answerOf(["calibrate", ...images, "-e", "0.3", "--method", "naive"]);
    expect(file).toMatchObject({
      confidence: "top1@mean",
      confidenceFormula: "mean over the pixels of max p",
      risk: "miou-gap",
      lossRange: [-1, 1],
      iou: "present",
      ignoreLabel: [255, 254],
      classes: 6,
      calibration: {
        samples: 5,
        ignoredPixels: expectedDense.cases.images.ignored,
        emptyImages: expectedDense.cases.images.empty,
      },
    });
    expect(file.cautions).toContainEqual({
      code: "empty-images",
      message: expect.stringContaining("1 of 5 images have no pixel with a label"),
    });
    const free = await answerOf(["calibrate", dense("images.npy"), "-e", "0.3", "--method", "naive"]);
    expect([free.risk, free.iou, free.ignoreLabel]).toEqual(["miscoverage", undefined, undefined]);
  });

  it("gives the same bytes from an exit table of score, from shards and from a pipe", async () => {
    const table = scratch.path("table.arrow");
    await succeed(["score", ...images, "--confidence", "top1,entropy@patch:3", "-o", table]);
    const defaults = ["-e", "0.3", "--method", "crc"];
    const plain = await succeed(["calibrate", ...images, ...defaults]);
    expect((await succeed(["calibrate", table, ...defaults])).stdout).toBe(plain.stdout);
    const wanted = [...defaults, "--confidence", "entropy@patch:3", "--risk", "brier-gap"];
    const direct = await succeed(["calibrate", ...images, ...wanted]);
    expect((await succeed(["calibrate", table, ...wanted])).stdout).toBe(direct.stdout);
    const shards = [dense("image-*.npy"), "--labels", dense("map-*.npy"), ...ignore];
    expect((await succeed(["calibrate", ...shards, ...wanted])).stdout).toBe(direct.stdout);
    const stdin = readFileSync(dense("images.npy"));
    const piped = await succeed(["calibrate", "-", ...images.slice(1), ...wanted], { stdin });
    expect(piped.stdout).toBe(direct.stdout);
  });
});

describe("the small tables of the paper's segmentation code", () => {
  it("float16 confidences and losses per image and exit, with ties, calibrate as they are", async () => {
    const { epsilon, threshold, risk, meanExit } = expectedDense.smallTable;
    const asked = ["--risk", "iou-drop", "--loss-range=-1:1", "-e", String(epsilon), "--method", "naive"];
    const file = await answerOf(["calibrate", dense("small-table.npz"), ...asked]);
    expect(file).toMatchObject({ policy: "threshold", threshold, confidence: "confidence", lossRange: [-1, 1] });
    expect(file.calibration.empiricalRisk).toBeCloseTo(risk, 12);
    expect(file.efficiency.meanExit).toBeCloseTo(meanExit, 12);
  });
});

describe("sweep", () => {
  it("takes nine confidences in one pass, with a fixed grid where it is asked for", async () => {
    const aggregations = ["mean", "quantile:0.25", "patch:3"];
    const nine = ["top1", "top-diff", "entropy"].flatMap((measure) => aggregations.map((how) => `${measure}@${how}`));
    const { rows } = await answerOf([
      ...["sweep", ...images, "-e", "0.3", "--risk", "miou-gap", "--confidence", nine.join(",")],
      ...["--method", "naive", "--grid", "100", "--format", "json"],
    ]);
    expect(rows.map((row: { confidence: string }) => row.confidence)).toEqual(nine);
    const all = await answerOf(["sweep", ...images, "-e", "0.3", "--method", "naive", "--format", "json"]);
    expect(all.rows.map((row: { risk: string }) => row.risk)).toEqual([
      "brier-gap",
      "brier-consistency",
      "miscoverage",
      "miou-gap",
    ]);
  });
});

describe("check, verify, inspect", () => {
  it("check takes IoU and ignored labels from the file; a table of the other IoU is refused", async () => {
    const file = await calibrated("all.json", ...images, "--iou", "all-classes", "-e", "0.5", "--method", "naive");
    expect(jsonFile(file).iou).toBe("all-classes");
    const same = await runCli(["check", "-t", file, dense("images.npy"), "--labels", dense("labels.npy")]);
    expect(same.code).toBe("calibration-reused");
    await succeed(["verify", file, dense("images.npy"), "--labels", dense("labels.npy")]);
    await succeed(["score", ...images, "-o", scratch.path("present.arrow")]);
    const other = await runCli(["check", "-t", file, scratch.path("present.arrow")]);
    expect([other.code, other.stderr]).toEqual([
      "shape-mismatch",
      expect.stringContaining("mean IoU over present classes, expected all-classes as in the threshold file"),
    ]);
  });

  it("two networks are compared by 1 − mean IoU or their Brier scores", async () => {
    for (const [risk, column] of [
      ["miou-gap", "loss:miou-gap, present"],
      ["brier-gap", "loss:brier-gap"],
    ]) {
      const one = [dense("image-0.npy"), "--labels", dense("map-0.npy"), ...ignore, "--risk", risk];
      const first = await calibrated("first.json", ...one, "-e", "0.95", "--method", "naive");
      const never = await calibrated("never.json", ...one, "-e", "0.01");
      expect([jsonFile(first).policy, jsonFile(never).policy]).toEqual(["first-exit", "never-exit"]);
      const { baseline } = await answerOf([
        ...[
          "check",
          "-t",
          first,
          dense("image-[1-3].npy"),
          "--labels",
          dense("map-[1-3].npy"),
          "--compare",
          "absolute",
        ],
        ...["--baseline-threshold", never, "--margin", "0.1", "--format", "json"],
      ]);
      const gaps = (expectedDense.cases.images[column] as number[][]).slice(1, 4).map(([gap]) => gap);
      expect(baseline.compare).toBe("absolute");
      expect(baseline.observedDifference).toBeCloseTo(gaps.reduce((sum, gap) => sum + gap, 0) / 3, 6);
    }
  });

  it("explain says which classes the IoU is over and what was left out", async () => {
    const file = await calibrated("explained.json", ...images, "-e", "0.5", "--method", "naive");
    const { stdout } = await succeed(["explain", file]);
    expect(stdout).toContain("classes: those present in the labels or the prediction of an image");
    expect(stdout).toMatch(new RegExp(`${expectedDense.cases.images.ignored} pixels left out\\s+by\\s+label`));
  });

  it("inspect shows the mean loss of every exit", async () => {
    const { stdout } = await succeed(["inspect", ...images]);
    expect(stdout).toContain("5 samples, 3 exits");
    expect(stdout).toMatch(/brier-gap +brier-consistency +miscoverage +miou-gap/);
    const { perExit, ignoredPixels, monotone } = await answerOf(["inspect", ...images, "--format", "json"]);
    const columns = expectedDense.cases.images["miou, present"] as number[][];
    const means = [0, 1, 2].map((l) => columns.reduce((sum, row) => sum + row[l], 0) / 5);
    expect(perExit.map((exit: { meanIou: number }) => exit.meanIou)).toEqual(
      means.map((mean) => expect.closeTo(mean, 12)),
    );
    expect(ignoredPixels).toBe(expectedDense.cases.images.ignored);
    const saved = scratch.write("inspected.json", (await succeed(["inspect", ...images, "--format", "json"])).stdout);
    await succeed(["report", saved, "-o", scratch.path("inspected.md")]);
    expect(readFileSync(scratch.path("inspected.md"), "utf8")).toContain("| mean IoU |");
    expect(monotone.meanIouDrops).toEqual([2, 3].filter((exit) => means[exit - 1] < means[exit - 2]));
    expect((await succeed(["inspect", dense("images.npy")])).stdout).toContain("Give --labels, one class per pixel");
  });
});

describe("infer on dense logits", () => {
  it("answers exit and confidence of each image, and writes class maps", async () => {
    const confidence = "entropy@quantile:0.25";
    const argv = ["-e", "0.9", "--method", "naive", "--confidence", confidence];
    const file = await calibrated("infer.json", dense("images.npy"), ...argv);
    const maps = scratch.path("maps.npy");
    const { stdout } = await succeed([
      "infer",
      "-t",
      file,
      dense("images-nlhwc.npy"),
      "--layout",
      "nlhwc",
      "--predictions",
      maps,
    ]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { threshold } = jsonFile(file);
    const expected = expectedDense.cases.images[`confidence:${confidence}`] as number[][];
    const logits = array(dense("images.npy"));
    const classMaps = array(maps);
    expect([classMaps.type, classMaps.shape]).toEqual(["uint8", [5, 7, 9]]);
    for (const [i, { sample, prediction, exit, confidence: found }] of lines.entries()) {
      const early = expected[i].slice(0, 2).findIndex((value) => value > threshold + 1e-7);
      expect([sample, prediction, exit]).toEqual([i, null, early < 0 ? 3 : early + 1]);
      expect(found).toBeCloseTo(expected[i][exit - 1], 6);
      expect(readFloatRows(classMaps, i, 1)).toEqual(argmaxMap(readFloatRows(logits, i, 1), exit - 1));
    }
    const perImage = await succeed(["infer", "-t", file, dense("image-*.npy"), "--format", "csv"]);
    expect(perImage.stdout.split("\n")[1]).toBe(`0,,${lines[0].exit},${lines[0].confidence}`);
  });

  it("reads what --values says, else what the threshold file says", async () => {
    const wanted = ["-e", "0.9", "--method", "naive", "--confidence", "top1@mean"];
    const probs = await calibrated("probs.json", dense("probs.npy"), ...wanted);
    const confidences = async (...argv: string[]) =>
      (await succeed(["infer", "-t", ...argv, dense("probs.npy")])).stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
        .map(({ exit, confidence }) => [exit, confidence]);
    const expected = expectedDense.cases.probs["confidence:top1@mean"] as number[][];
    const found = await confidences(probs);
    for (const [i, [exit, confidence]] of found.entries()) expect(confidence).toBeCloseTo(expected[i][exit - 1], 6);
    expect(jsonFile(probs).inputValues).toBe("probs");
    const logits = scratch.write("logits.json", JSON.stringify({ ...jsonFile(probs), inputValues: "logits" }));
    expect(await confidences(logits)).not.toEqual(found);
    expect(await confidences(logits, "--values", "probs")).toEqual(found);
    expect(await confidences(probs, "--values", "logits")).toEqual(await confidences(logits));
    const images = await calibrated("images.json", dense("images.npy"), ...wanted);
    const refused = await runCli(["infer", "-t", images, dense("images.npy"), "--values", "probs"]);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("expected probabilities")]);
  });

  it("refuses class maps where there are none, and a rule of one prediction per sample", async () => {
    const file = await calibrated("rows.json", "sample-data/digits/logits_cal.npy", "-e", "0.05");
    const rows = await runCli([
      "infer",
      "-t",
      file,
      "sample-data/digits/logits_test.npy",
      "--predictions",
      scratch.path("x.npy"),
    ]);
    expect([rows.code, rows.stderr]).toEqual(["bad-usage", expect.stringContaining("gives no class per pixel")]);
    const images = await runCli(["infer", "-t", file, dense("images.npy")]);
    expect([images.code, images.stderr]).toEqual([
      "confidence-unknown",
      expect.stringContaining("expected a confidence per image such as top1@mean"),
    ]);
  });
});

/** Class of the largest logit per pixel, the lowest on a tie, from `[3, 6, 7, 9]`. */
function argmaxMap(values: ArrayLike<number>, exitIndex: number): Float64Array {
  return Float64Array.from({ length: 63 }, (_, pixel) => {
    const of = (k: number) => values[(exitIndex * 6 + k) * 63 + pixel];
    return [1, 2, 3, 4, 5].reduce((best, k) => (of(k) > of(best) ? k : best), 0);
  });
}
