import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { thresholdText } from "../../src/io/threshold-file.ts";
import type { ModelProto } from "../../src/onnx/proto/onnx-pb.ts";
import { StringStringEntryProtoSchema } from "../../src/onnx/proto/onnx-pb.ts";
import { residual } from "../onnx/models/dense-layers.ts";
import { npyRows, refusal } from "../support/model-files.ts";
import { type BuildOptions, bytesOf, ModelWriter } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { scratchFolder, succeed } from "../support/scratch.ts";
import { thresholdFile } from "../support/threshold-files.ts";

const scratch = scratchFolder();
const rows = scratch.write("x.npy", npyRows(20));
const rule = scratch.write("threshold.json", thresholdText(thresholdFile()));
const good = scratch.write("good.onnx", bytesOf(residual({})));

/** Every command that opens a model, each with all that it needs. */
const commands: Readonly<Record<string, (model: string) => string[]>> = {
  extract: (model) => ["extract", model, "--input", rows, "-o", scratch.path("logits.npy")],
  split: (model) => ["split", model, "-o", scratch.path("stages-of-broken")],
  infer: (model) => ["infer", "-t", rule, "--model", model, "--input", rows],
  bake: (model) => ["bake", model, "-t", rule, "-o", scratch.path("fast.onnx")],
  bench: (model) => ["bench", model, "-t", rule, "--input", rows, "--runs", "1", "--warmup", "0", "--batch", "4"],
};

/** Runs the commands on a broken model: each says the same sentence. */
async function everyCommand(model: string, code: string, message: string, names = Object.keys(commands)) {
  for (const name of names) {
    const finished = await runCli(commands[name](model));
    expect(refusal(finished, code)).toContain(message);
    expect(finished.stdout).toBe("");
  }
}

/** The residual network with another last exit. */
function withLastExit(options: BuildOptions, width: number): ModelProto {
  const m = new ModelWriter(options);
  m.exit("e1", m.layer("h1", m.input("x", ["N", 6]), 6, 8), 8);
  m.output(m.linear("e2", "h1", 8, width), ["N", width]);
  return m.model();
}

describe("a model file that cannot be used", () => {
  it("is cut short, or no model at all", async () => {
    const bytes = bytesOf(residual({}));
    for (const length of [bytes.length - 7, bytes.length >> 1]) {
      await everyCommand(scratch.write("cut.onnx", bytes.subarray(0, length)), "model-invalid", "cut.onnx");
    }
    await everyCommand(scratch.write("text.onnx", "this is text, not a model"), "model-invalid", "text.onnx");
    await everyCommand(scratch.write("empty.onnx", ""), "model-invalid", "empty.onnx");
    await everyCommand(scratch.write("numbers.onnx", npyRows(3)), "model-invalid", "numbers.onnx");
  });

  it("is not there, or is a folder", async () => {
    await everyCommand(scratch.path("none.onnx"), "file-missing", "none.onnx: no such file");
    const names = ["extract", "split", "bake", "bench"];
    await everyCommand(scratch.path("."), "file-unreadable", "folder without manifest.json", names);
  });

  it("has an operator set that no runtime knows", async () => {
    const proto = residual({});
    proto.opsetImport[0].version = 99n;
    await everyCommand(scratch.write("99.onnx", bytesOf(proto)), "model-invalid", "operator set 99, expected 7 to");
  });

  it("has an operator that no runtime knows", async () => {
    const proto = residual({});
    proto.graph!.node[0].opType = "Frobnicate";
    await everyCommand(scratch.write("unknown.onnx", bytesOf(proto)), "model-invalid", "Frobnicate");
  });

  it("has one output, or outputs of unequal size", async () => {
    const one = residual({});
    one.graph!.output = one.graph!.output.slice(-1);
    await everyCommand(scratch.write("one.onnx", bytesOf(one)), "too-few-exits", "1 exit (outputs: e3)");
    const unequal = scratch.write("unequal.onnx", bytesOf(withLastExit({}, 7)));
    await everyCommand(unequal, "exits-unclear", "outputs of unequal size");
  });

  it("has lost its external data", async () => {
    const proto = residual({});
    const [weight] = proto.graph!.initializer;
    const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
    weight.externalData = [entry("location", "weights.bin"), entry("offset", "0"), entry("length", "192")];
    weight.dataLocation = 1;
    weight.rawData = new Uint8Array();
    await everyCommand(scratch.write("external.onnx", bytesOf(proto)), "file-missing", "weights.bin: no such file");
    scratch.write("weights.bin", new Uint8Array(100));
    await everyCommand(scratch.path("external.onnx"), "file-truncated", "weights.bin: 100 bytes");
  });

  it("is baked already", async () => {
    const target = scratch.path("baked.onnx");
    await succeed(["bake", good, "-t", rule, "-o", target]);
    await everyCommand(target, "exits-unclear", "a baked model");
  });

  it("has a batch that is fixed", async () => {
    const proto = residual({});
    const m = new ModelWriter({});
    m.input("x", [1, 6]);
    proto.graph!.input = m.inputs;
    const names = ["split", "infer", "bake", "bench"];
    await everyCommand(scratch.write("fixed.onnx", bytesOf(proto)), "batch-axis", "the batch axis is fixed", names);
  });
});

