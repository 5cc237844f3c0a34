import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../src/io/byte-source.ts";
import { openNpy } from "../../src/io/npy.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import { npyFile, npyRows, refusal } from "../support/model-files.ts";
import { bytesOf, ModelWriter } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { answerOf, jsonFile, scratchFolder, succeed } from "../support/scratch.ts";

/** A chain of separate, growing models on the same input: every command that runs a model takes it as it is. */
const scratch = scratchFolder();
const models = [1, 2, 3].map((size) => {
  const m = new ModelWriter({});
  let h = m.input("x", ["N", 6]);
  for (let depth = 1; depth <= size; depth++) h = m.layer(`h${depth}`, h, depth === 1 ? 6 : 8, 8);
  m.exit("logits", h, 8);
  return scratch.write(`size-${size}.onnx`, bytesOf(m.model()));
});
const chain = models.join(",");
const rows = scratch.write("x.npy", npyRows(150));
const labels = scratch.write(
  "labels.npy",
  npyFile(
    "int32",
    [150],
    Int32Array.from({ length: 150 }, (_, i) => i % 4),
  ),
);
/** Of model 1, 2, 3 alone: 6·8 + 8·4, and 8·8 more for every further layer. */
const alone = [80, 144, 208];
const cumulative = [80, 224, 432];

function arrayOf(path: string): { shape: readonly number[]; values: number[] } {
  for (const part of openNpy(memorySource(path, readFileSync(path))).parts() as Iterable<ReadonlyMap<string, never>>) {
    const tensor = (part as ReadonlyMap<string, Parameters<typeof readFloatRows>[0]>).get("")!;
    return { shape: tensor.shape, values: Array.from(readFloatRows(tensor, 0, tensor.shape[0])) };
  }
  throw new Error(`${path} is empty`);
}

describe("a chain of models", () => {
  test("extract, score, calibrate, infer and check, without split", async () => {
    const logits = scratch.path("logits.npy");
    const { stderr } = await succeed(["extract", chain, "--input", rows, "-o", logits]);
    expect(stderr).toContain("150 samples, 3 exits (size-1, size-2, size-3)");
    const table = scratch.path("table.arrow");
    await succeed(["score", "--model", chain, "--input", rows, "--labels", labels, "-o", table]);
    const options = ["--labels", labels, "--risk", "prediction-consistency", "-e", "0.3", "--method", "naive"];
    const file = scratch.path("threshold.json");
    await succeed(["calibrate", logits, ...options, "-o", file]);
    const { threshold, calibration, efficiency } = jsonFile(file);
    const fromTable = await answerOf(["calibrate", table, ...options.slice(2)]);
    expect([fromTable.threshold, fromTable.calibration.sha256]).toEqual([threshold, calibration.sha256]);

    const summary = scratch.path("summary.json");
    const answers = await succeed(["infer", "-t", file, "--model", chain, "--input", rows, "--summary", summary]);
    const told = (await succeed(["infer", "-t", file, logits])).stdout;
    const exits = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).exit);
    expect(exits(answers.stdout)).toEqual(exits(told));
    expect(jsonFile(summary).exitShare).toEqual(efficiency.exitShare);
  });

  test("every exit's logits are that model's own", async () => {
    const { openSession } = await import("../../src/onnx/session.ts");
    const logits = scratch.path("all.npy");
    await succeed(["extract", "--model", chain, "--input", rows, "-o", logits, "--batch", "150"]);
    const { shape, values } = arrayOf(logits);
    expect(shape).toEqual([150, 3, 4]);
    const inputs = arrayOf(rows);
    for (const [exit, path] of models.entries()) {
      const session = await openSession(path, path);
      const feeds = new Map([
        ["x", { type: "float32" as const, data: Float32Array.from(inputs.values), dims: [150, 6] }],
      ]);
      const own = (await session.run(feeds)).get("logits")!.data as Float32Array;
      await session.release();
      const found = values.filter((_, at) => Math.floor(at / 4) % 3 === exit);
      expect(found).toHaveLength(own.length);
      for (const [at, value] of found.entries()) expect(value).toBeCloseTo(own[at], 5);
    }
  });

  test("a row pays for every model that it passed; the full network is the last model alone", async () => {
    const file = scratch.path("paid.json");
    const logits = scratch.path("paid.npy");
    await succeed(["extract", chain, "--input", rows, "-o", logits]);
    const summary = scratch.path("paid-summary.json");
    await succeed(["calibrate", logits, "-e", "0.3", "--method", "naive", "-o", file]);
    await succeed(["infer", "-t", file, "--model", chain, "--input", rows, "--summary", summary]);
    const { exitShare, meanCost, fullCost, costUnit, saving } = jsonFile(summary);
    const expected = exitShare.reduce((sum: number, share: number, l: number) => sum + share * cumulative[l], 0);
    expect([fullCost, costUnit]).toEqual([alone[2], "MACs"]);
    expect(meanCost).toBeCloseTo(expected, 9);
    expect(saving).toBeCloseTo(1 - expected / alone[2], 9);

    const quick = ["--batch", "64", "--runs", "1", "--warmup", "0", "--format", "json"];
    const bench = await answerOf(["bench", chain, "-t", file, "--input", rows, ...quick]);
    expect(bench).toMatchObject({ costUnit: "MACs", rows: [{ samples: 150, bakedMs: null }] });
    expect(bench.rows[0].promisedSpeedup).toBeCloseTo(alone[2] / expected, 9);
    const text = await succeed(["bench", chain, "-t", file, "--input", rows, ...quick.slice(0, -2)]);
    expect(text.stdout).toContain("not baked: a chain of separate models has no baked form");
  });

  test("split and bake say that there is nothing to cut; names of exits are refused", async () => {
    for (const argv of [["split", chain, "-o", scratch.path("stages")]]) {
      expect(refusal(await runCli(argv), "bad-usage")).toContain("a chain of separate models, expected one model");
    }
    const named = await runCli(["extract", chain, "--exits", "a,b,c", "--input", rows, "-o", scratch.path("no.npy")]);
    expect(refusal(named, "bad-usage")).toContain("3 models in a chain are the exits");
  });

  test("the models of a chain are never overwritten by an output", async () => {
    const argv = ["score", "--model", chain, "--input", rows, "--labels", labels, "-o", models[1]];
    expect((await runCli(argv)).status).toBe(2);
    expect(readFileSync(models[1]).subarray(0, 6)).not.toEqual(Buffer.from("ARROW1"));
  });

  test("models that differ in inputs or classes are named", async () => {
    const m = new ModelWriter({});
    m.exit("logits", m.layer("h1", m.input("x", ["N", 5]), 5, 8), 8);
    const other = scratch.write("other.onnx", bytesOf(m.model()));
    const argv = ["extract", `${models[0]},${other}`, "--input", rows, "-o", scratch.path("no.npy")];
    expect(refusal(await runCli(argv), "exits-unclear")).toContain("expected x float32 [6]");
  });
});
