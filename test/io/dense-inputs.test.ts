import { describe, expect, it } from "vitest";
import { plainRequest } from "../../bench/plain-request.ts";
import { sliceRows } from "../../src/exits/exit-table.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import type { InputRequest } from "../../src/io/input-request.ts";
import { npyHeader } from "../../src/io/npy-write.ts";
import { openInputs } from "../../src/io/read-inputs.ts";
import { seededRandom } from "../../src/stats/random.ts";
import {
  dense,
  denseColumn,
  denseConfidences,
  expectedDense,
  largestDifference,
  readDense,
} from "../support/dense-cases.ts";
import { scratchFolder } from "../support/scratch.ts";
import { deflatedArchive } from "../support/zip-archive.ts";

const labels = [dense("labels.npy")];
const ignoreLabels = expectedDense.ignored;
const images: Partial<InputRequest> = { inputs: [dense("images.npy")], labels, ignoreLabels };

const loss = (table: ExitTable, risk: string) => table.losses.get(risk)!.values;

describe("dense logits against numpy", () => {
  it("every confidence and aggregation within 1e-6: ties, masked classes, windows of 1 to 5", async () => {
    const confidences = denseConfidences("images");
    expect(confidences.length).toBe(24);
    const { table } = await readDense({ ...images, confidences });
    for (const name of confidences) {
      const difference = largestDifference(table.confidences.get(name)!, denseColumn("images", `confidence:${name}`));
      expect(difference, name).toBeLessThan(1e-6);
    }
  });

  it("every loss within 1e-6: ignored pixels, absent classes, an image without a label", async () => {
    const { table, facts } = await readDense(images);
    for (const [risk, column] of [
      ["miscoverage", "loss:miscoverage"],
      ["brier-consistency", "loss:brier-consistency, masked"],
      ["brier-gap", "loss:brier-gap"],
      ["miou-gap", "loss:miou-gap, present"],
    ] as const) {
      expect(largestDifference(loss(table, risk), denseColumn("images", column)), risk).toBeLessThan(1e-6);
    }
    expect(largestDifference(table.brier!, denseColumn("images", "brier"))).toBeLessThan(1e-6);
    expect(largestDifference(table.meanIou!, denseColumn("images", "miou, present"))).toBeLessThan(1e-12);
    const { ignored, empty } = expectedDense.cases.images;
    expect(facts.dense).toEqual({ iou: "present", ignoredPixels: ignored, emptyImages: empty });
    expect(facts.notes.join("\n")).toContain(`${ignored} pixels left out by their label`);
    expect(facts.notes.join("\n")).toContain("1 image has no other pixel");
  });

  it("--iou all-classes counts absent classes as 0", async () => {
    const { table } = await readDense({ ...images, iou: "all-classes", risks: ["miou-gap"] });
    expect(
      largestDifference(loss(table, "miou-gap"), denseColumn("images", "loss:miou-gap, all-classes")),
    ).toBeLessThan(1e-12);
  });

  it("label-free losses are over all pixels without labels", async () => {
    const { table } = await readDense({ inputs: images.inputs! });
    expect([...table.losses.keys()]).toEqual(["brier-consistency", "miscoverage"]);
    expect(largestDifference(loss(table, "miscoverage"), denseColumn("images", "loss:miscoverage"))).toBeLessThan(
      1e-12,
    );
    const distance = denseColumn("images", "loss:brier-consistency, no mask");
    expect(largestDifference(loss(table, "brier-consistency"), distance)).toBeLessThan(1e-6);
    expect([table.brier, table.meanIou]).toEqual([null, null]);
  });

  it("images of one pixel", async () => {
    const confidences = denseConfidences("pixels");
    const { table } = await readDense({
      inputs: [dense("pixels.npy")],
      labels: [dense("pixel-labels.npy")],
      confidences,
    });
    for (const name of confidences) {
      const difference = largestDifference(table.confidences.get(name)!, denseColumn("pixels", `confidence:${name}`));
      expect(difference, name).toBeLessThan(1e-6);
    }
    for (const risk of ["brier-gap", "miscoverage"]) {
      expect(largestDifference(loss(table, risk), denseColumn("pixels", `loss:${risk}`)), risk).toBeLessThan(1e-6);
    }
    expect(largestDifference(loss(table, "miou-gap"), denseColumn("pixels", "loss:miou-gap, present"))).toBe(0);
  });

  it("probabilities are told from the first rows of an image", async () => {
    const confidences = denseConfidences("probs");
    const { table, facts } = await readDense({ inputs: [dense("probs.npy")], confidences });
    expect(facts.inputValues).toBe("probs");
    for (const name of confidences) {
      const difference = largestDifference(table.confidences.get(name)!, denseColumn("probs", `confidence:${name}`));
      expect(difference, name).toBeLessThan(1e-6);
    }
    const distance = denseColumn("probs", "loss:brier-consistency, no mask");
    expect(largestDifference(loss(table, "brier-consistency"), distance)).toBeLessThan(1e-12);
  });
});

