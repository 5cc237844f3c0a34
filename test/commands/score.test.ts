import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, digits, input, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();

describe("one table", () => {
  it("calibrates to the same bytes as the logits, for every risk and confidence", async () => {
    const table = scratch.path("table.arrow");
    await succeed(["score", ...labelled, "-o", table]);
    const pairs = [
      ["prediction-gap", "top1"],
      ["prediction-consistency", "top-diff"],
      ["brier-gap", "entropy"],
      ["brier-consistency", "top1"],
    ];
    for (const [risk, confidence] of pairs) {
      const argv = ["--risk", risk, "--confidence", confidence, "-e", "0.05"];
      const { stdout } = await succeed(["calibrate", ...labelled, ...argv]);
      expect((await succeed(["calibrate", table, ...argv])).stdout).toBe(stdout);
    }
    const sweep = ["-e", "0.05", "--format", "csv"];
    expect((await succeed(["sweep", table, ...sweep])).stdout).toBe(
      (await succeed(["sweep", ...labelled, ...sweep])).stdout,
    );
  });

  it("goes through a pipe", async () => {
    const { stdoutBytes } = await succeed(["score", ...labelled, "-o", "-"]);
    const { stdout } = await succeed(["calibrate", "-", "-e", "0.05"], { stdin: stdoutBytes });
    expect(stdout).toBe((await succeed(["calibrate", ...labelled, "-e", "0.05"])).stdout);
  });

  it("is byte-stable", async () => {
    const first = await succeed(["score", ...labelled, "-o", "-"]);
    expect((await succeed(["score", ...labelled, "-o", "-"])).stdoutBytes.equals(first.stdoutBytes)).toBe(true);
  });

  it("keeps only what --risk and --confidence name, and the costs", async () => {
    const table = scratch.path("small.arrow");
    await succeed([
      ...["score", ...labelled, "-o", table, "--risk", "prediction-gap", "--confidence", "top1"],
      ...["--costs", digits("costs.json")],
    ]);
    expect(await answerOf(["calibrate", table, "-e", "0.05"])).toMatchObject({
      costs: [0.004928, 0.014784, 0.052928, 0.505536],
      efficiency: { costUnit: "MFLOPs" },
    });
    expect((await runCli(["calibrate", table, "-e", "0.05", "--confidence", "entropy"])).code).toBe(
      "confidence-unknown",
    );
    expect((await runCli(["calibrate", table, "-e", "0.05", "--risk", "brier-gap"])).code).toBe("risk-unknown");
  });

  it("works without labels", async () => {
    const table = scratch.path("unlabelled.arrow");
    await succeed(["score", digits("logits_cal.npy"), "-o", table]);
    const file = await answerOf(["calibrate", table, "-e", "0.05"]);
    expect(file.risk).toBe("prediction-consistency");
    const { code } = await runCli(["calibrate", table, "-e", "0.05", "--risk", "prediction-gap"]);
    expect(["risk-unknown", "labels-needed"]).toContain(code);
  });

  it("refuses shards that do not fit, and leaves nothing", async () => {
    const target = scratch.path("mixed.arrow");
    const shard = "sample-data/broken/logits-shard-of-three-exits.npy";
    const { code, stderr } = await runCli(["score", digits("logits_cal.npy"), shard, "-o", target]);
    expect(code).toBe("shape-mismatch");
    expect(stderr).toContain(`${shard}: exits 3, expected 4 as in ${digits("logits_cal.npy")}`);
    expect(existsSync(target)).toBe(false);
  });
});

describe("-o folder/", () => {
  const pair = [digits("logits_cal.npy"), digits("logits_test.npy")];
  const labels = ["--labels", digits("labels_cal.npy"), "--labels", digits("labels_test.npy")];
  const folder = `${scratch.path("tables")}/`;

  it("writes one table per input", async () => {
    await succeed(["score", ...pair, ...labels, "-o", folder]);
    expect(readdirSync(folder).sort()).toEqual(["logits_cal.arrow", "logits_test.arrow"]);
    const { stdoutBytes } = await succeed(["score", ...labelled, "-o", "-"]);
    expect(readFileSync(`${folder}logits_cal.arrow`).equals(stdoutBytes)).toBe(true);
  });

  it("--resume skips the finished ones and says so", async () => {
    const [old, missing] = [`${folder}logits_cal.arrow`, `${folder}logits_test.arrow`];
    utimesSync(old, 1, 1);
    rmSync(missing);
    const { stderr } = await succeed(["score", ...pair, ...labels, "-o", folder, "--resume"]);
    expect(stderr).toContain("skipped");
    expect(statSync(old).mtimeMs).toBe(1000);
    expect(existsSync(missing)).toBe(true);
    await succeed(["score", ...pair, ...labels, "-o", folder]);
    expect(statSync(old).mtimeMs).toBeGreaterThan(1000);
  });

  it("wants labels for each input, and inputs of different names", async () => {
    expect((await runCli(["score", ...pair, "--labels", digits("labels_cal.npy"), "-o", folder])).code).toBe(
      "labels-mismatch",
    );
    const same = [input("nlc.npy"), input("nlc.npy")];
    const { status, stderr } = await runCli(["score", ...same, "-o", `${scratch.path("same")}/`]);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("nlc") });
  });

  it("that cannot be made is one line", async () => {
    scratch.write("file", "");
    const { code } = await runCli(["score", ...labelled, "-o", `${scratch.path("file")}/`]);
    expect(code).toBe("output-failed");
  });
});

it("needs -o", async () => {
  expect((await runCli(["score", ...labelled])).stderr).toContain("-o, --output: missing");
});
