import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorCatalogue } from "../src/errors.ts";
import { scratchFolder, succeed } from "./support/scratch.ts";

const root = "sample-data";
const largestSize = 3_000_000;
const largestBrokenSize = 600_000;

interface BrokenFile {
  file: string;
  args?: string[];
  command?: string[];
  code: string;
  says: string;
}

const manifest = JSON.parse(readFileSync(join(root, "broken", "manifest.json"), "utf8")) as BrokenFile[];

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function sizeOf(folder: string): number {
  return filesUnder(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

/** A version 1.0 NPY header: what numpy writes for these arrays. The product's reader is not asked about its own samples. */
function npyHeader(path: string): { type: string; shape: number[]; dataBytes: number } {
  const bytes = readFileSync(path);
  expect(bytes.toString("latin1", 0, 8)).toBe("\x93NUMPY\x01\x00");
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start);
  expect(header).toContain("'fortran_order': False");
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]
    .split(",")
    .map((size) => size.trim());
  return {
    type: /'descr': '([^']+)'/.exec(header)![1],
    shape: shape.filter((size) => size !== "").map(Number),
    dataBytes: bytes.length - start,
  };
}

describe("sample data", () => {
  test("stays under 3 MB, the broken files under 600 KB", () => {
    expect(sizeOf(root)).toBeLessThan(largestSize);
    expect(sizeOf(join(root, "broken"))).toBeLessThan(largestBrokenSize);
  });

  test.each([
    ["digits/logits_cal.npy", "<f4", [400, 4, 10]],
    ["digits/logits_test.npy", "<f4", [497, 4, 10]],
    ["digits/labels_cal.npy", "<i8", [400]],
    ["digits/labels_test.npy", "<i8", [497]],
    ["digits/inputs_cal.npy", "<f4", [400, 1, 8, 8]],
    ["digits/inputs_test.npy", "<f4", [497, 1, 8, 8]],
    ["loss-table/lambdas.npy", "<f8", [61]],
    ["loss-table/losses.npy", "<f4", [61, 800]],
    ["loss-table/exits.npy", "<f8", [61]],
  ])("%s holds %s of shape %j", (file, type, shape) => {
    const elements = shape.reduce((product, size) => product * size, 1);
    expect(npyHeader(join(root, file))).toEqual({ type, shape, dataBytes: elements * Number(type[2]) });
  });

  test("the calibration logits give the accuracies that the README states", () => {
    expect(accuracies("cal")).toEqual([0.86, 0.94, 0.9675, 0.98]);
    expect(accuracies("test").map((value) => (100 * value).toFixed(1))).toEqual(["84.7", "94.6", "97.0", "98.6"]);
  });

  test("costs are two operations per multiply-accumulate, in MFLOPs", () => {
    const costs = JSON.parse(readFileSync(join(root, "digits", "costs.json"), "utf8"));
    expect(costs).toEqual({ unit: "MFLOPs", cumulative: [0.004928, 0.014784, 0.052928, 0.505536] });
  });

  test("the CSV files have the rows and columns that the README states", () => {
    const exitTable = csvShape("digits/exit-table.csv");
    expect(exitTable).toEqual({ rows: 50, columns: new Set([9]) });
    expect(csvShape("loss-table/deediff-small.csv")).toEqual({ rows: 21, columns: new Set([42]) });
  });

  test("every file is named by the README or its manifest, and none is empty except on purpose", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    for (const folder of ["digits", "loss-table"]) {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true }))
        expect(readme).toContain(entry.isDirectory() ? `\`${entry.name}/\`` : `\`${entry.name}\``);
    }
    const empty = filesUnder(root).filter((path) => statSync(path).size === 0);
    expect(empty).toEqual([join(root, "broken", "empty.npy")]);
  });
});

