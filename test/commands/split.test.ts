import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openSession } from "../../src/onnx/session.ts";
import { deadNodes, residual } from "../onnx/models/dense-layers.ts";
import { npyRows, refusal } from "../support/model-files.ts";
import { bytesOf } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { jsonFile, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", bytesOf(residual({})));
const rows = scratch.write("x.npy", npyRows(30));

describe("eexit split", () => {
  it("writes one runnable file per stage and a manifest that names them", async () => {
    const folder = scratch.path("made/stages");
    const { stdout, stderr } = await succeed(["split", model, "-o", folder]);
    expect(readdirSync(folder).sort()).toEqual(["manifest.json", "stage_1.onnx", "stage_2.onnx", "stage_3.onnx"]);
    const manifest = jsonFile(`${folder}/manifest.json`);
    expect(manifest).toMatchObject({
      format: "eexit-stages",
      version: 1,
      model: { sha256: createHash("sha256").update(readFileSync(model)).digest("hex"), opset: 17 },
      exits: ["e1", "e2", "e3"],
      exitShape: [4],
      inputs: ["x"],
      dropped: [],
      proof: { rows: 16, realRows: false, seed: 0 },
    });
    // By hand: 6·8 + 8·4, then twice 8·8 + 8·4.
    expect(manifest.stages.map((stage: { macs: number }) => stage.macs)).toEqual([80, 96, 96]);
    expect(manifest.stages.map((stage: { cumulativeMacs: number }) => stage.cumulativeMacs)).toEqual([80, 176, 272]);
    for (const { file, sha256, reads, exit } of manifest.stages) {
      const bytes = readFileSync(`${folder}/${file}`);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
      const session = await openSession(bytes, file);
      expect(session.inputs.map(({ name }) => name)).toEqual(reads);
      expect(session.outputs.map(({ name }) => name)).toContain(exit);
      await session.release();
    }
    expect(stdout.split("\n")[0]).toBe(
      "stage_1.onnx  exit 1 (e1); 80 MACs, 29.4 % of all up to here; 92 parameters; passes on h1 [N, 8]",
    );
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(stderr).toContain("3 stages");
    expect(stderr).toContain("16 random rows (seed 0)");
  });

  it("proves it on real rows where some are given", async () => {
    const folder = scratch.path("real");
    const { stderr } = await succeed(["split", model, "--input", rows, "-o", folder]);
    expect(stderr).toContain("30 rows of --input");
    expect(jsonFile(`${folder}/manifest.json`).proof).toMatchObject({ rows: 30, realRows: true });
  });

  it("says what it leaves out, and takes the exits that are named", async () => {
    const dead = scratch.write("dead.onnx", bytesOf(deadNodes({})));
    const { stderr } = await succeed(["split", dead, "-o", scratch.path("dead")]);
    expect(stderr).toContain("note: outputs left aside, as they are no exits: best");
    expect(stderr).toContain("note: nodes that feed no exit are left out:");
    const folder = scratch.path("two");
    await succeed(["split", model, "--exits", "e1,e3", "-o", folder]);
    expect(jsonFile(`${folder}/manifest.json`).exits).toEqual(["e1", "e3"]);
  });

  it("gives the costs for calibrate", async () => {
    const [folder, logits] = [scratch.path("costs"), scratch.path("logits.npy")];
    await succeed(["split", model, "-o", folder]);
    await succeed(["extract", model, "--input", rows, "-o", logits]);
    const argv = ["calibrate", logits, "-e", "0.9", "--costs", `${folder}/manifest.json`];
    const { stdout } = await succeed(argv);
    expect(JSON.parse(stdout)).toMatchObject({ costs: [80, 176, 272], efficiency: { costUnit: "MACs" } });
  });

  it("does not touch a folder that holds anything, unless --force says so", async () => {
    const folder = scratch.path("again");
    await succeed(["split", model, "-o", folder]);
    const before = readFileSync(`${folder}/manifest.json`, "utf8");
    const refused = await runCli(["split", model, "--exits", "e1,e3", "-o", folder]);
    expect(refusal(refused, "file-exists")).toContain("exists already and is not empty");
    expect(refused.stderr).toContain("--force");
    expect(readFileSync(`${folder}/manifest.json`, "utf8")).toBe(before);
    await succeed(["split", model, "--exits", "e1,e3", "-o", folder, "--force"]);
    expect(jsonFile(`${folder}/manifest.json`).stages).toHaveLength(2);
    // What runs is what the new manifest names, whatever else lies there.
    await succeed(["split", model, "-o", folder, "--force"]);
    expect(jsonFile(`${folder}/manifest.json`).stages).toHaveLength(3);
    const file = scratch.write("a-file", "not a folder");
    expect(refusal(await runCli(["split", model, "-o", file]), "file-exists")).toContain("a-file");
    refusal(await runCli(["split", model, "-o", file, "--force"]), "output-failed");
    expect(readFileSync(file, "utf8")).toBe("not a folder");
  });

  it("writes nothing when it cannot", async () => {
    const folder = scratch.path("nothing");
    const unknown = await runCli(["split", model, "--exits", "e1,e9", "-o", folder]);
    expect(refusal(unknown, "exits-unclear")).toContain("no output e9, found e1, e2, e3");
    expect(existsSync(folder)).toBe(false);
    expect(refusal(await runCli(["split", model]), "bad-usage")).toContain("-o, --output: missing");
    expect(refusal(await runCli(["split", "-o", folder]), "bad-usage")).toContain("no model");
    const two = await runCli(["split", model, "--model", rows, "-o", folder]);
    expect(refusal(two, "bad-usage")).toContain("two models, expected one");
  });
});