describe("every layout and format gives the same bits", () => {
  const exits = ["exit-early", "exit-middle", "exit-final"];
  const variants: Record<string, Partial<InputRequest>> = {
    float16: { inputs: [dense("images-float16.npy")], labels },
    "float64, big-endian, Fortran order": { inputs: [dense("images-float64.npy")], labels },
    "exits first": { inputs: [dense("images-lnc.npy")], labels, layout: "lnc" },
    "classes before exits": { inputs: [dense("images-ncl.npy")], labels, layout: "ncl" },
    "classes last": { inputs: [dense("images-nlhwc.npy")], labels, layout: "nlhwc" },
    "one file per image, one label map each": {
      inputs: [dense("image-*.npy")],
      labels: [dense("map-*.npy")],
    },
    "one file per image, one label file": { inputs: [dense("image-*.npy")], labels },
    "one file per exit": { inputs: exits.map((name) => dense(`${name}.npy`)), labels, exits },
    npz: { inputs: [dense("images.npz")] },
    "npz of one array per exit": { inputs: [dense("exits.npz")] },
    safetensors: { inputs: [dense("images.safetensors")] },
    "the paper's pickle": { inputs: [dense("paper.p")] },
    "npz, labels from a file": { inputs: [dense("images.npz")], labels },
  };
  for (const [name, request] of Object.entries(variants)) {
    it(name, async () => {
      const confidences = ["top1", "entropy@quantile:.25", "top-diff@patch:3"];
      const { table } = await readDense({ ...request, ignoreLabels, confidences });
      const base = await readDense({ ...images, confidences });
      expect([...table.confidences.keys()]).toEqual(["top1@mean", "entropy@quantile:0.25", "top-diff@patch:3"]);
      expect(table).toEqual(base.table);
    });
  }

  it("says that a bare array of four axes was read as one image", async () => {
    const { facts } = await readDense({ inputs: [dense("image-*.npy")] });
    expect(facts.notes[0]).toBe(
      `${dense("image-0.npy")}: each of the 5 files is read as one image: 3 exits, 6 classes, 7 × 9 pixels`,
    );
  });
});

describe("a deflated archive", () => {
  const scratch = scratchFolder();

  it("is inflated image by image: what comes first is scored before damage further on is found", async () => {
    const [count, side] = [40, 64];
    const random = seededRandom(9);
    const logits = Float32Array.from({ length: count * 2 * 3 * side * side }, () => Math.round(4 * random.normal()));
    const labels = Uint8Array.from({ length: count * side * side }, () => random.integer(3));
    const files = {
      "logits.npy": Buffer.concat([npyHeader("float32", [count, 2, 3, side, side]), new Uint8Array(logits.buffer)]),
      "labels.npy": Buffer.concat([npyHeader("uint8", [count, side, side]), labels]),
    };
    const archive = deflatedArchive(files);
    const { table } = await readDense({ inputs: [scratch.write("whole.npz", archive)] });
    const plain = {
      inputs: [scratch.write("logits.npy", files["logits.npy"])],
      labels: [scratch.write("labels.npy", files["labels.npy"])],
    };
    expect((await readDense(plain)).table).toEqual(table);

    const end = archive.indexOf("labels.npy");
    archive.fill(0xff, Math.floor(0.9 * end), end - 100);
    const inputs = await openInputs({ ...plainRequest, risks: "all", inputs: [scratch.write("damaged.npz", archive)] });
    if (inputs.kind !== "exits") throw new Error("expected logits");
    const chunks = inputs.chunks();
    const first = (await chunks.next()).value as ExitTable;
    expect(first.sampleCount).toBe(16);
    expect(first).toEqual(sliceRows(table, 0, 16));
    await expect(chunks.next().then(() => chunks.next())).rejects.toMatchObject({
      code: expect.stringMatching(/^(file-malformed|zip-bomb)$/),
    });
  });
});