describe("a name that is not there", () => {
  it("among the outputs", async () => {
    for (const [name, argv] of Object.entries(commands)) {
      const finished = await runCli([...argv(good), "--exits", "e1,e7"]);
      expect([name, refusal(finished, "exits-unclear")]).toEqual([name, expect.stringContaining("no output e7")]);
    }
  });

  it("among the inputs", async () => {
    const archive = scratch.write("named.npy", npyRows(20));
    for (const name of ["extract", "infer", "bench"]) {
      const argv = commands[name](good).map((word) => (word === rows ? `y=${archive}` : word));
      // `y` is no input, so the whole text is taken for a path.
      expect(refusal(await runCli(argv), "file-missing")).toContain(`y=${archive}`);
    }
  });

  it("among the providers", async () => {
    for (const [name, argv] of Object.entries(commands)) {
      const finished = await runCli([...argv(good), "--provider", "abacus"]);
      expect([name, refusal(finished, "bad-usage")]).toEqual([name, expect.stringContaining("--provider abacus")]);
      expect(finished.stderr).toContain("hint: use --provider cpu");
    }
  });

  it("among the stages of a chain", async () => {
    const finished = await runCli([
      "infer",
      "-t",
      rule,
      "--model",
      `${good},${scratch.path("none.onnx")}`,
      "--input",
      rows,
    ]);
    expect(refusal(finished, "exits-unclear")).toContain("3 outputs, expected one");
    const missing = [scratch.path("no-1.onnx"), scratch.path("no-2.onnx")].join(",");
    refusal(await runCli(["infer", "-t", rule, "--model", missing, "--input", rows]), "file-missing");
  });
});

describe("a folder of stages that cannot be used", () => {
  it("has changed, or names files elsewhere", async () => {
    const folder = scratch.path("stages");
    await succeed(["split", good, "-o", folder]);
    const names = ["infer", "bake", "bench"];
    const manifest = readFileSync(`${folder}/manifest.json`, "utf8");
    const stage = readFileSync(`${folder}/stage_2.onnx`);
    scratch.write("stages/stage_2.onnx", stage.subarray(1));
    await everyCommand(folder, "manifest-invalid", "SHA-256 differs", names);
    scratch.write("stages/stage_2.onnx", stage);
    scratch.write("stages/manifest.json", manifest.replace('"stage_2.onnx"', '"../stage_2.onnx"'));
    await everyCommand(folder, "manifest-invalid", "bad stage", names);
    scratch.write("stages/manifest.json", manifest.replace('"version": 1', '"version": 2'));
    await everyCommand(folder, "version-unsupported", "version 2", names);
    scratch.write("stages/manifest.json", "{");
    await everyCommand(folder, "manifest-invalid", "is not JSON", names);
  });
});
