import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { thresholdText } from "../../src/io/threshold-file.ts";
import { decodeModel } from "../../src/onnx/model.ts";
import { openSession } from "../../src/onnx/session.ts";
import { topK } from "../onnx/models/control-flow.ts";
import { residual } from "../onnx/models/dense-layers.ts";
import { npyRows, refusal, spread } from "../support/model-files.ts";
import { oneThread, runBaked } from "../support/onnx-bake.ts";
import { bytesOf } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { scratchFolder, succeed } from "../support/scratch.ts";
import { neverExit, thresholdFile } from "../support/threshold-files.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", bytesOf(residual({})));
const rows = scratch.write("x.npy", npyRows(60));
const rule = (name: string, given: Parameters<typeof thresholdFile>[0]) =>
  scratch.write(name, thresholdText(thresholdFile(given)));
const middle = rule("middle.json", { threshold: 0.8 });

/** Exits and predictions of a baked file for the rows above. */
async function answersOf(path: string, batchSize: number): Promise<[exit: number, prediction: number][]> {
  const session = await openSession(path, path, oneThread);
  const feeds = new Map([["x", { type: "float32" as const, data: spread(360), dims: [60, 6] }]]);
  const answers = await runBaked(session, feeds, batchSize);
  await session.release();
  return answers.map(({ exit, logits }) => [exit, logits.indexOf(Math.max(...logits))]);
}

async function inferred(file: string): Promise<[exit: number, prediction: number][]> {
  const { stdout } = await succeed(["infer", "-t", file, "--model", model, "--input", rows]);
  const lines = stdout.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).map(({ exit, prediction }) => [exit, prediction]);
}

describe("eexit bake", () => {
  it("writes one file that answers as infer does, from a model and from its stages", async () => {
    const [whole, folder, merged] = [scratch.path("fast.onnx"), scratch.path("stages"), scratch.path("merged.onnx")];
    const { stdout, stderr } = await succeed(["bake", model, "-t", middle, "-o", whole]);
    expect(stdout).toBe("");
    expect(stderr).toContain("batches of 1, 7, 64: same exits");
    const expected = await inferred(middle);
    expect(new Set(expected.map(([exit]) => exit))).toEqual(new Set([1, 2, 3]));
    for (const size of [1, 60]) expect(await answersOf(whole, size)).toEqual(expected);
    await succeed(["split", model, "-o", folder]);
    await succeed(["bake", folder, "-t", middle, "-o", merged, "--input", rows]);
    expect(await answersOf(merged, 7)).toEqual(expected);
  });

  it("keeps the threshold file as it was written, and bakes the same bytes twice", async () => {
    const [first, second] = [scratch.path("one.onnx"), scratch.path("two.onnx")];
    for (const target of [first, second]) await succeed(["bake", model, "-t", middle, "-o", target]);
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
    const text = decodeModel(first, readFileSync(first)).metadataProps.find(
      ({ key }) => key === "eexit.threshold",
    )!.value;
    expect(text).toBe(readFileSync(middle, "utf8"));
    // The metadata are a threshold file again.
    const copy = scratch.write("copy.json", text);
    expect(await inferred(copy)).toEqual(await inferred(middle));
  });

  it("bakes nested If nodes for one row at a time", async () => {
    const target = scratch.path("nested.onnx");
    const { stderr } = await succeed(["bake", model, "-t", middle, "--if", "-o", target]);
    expect(stderr).toContain("batches of 1: same exits");
    expect(await answersOf(target, 1)).toEqual(await inferred(middle));
  });

  it("bakes the policies", async () => {
    const never = rule("never.json", neverExit);
    const target = scratch.path("never.onnx");
    await succeed(["bake", model, "-t", never, "-o", target]);
    expect(new Set((await answersOf(target, 60)).map(([exit]) => exit))).toEqual(new Set([3]));
  });

  it("says where a spare row runs along", async () => {
    const chosen = scratch.write("top-k.onnx", bytesOf(topK({})));
    const { stderr } = await succeed(["bake", chosen, "-t", middle, "-o", scratch.path("top-k-fast.onnx")]);
    expect(stderr).toContain("caution: stage 2 holds TopK");
  });
});

describe("what bake refuses", () => {
  const target = scratch.path("refused.onnx");
  const run = (...argv: string[]) => runCli(["bake", ...argv]);

  it("to replace a file without --force, or an input at all", async () => {
    const old = scratch.write("old.onnx", "precious");
    const refused = await run(model, "-t", middle, "-o", old);
    expect(refusal(refused, "file-exists")).toContain("would be overwritten");
    expect(readFileSync(old, "utf8")).toBe("precious");
    await succeed(["bake", model, "-t", middle, "-o", old, "--force"]);
    expect(decodeModel(old, readFileSync(old)).graph!.output.map(({ name }) => name)).toEqual([
      "logits",
      "exit",
      "confidence",
    ]);
    for (const path of [model, middle, rows]) {
      const before = readFileSync(path);
      const argv = [model, "-t", middle, "--input", `x=${rows}`, "-o", path, "--force"];
      expect(refusal(await run(...argv), "file-exists")).toContain("is an input");
      expect(readFileSync(path).equals(before)).toBe(true);
    }
  });

  it("rules that do not fit the model", async () => {
    const four = rule("four.json", { exits: 4 });
    expect(refusal(await run(model, "-t", four, "-o", target), "threshold-invalid")).toContain("3 exits, expected 4");
    const classes = rule("classes.json", { classes: 5 });
    expect(refusal(await run(model, "-t", classes, "-o", target), "threshold-invalid")).toContain("4 classes");
    const table = rule("table.json", { source: "loss-table", exits: null, confidence: null });
    expect(refusal(await run(model, "-t", table, "-o", target), "threshold-invalid")).toContain("loss table");
    const column = rule("column.json", { confidence: "margin" });
    expect(refusal(await run(model, "-t", column, "-o", target), "confidence-unknown")).toContain("margin");
    expect(existsSync(target)).toBe(false);
  });

  it("old operator sets, and options that are missing", async () => {
    const proto = residual({ opset: 10 });
    proto.irVersion = 5n;
    const old = scratch.write("opset-10.onnx", bytesOf(proto));
    expect(refusal(await run(old, "-t", middle, "-o", target), "bake-unsupported")).toContain("operator set 10");
    expect(refusal(await run(model, "-t", middle), "bad-usage")).toContain("-o, --output: missing");
    expect(refusal(await run(model, "-o", target), "bad-usage")).toContain("-t, --threshold: missing");
    expect(existsSync(target)).toBe(false);
  });
});