/** What sample-data/make/make-deployed.sh does, here with outputs elsewhere. */
describe("the model and what was made from it", () => {
  const scratch = scratchFolder();
  const digits = (name: string) => join(root, "digits", name);
  const bytes = (path: string) => readFileSync(path);

  test.each(["cal", "test"])("the model gives the logits of %s, but for the order of float32 sums", async (part) => {
    const path = scratch.path("logits.npy");
    await succeed(["extract", digits("model.onnx"), "--input", digits(`inputs_${part}.npy`), "-o", path]);
    const [found, stored] = [path, digits(`logits_${part}.npy`)].map(floats);
    expect(found.length).toBe(stored.length);
    let largest = 0;
    for (let k = 0; k < found.length; k++) largest = Math.max(largest, Math.abs(found[k] - stored[k]));
    expect(largest).toBeLessThan(2e-5);
  });

  test("split writes the stages byte for byte; of the manifest, the measured difference alone may vary", async () => {
    const folder = scratch.path("stages");
    await succeed(["split", digits("model.onnx"), "--input", digits("inputs_cal.npy"), "-o", folder]);
    const stored = digits("stages");
    expect(readdirSync(folder).sort()).toEqual(readdirSync(stored).sort());
    for (const name of readdirSync(stored).filter((file) => file.endsWith(".onnx")))
      expect(bytes(join(folder, name)).equals(bytes(join(stored, name))), name).toBe(true);
    // Sums of another processor's kernels differ in their last digits, within the tolerance that split asserts.
    const manifest = (path: string) => {
      const { proof, ...rest } = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8"));
      return { ...rest, proof: { ...proof, largestDifference: null, bitEqual: null } };
    };
    expect(manifest(folder)).toEqual(manifest(stored));
  });

  test("its costs are those of costs.json: a multiply-accumulate is two operations", () => {
    const manifest = JSON.parse(readFileSync(digits("stages/manifest.json"), "utf8"));
    const macs = manifest.stages.map(({ cumulativeMacs }: { cumulativeMacs: number }) => (2 * cumulativeMacs) / 1e6);
    expect(macs).toEqual(JSON.parse(readFileSync(digits("costs.json"), "utf8")).cumulative);
  });

  test("calibrate and bake write the threshold file and the baked model byte for byte", async () => {
    const [threshold, baked] = [scratch.path("threshold.json"), scratch.path("baked.onnx")];
    const labelled = [digits("logits_cal.npy"), "--labels", digits("labels_cal.npy")];
    const [costs, inputs] = [
      ["--costs", digits("stages/manifest.json")],
      ["--input", digits("inputs_cal.npy")],
    ];
    await succeed(["calibrate", ...labelled, "-e", "0.05", ...costs, "-o", threshold]);
    expect(readFileSync(threshold, "utf8")).toBe(readFileSync(digits("threshold.json"), "utf8"));
    await succeed(["bake", digits("model.onnx"), "-t", threshold, ...inputs, "-o", baked]);
    expect(bytes(baked).equals(bytes(digits("baked.onnx")))).toBe(true);
  });
});

describe("the manifest of broken files", () => {
  test("lists exactly the files of its folder, each once", () => {
    const listed = manifest.map(({ file }) => file);
    const present = readdirSync(join(root, "broken")).filter((file) => file !== "manifest.json");
    expect([...listed].sort()).toEqual(present.sort());
  });

  test.each(manifest)("$file names a catalogue code, a telling fragment and how to call", (entry) => {
    expect(Object.keys(errorCatalogue)).toContain(entry.code);
    expect(entry.says).not.toBe("");
    // The message begins with the path, so a fragment of the name would be found in any message.
    expect(entry.file).not.toContain(entry.says);
    expect([entry.args, entry.command].filter(Boolean)).toHaveLength(1);
    for (const word of entry.command ?? entry.args ?? []) {
      if (word.startsWith(`${root}/`)) expect(statSync(word).isFile()).toBe(true);
    }
    if (entry.command) expect(entry.command.filter((word) => word === "<file>")).toHaveLength(1);
  });
});

function floats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(new Uint8Array(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

function accuracies(part: string): number[] {
  const logits = readFileSync(join(root, "digits", `logits_${part}.npy`));
  const labels = readFileSync(join(root, "digits", `labels_${part}.npy`));
  const [logitStart, labelStart] = [logits, labels].map((bytes) => 10 + bytes.readUInt16LE(8));
  const rows = (labels.length - labelStart) / 8;
  return [0, 1, 2, 3].map((exitIndex) => {
    let right = 0;
    for (let row = 0; row < rows; row++) {
      const at = logitStart + 4 * 10 * (4 * row + exitIndex);
      const scores = Array.from({ length: 10 }, (_, k) => logits.readFloatLE(at + 4 * k));
      if (scores.indexOf(Math.max(...scores)) === Number(labels.readBigInt64LE(labelStart + 8 * row))) right++;
    }
    return right / rows;
  });
}

/** Data rows, and the numbers of fields that occur in any line. */
function csvShape(file: string): { rows: number; columns: Set<number> } {
  const lines = readFileSync(join(root, file), "utf8").trimEnd().split("\n");
  return { rows: lines.length - 1, columns: new Set(lines.map((line) => line.split(",").length)) };
}
