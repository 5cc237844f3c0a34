import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { thresholdText } from "../../src/io/threshold-file.ts";
import { residual } from "../onnx/models/dense-layers.ts";
import { npyRows, refusal } from "../support/model-files.ts";
import { bytesOf } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { jsonFile, scratchFolder, succeed } from "../support/scratch.ts";
import { neverExit, thresholdFile } from "../support/threshold-files.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", bytesOf(residual({})));
const rows = scratch.write("x.npy", npyRows(40));
const rule = (name: string, given: Parameters<typeof thresholdFile>[0]) =>
  scratch.write(name, thresholdText(thresholdFile(given)));
const middle = rule("middle.json", { threshold: 0.8 });
const quick = ["--runs", "1", "--warmup", "0", "--rows", "16", "--batch", "1,4"];
const base = ["bench", model, "-t", middle, "--input", rows, ...quick];

describe("eexit bench", () => {
  it("measures full, staged and baked at each batch size; shares and promise are exact", async () => {
    const { stdout, stderr } = await succeed([...base, "--format", "json", "--threads", "1"]);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ format: "eexit-bench", version: 1, model, threads: 1, runs: 1, costUnit: "MACs" });
    expect(answer.rows.map(({ batch, samples }: { batch: number; samples: number }) => [batch, samples])).toEqual([
      [1, 16],
      [4, 16],
    ]);
    const inferred = await succeed(["infer", "-t", middle, "--model", model, "--input", rows, "--format", "csv"]);
    const exits = inferred.stdout
      .split("\n")
      .slice(1, 17)
      .map((line) => Number(line.split(",")[2]));
    const counts = [1, 2, 3].map((exit) => exits.filter((found) => found === exit).length);
    // 80, 96 and 96 multiply-accumulates per stage.
    const mean = (80 * counts[0] + 176 * counts[1] + 272 * counts[2]) / 16;
    for (const row of answer.rows) {
      expect(row.exitShare).toEqual(counts.map((count) => count / 16));
      expect(row.promisedSpeedup).toBeCloseTo(272 / mean, 9);
      expect(row.promisedSaving).toBeCloseTo(1 - mean / 272, 9);
      for (const key of ["fullMs", "stagedMs", "bakedMs", "stagedNever", "bakedNever"])
        expect(row[key]).toBeGreaterThan(0);
      expect(row.stagedSpeedup).toBeCloseTo(row.fullMs / row.stagedMs, 9);
      expect(row.bakedReached).toBeCloseTo(row.bakedSpeedup / row.promisedSpeedup, 9);
    }
    expect([null, 1, 4]).toContain(answer.breakEvenBatch.staged);
    expect(stderr).toBe("");
  });

  it("answers in text, CSV and Markdown, and writes reports", async () => {
    const text = (await succeed(base)).stdout;
    for (const words of [`eexit bench of ${model}`, "of MACs saved", "break-even", "batch", "full, ms"])
      expect(text).toContain(words);
    const csv = (await succeed([...base, "--format", "csv"])).stdout.trimEnd().split("\n");
    expect(csv).toHaveLength(3);
    expect(csv[0].split(",").slice(0, 3)).toEqual(["batch", "fullMs", "promisedSpeedup"]);
    expect(csv.slice(1).map((line) => line.split(",")[0])).toEqual(["1", "4"]);
    const markdown = (await succeed([...base, "--format", "markdown"])).stdout;
    expect(markdown).toMatch(/^#+ eexit bench of /);
    expect(markdown).toContain("| batch |");
    const reports = [scratch.path("bench.md"), scratch.path("bench.json")];
    await succeed([...base, "--report", reports[0], "--report", reports[1]]);
    expect(readFileSync(reports[0], "utf8")).toContain("| batch |");
    expect(jsonFile(reports[1]).format).toBe("eexit-bench");
  });

  it("takes a folder of stages, and all rows where there are fewer", async () => {
    const folder = scratch.path("stages");
    await succeed(["split", model, "-o", folder]);
    const argv = ["bench", folder, "-t", middle, "--input", rows, "--runs", "1", "--warmup", "0", "--batch", "64"];
    const { rows: found } = JSON.parse((await succeed([...argv, "--format", "json"])).stdout);
    expect(found).toMatchObject([{ batch: 64, samples: 40 }]);
  });

  it("measures without a baked model where none can be made, and says why", async () => {
    const proto = residual({ opset: 10 });
    proto.irVersion = 5n;
    const old = scratch.write("opset-10.onnx", bytesOf(proto));
    const argv = ["bench", old, "-t", middle, "--input", rows, ...quick];
    const answer = JSON.parse((await succeed([...argv, "--format", "json"])).stdout);
    expect(answer.rows[0]).toMatchObject({ bakedMs: null, bakedSpeedup: null, bakedNever: null });
    expect(answer.breakEvenBatch.baked).toBe(null);
    expect((await succeed(argv)).stdout).toMatch(/not baked: .*operator set 10/s);
  });

  it("measures the policies", async () => {
    const never = rule("never.json", neverExit);
    const argv = ["bench", model, "-t", never, "--input", rows, ...quick, "--format", "json"];
    const answer = JSON.parse((await succeed(argv)).stdout);
    expect(answer.rows[0]).toMatchObject({ exitShare: [0, 0, 1], promisedSaving: 0, promisedSpeedup: 1 });
  });

  it("refuses what it cannot measure", async () => {
    const run = (...argv: string[]) => runCli(["bench", model, "-t", middle, ...argv]);
    expect(refusal(await run(), "bad-usage")).toContain("--input: missing, expected real rows");
    expect(refusal(await run("--input", rows, "--batch", "0"), "bad-number")).toContain("--batch");
    expect(refusal(await run("--input", rows, "--runs", "none"), "bad-number")).toContain("--runs");
    expect(refusal(await run("--input", rows, "--format", "xml"), "bad-usage")).toContain("--format");
    expect(refusal(await runCli(["bench", model, "--input", rows]), "bad-usage")).toContain("-t, --threshold");
    const four = rule("four.json", { exits: 4 });
    const other = await runCli(["bench", model, "-t", four, "--input", rows]);
    expect(refusal(other, "threshold-invalid")).toContain("3 exits, expected 4");
  });
});