describe("what is asked for", () => {
  it("defaults: miou-gap with labels, miscoverage without, top1@mean", async () => {
    const labelled = await readDense({ ...images, risks: "default" });
    const bare = await readDense({ inputs: images.inputs!, risks: "default" });
    expect([...labelled.table.losses.keys(), ...bare.table.losses.keys()]).toEqual(["miou-gap", "miscoverage"]);
    expect([...bare.table.confidences.keys()]).toEqual(["top1@mean"]);
    const all = await readDense({ inputs: images.inputs!, confidences: "all" });
    expect([...all.table.confidences.keys()]).toEqual(["top1@mean", "top-diff@mean", "entropy@mean"]);
  });

  it("a confidence of the user's own comes from a file, one row per image", async () => {
    const own = { ...images, confidences: ["mine=file:test/reference/dense/exit-early.npy"] };
    await expect(readDense(own)).rejects.toThrow("expected [samples, 3] or [samples, 2]");
  });
});

describe("what is wrong is named by image and pixel", () => {
  const refused = (request: Partial<InputRequest>) =>
    readDense(request).then(
      () => "accepted",
      (error) => `${error.code}: ${error.message} | ${error.hint}`,
    );

  it("labels: out of range, of another size, too few, too many", async () => {
    const inputs = images.inputs!;
    expect(await refused({ inputs, labels })).toMatch(
      /label-invalid: label 25[45] at pixel \(0, \d\) of image 0 of .*expected a class from 0 to 5 \| leave such pixels out with --ignore-label 25[45]/,
    );
    expect(await refused({ inputs, labels: [dense("pixel-labels.npy")], ignoreLabels })).toContain(
      "label maps of 1 × 1 pixels, but test/reference/dense/images.npy has 7 × 9 and 6 classes",
    );
    expect(await refused({ inputs: [dense("image-[0-3].npy")], labels, ignoreLabels })).toContain(
      "labels-mismatch: test/reference/dense/labels.npy holds labels of 5 images but the logits hold 4",
    );
    expect(await refused({ inputs, labels: [dense("map-0.npy")], ignoreLabels })).toContain(
      "holds labels of 1 images but the logits hold more than 1",
    );
    expect(await refused({ inputs: [dense("image-*.npy")], labels: [dense("map-[01].npy")] })).toContain(
      "--labels: 2 files for 5 inputs",
    );
    expect(await refused({ inputs, labels: [dense("pixels.npy")] })).toContain("expected labels [N, H, W]");
  });

  it("layout: classes read as rows", async () => {
    expect(await refused({ inputs: [dense("images-nlhwc.npy")], labels, ignoreLabels })).toContain(
      "the classes seem to come last: use --layout nlhwc",
    );
  });

  it("risks and confidences that dense logits do not have", async () => {
    const inputs = images.inputs!;
    expect(await refused({ inputs, risks: ["prediction-gap"] })).toMatch(
      /risk-unknown: --risk prediction-gap: .*holds dense logits, expected one of brier-gap, brier-consistency, miscoverage, miou-gap \| its counterpart per image is miou-gap/,
    );
    expect(await refused({ inputs, risks: ["miou-gap"] })).toContain("labels-needed: --risk miou-gap");
    expect(await refused({ inputs, confidences: ["top1@patch:8"] })).toMatch(
      /confidence-unknown: --confidence top1@patch:8: the window is larger than the images of .*, 7 × 9 pixels \| use a window of at most 7/,
    );
    expect(await refused({ inputs, confidences: ["top1@quantile:2"] })).toContain("top1@quantile:q with q from 0 to 1");
    const rows = { inputs: ["sample-data/digits/logits_cal.npy"] };
    expect(await refused({ ...rows, confidences: ["top1@mean"] })).toContain("one prediction per sample");
    expect(await refused({ ...rows, risks: ["miscoverage"] })).toContain(
      "its counterpart per sample is prediction-consistency",
    );
  });
});
