import { readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeOutputFolder } from "../../src/io/output.ts";
import { isStageFolder, type Manifest, readStageFolder, stageFiles } from "../../src/onnx/manifest.ts";
import { loadFolder } from "../../src/onnx/run/load-folder.ts";
import { oneThread, openedNetwork } from "../support/onnx-bake.ts";
import { inMemory } from "../support/onnx-graphs.ts";
import { scratchFolder } from "../support/scratch.ts";
import { handMade } from "./models/all-models.ts";

const scratch = scratchFolder();
const proof: Manifest["proof"] = {
  rows: 16,
  patterns: 1,
  comparedValues: 1,
  largestDifference: 0,
  tolerance: 2e-5,
  bitEqual: true,
  realRows: false,
  seed: 0,
} as unknown as Manifest["proof"];

/** Writes the stages of a hand-made model; the manifest may be changed on the way. */
async function written(folder: string, name = "residual", change: (manifest: Manifest) => unknown = (same) => same) {
  const network = await openedNetwork(inMemory(handMade[name]({})));
  const { files, manifest } = stageFiles(network, proof);
  makeOutputFolder(scratch.path(folder));
  for (const file of files) scratch.write(`${folder}/${file.name}`, file.bytes);
  const changed = change(structuredClone(manifest));
  if (changed !== manifest) scratch.write(`${folder}/manifest.json`, `${JSON.stringify(changed, null, 2)}\n`);
  return { folder: scratch.path(folder), manifest, files };
}

describe("a folder of stages", () => {
  it.each(["residual", "residual in float16", "steps first", "late input", "batch flag"])(
    "%s: is read back as it was written",
    async (name) => {
      const { folder, manifest, files } = await written("good", name);
      expect(isStageFolder(folder)).toBe(true);
      const found = readStageFolder(folder);
      expect(found.manifest).toEqual(manifest);
      expect(found.files.map((file) => file.name)).toEqual(manifest.stages.map(({ file }) => file));
      for (const [index, { bytes }] of found.files.entries()) {
        expect(Buffer.from(bytes).equals(Buffer.from(files[index].bytes))).toBe(true);
      }
      // The manifest comes last: a folder that has one is complete.
      expect(files.at(-1)!.name).toBe("manifest.json");
    },
  );

  it("knows inputs that only a late stage reads", async () => {
    const { folder } = await written("late", "late input");
    const network = await loadFolder(folder, oneThread);
    const inputs = network.inputs.map(({ name, type, shape }) => [name, type, shape] as const);
    expect(inputs.toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ["late", "float32", [-1, 3]],
      ["which", "int64", [-1]],
      ["x", "float32", [-1, 6]],
    ]);
    await network.release();
  });

  it("is none without a manifest", async () => {
    const { folder } = await written("bare");
    rmSync(`${folder}/manifest.json`);
    expect(isStageFolder(folder)).toBe(false);
  });

  it("is refused when a stage is another file, cut short or missing", async () => {
    const { folder } = await written("tampered");
    const stage = `${folder}/stage_2.onnx`;
    const bytes = readFileSync(stage);
    const refused = { code: "manifest-invalid", message: expect.stringContaining("stage_2.onnx: its SHA-256 differs") };
    const flipped = Buffer.from(bytes);
    flipped[flipped.length >> 1] ^= 1;
    for (const other of [flipped, bytes.subarray(0, -1), Buffer.alloc(0)]) {
      scratch.write("tampered/stage_2.onnx", other);
      expect(() => readStageFolder(folder)).toThrow(expect.objectContaining(refused));
    }
    rmSync(stage);
    expect(() => readStageFolder(folder)).toThrow(
      expect.objectContaining({
        code: "manifest-invalid",
        message: expect.stringContaining("stage_2.onnx: cannot be read"),
        hint: expect.stringContaining("split"),
      }),
    );
  });

  it("of a later version is refused, with unknown fields it is read", async () => {
    const later = await written("later", "residual", (manifest) => ({ ...manifest, version: 2 }));
    expect(() => readStageFolder(later.folder)).toThrow(
      expect.objectContaining({ code: "version-unsupported", message: expect.stringContaining("version 2") }),
    );
    const more = await written("more", "residual", (manifest) => ({ ...manifest, future: { a: 1 } }));
    expect(readStageFolder(more.folder).manifest.exits).toEqual(["e1", "e2", "e3"]);
  });

  const stage = (manifest: Manifest, change: object) => ({
    ...manifest,
    stages: manifest.stages.map((one, index) => (index === 1 ? { ...one, ...change } : one)),
  });
  it.each<[string, (manifest: Manifest) => unknown]>([
    ["a list", () => []],
    ["null", () => null],
    ["a number", () => 7],
    ["another format", (manifest) => ({ ...manifest, format: "eexit-threshold" })],
    ["no stages", (manifest) => ({ ...manifest, stages: undefined })],
    ["one stage", (manifest) => ({ ...manifest, stages: manifest.stages.slice(0, 1), exits: ["e1"] })],
    ["stages that are no list", (manifest) => ({ ...manifest, stages: { length: 3 } })],
    ["a stage that is null", (manifest) => ({ ...manifest, stages: [manifest.stages[0], null, manifest.stages[2]] })],
    ["fewer exits than stages", (manifest) => ({ ...manifest, exits: ["e1", "e2"] })],
    ["exits that are numbers", (manifest) => ({ ...manifest, exits: [1, 2, 3] })],
    ["no inputs", (manifest) => ({ ...manifest, inputs: undefined })],
    ["no exit shape", (manifest) => ({ ...manifest, exitShape: undefined })],
    ["an exit shape of 0", (manifest) => ({ ...manifest, exitShape: [0] })],
    ["a file in another folder", (manifest) => stage(manifest, { file: "../stage_2.onnx" })],
    ["a file in a folder, Windows", (manifest) => stage(manifest, { file: "..\\stage_2.onnx" })],
    ["an absolute file", (manifest) => stage(manifest, { file: "/etc/passwd" })],
    ["no hash", (manifest) => stage(manifest, { sha256: undefined })],
    ["reads that are no list", (manifest) => stage(manifest, { reads: "h1" })],
    ["no costs", (manifest) => stage(manifest, { cumulativeMacs: "176" })],
    [
      "a live tensor of no known type",
      (manifest) => stage(manifest, { live: [{ name: "h", type: "bfloat16", shape: [], axis: 0 }] }),
    ],
    [
      "a live tensor without an axis",
      (manifest) => stage(manifest, { live: [{ name: "h", type: "float32", shape: [null] }] }),
    ],
    ["a live tensor that is null", (manifest) => stage(manifest, { live: [null] })],
  ])("is refused when its manifest has %s", async (_, change) => {
    const { folder } = await written("malformed", "residual", change);
    expect(() => readStageFolder(folder)).toThrow(
      expect.objectContaining({ code: "manifest-invalid", message: expect.stringContaining("manifest.json") }),
    );
  });

  it("is refused when its manifest is no JSON, or no version is given", async () => {
    const { folder } = await written("text");
    for (const text of ["", "{", "PK\x03\x04"]) {
      scratch.write("text/manifest.json", text);
      expect(() => readStageFolder(folder)).toThrow(
        expect.objectContaining({ code: "manifest-invalid", message: expect.stringContaining("is not JSON") }),
      );
    }
    const none = await written("versionless", "residual", (manifest) => ({ ...manifest, version: undefined }));
    expect(() => readStageFolder(none.folder)).toThrow(/version undefined|no version/);
  });
});
