import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/io/byte-source.ts";
import { npyTensor } from "../../src/io/npy.ts";
import { thresholdText } from "../../src/io/threshold-file.ts";
import { refusal } from "../support/model-files.ts";
import { runCli } from "../support/run-cli.ts";
import { digits, fresh, jsonFile, labelled, scratchFolder, succeed } from "../support/scratch.ts";
import { thresholdFile } from "../support/threshold-files.ts";

// The rule on logits that are there already: no model is run.
const scratch = scratchFolder();
const logits = digits("logits_test.npy");

async function calibrated(name: string, ...argv: string[]): Promise<string> {
  const target = scratch.path(name);
  await succeed(["calibrate", ...labelled, "-e", "0.05", "-o", target, ...argv]);
  return target;
}

/** First size of an array file. */
const rowsOf = (path: string) => npyTensor(memorySource(path, readFileSync(path))).shape[0];

interface Line {
  sample: number;
  prediction: number;
  exit: number;
  confidence: number;
}
const parsed = (text: string): Line[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("eexit infer on logits", () => {
  it.each(["top1", "top-diff", "entropy"])(
    "leaves at the first exit whose %s is above the threshold",
    async (confidence) => {
      const file = await calibrated(`${confidence}.json`, "--confidence", confidence);
      const { threshold } = jsonFile(file);
      const answers = parsed((await succeed(["infer", "-t", file, logits])).stdout);
      expect(answers).toHaveLength(rowsOf(logits));
      for (const [row, { sample, exit, confidence: found }] of answers.entries()) {
        expect(sample).toBe(row);
        if (exit < 4) expect(found).toBeGreaterThan(threshold);
      }
      expect(new Set(answers.map(({ exit }) => exit)).size).toBeGreaterThan(1);
    },
  );

  it("gives the same answers from an exit table, from a pipe and from labelled rows", async () => {
    const file = await calibrated("top1.json");
    const { stdout } = await succeed(["infer", "-t", file, logits]);
    const table = scratch.path("table.arrow");
    await succeed(["score", ...fresh, "-o", table]);
    for (const argv of [[table], fresh]) expect((await succeed(["infer", "-t", file, ...argv])).stdout).toBe(stdout);
    const piped = await succeed(["infer", "-t", file, "-"], { stdin: readFileSync(logits) });
    expect(piped.stdout).toBe(stdout);
    const rule = await succeed(["infer", "-t", "-", logits], { stdin: readFileSync(file) });
    expect(rule.stdout).toBe(stdout);
  });

  it("has the exit shares that calibrate wrote, on the calibration's own rows", async () => {
    const file = await calibrated("own.json", "--costs", digits("costs.json"));
    const summary = scratch.path("own-summary.json");
    await succeed([
      "infer",
      "-t",
      file,
      digits("logits_cal.npy"),
      "--summary",
      summary,
      "-o",
      scratch.path("own.ndjson"),
    ]);
    const { efficiency } = jsonFile(file);
    expect(jsonFile(summary)).toMatchObject({
      exitShare: efficiency.exitShare,
      calibrationExitShare: efficiency.exitShare,
      meanExit: efficiency.meanExit,
      meanCost: efficiency.meanCost,
      saving: efficiency.saving,
      costUnit: "MFLOPs",
      cautions: [],
    });
  });

  it("keeps several inputs in their order", async () => {
    const file = await calibrated("top1.json");
    const lines = async (...inputs: string[]) => parsed((await succeed(["infer", "-t", file, ...inputs])).stdout);
    const [first, second] = [await lines(digits("logits_cal.npy")), await lines(logits)];
    const both = await lines(digits("logits_cal.npy"), logits);
    const shifted = second.map((line) => ({ ...line, sample: line.sample + first.length }));
    expect(both).toEqual([...first, ...shifted]);
  });

  it("has an empty prediction where a table holds none", async () => {
    const table = scratch.write(
      "table.csv",
      "confidence_1,confidence_2,confidence_3\n0.9,0.8,1\n0.2,0.7,1\n0.1,0.5,1\n",
    );
    const rule = (confidence: string) =>
      scratch.write("half.json", thresholdText(thresholdFile({ threshold: 0.5, confidence })));
    const { stdout } = await succeed(["infer", "-t", rule("confidence"), table, "--format", "csv"]);
    // float32 confidences in the digits of the double that equals them.
    expect(stdout).toBe(
      `sample,prediction,exit,confidence\n0,,1,${Math.fround(0.9)}\n1,,2,${Math.fround(0.7)}\n2,,3,1\n`,
    );
    const other = await runCli(["infer", "-t", rule("top1"), table]);
    expect(refusal(other, "confidence-unknown")).toContain("holds no confidence top1");
    expect(other.stdout).toBe("");
  });

  it.each([
    ["--processes", "2"],
    ["--batch", "8"],
    ["--provider", "cpu"],
    ["--input", "x.npy"],
    ["--confidence-output", "c1,c2,c3"],
  ])("refuses %s, which only a model has a use for", async (option, value) => {
    const refused = await runCli(["infer", "-t", digits("threshold.json"), logits, option, value]);
    expect(refused.stdout).toBe("");
    expect(refusal(refused, "bad-usage")).toContain(`${option} without a model: expected --model too`);
  });

  it("refuses logits of another network, and a loss table", async () => {
    const file = await calibrated("top1.json");
    const other = await runCli(["infer", "-t", file, "sample-data/broken/logits-shard-of-three-exits.npy"]);
    expect(refusal(other, "threshold-invalid")).toContain("3 exits, expected 4");
    const lossTable = await runCli(["infer", "-t", file, "test/reference/inputs/table.npz"]);
    expect(refusal(lossTable, "array-missing")).toContain("a loss table");
    const missing = await runCli(["infer", "-t", file, scratch.path("none.npy")]);
    expect(refusal(missing, "file-missing")).toContain("none.npy");
  });
});
