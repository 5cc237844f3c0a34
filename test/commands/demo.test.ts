import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { runCli } from "../support/run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "eexit-demo-test-"));
const data = resolve(import.meta.dirname, "../../sample-data");
afterAll(() => rmSync(folder, { recursive: true }));

/** Time is measured; everything else is the same each time. */
const timeless = (text: string) => text.replace(/^time: .*$/gm, "time: …");
const commandsOf = (text: string) => text.split("\n").filter((line) => line.startsWith("$ "));

describe("eexit demo", () => {
  it("tells the story from model to baked model and what to do next, the same each time", async () => {
    const { status, stdout, stderr } = await runCli(["demo"]);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    expect(commandsOf(stdout).map((line) => line.split(" ")[2])).toEqual(
      "extract score calibrate explain check sweep infer bake".split(" "),
    );
    expect(stdout).toContain("logits.npy: 400 samples, 4 exits (exit_1, exit_2, exit_3, exit_4)");
    expect(stdout).toMatch(/score logits\.npy /);
    expect(stdout).toContain("table.arrow: 400 samples, 4 exits");
    expect(stdout).toContain("eexit check of prediction-gap ≤ 0.05: holds");
    expect(stdout).toMatch(/97\.\d % of MACs saved/);
    expect(stdout).toMatch(/497 samples: mean exit 1\.6\d* \(calibration 1\.6\d*\), 96\.9 % of MACs saved/);
    expect(stdout).toMatch(/fast\.onnx: .* checked against the stages/);
    expect(stdout).toMatch(/With your own model[^\n]*\n {2}eexit extract [^\n]*\n {2}eexit calibrate [^\n]*\n$/);
    expect(stdout).not.toContain(tmpdir());
    expect(timeless((await runCli(["demo"])).stdout)).toBe(timeless(stdout));
  });

  it("--keep keeps the files, and the printed commands can be typed", async () => {
    const kept = join(folder, "new", "kept");
    const { status, stdout } = await runCli(["demo", "--keep", kept]);
    expect(status).toBe(0);
    expect(readdirSync(kept).sort()).toEqual([
      "answers.csv",
      "curves.html",
      "fast.onnx",
      "logits.npy",
      "table.arrow",
      "threshold.json",
    ]);
    // A model is replaced by --force only.
    rmSync(join(kept, "fast.onnx"));
    const before = readFileSync(join(kept, "threshold.json"), "utf8");
    for (const line of commandsOf(stdout)) {
      const again = await runCli(line.split(" ").slice(2));
      expect(again.status, `${line}: ${again.stderr}`).toBe(0);
      if (again.stdout !== "") expect(stdout).toContain(again.stdout.trim());
    }
    expect(readFileSync(join(kept, "threshold.json"), "utf8")).toBe(before);
  });

  it("leaves no temporary folder behind", async () => {
    const temporary = () => readdirSync(tmpdir()).filter((name) => /^eexit-demo-[^t]/.test(name));
    const before = temporary();
    await runCli(["demo"]);
    expect(temporary().filter((name) => !before.includes(name))).toEqual([]);
  });

  it("does not listen to a config file of the user's", async () => {
    writeFileSync(join(folder, "eexit.config.json"), '{ "delta": 0.3 }');
    const told = (await runCli(["demo"], { cwd: folder })).stdout;
    expect(timeless(told)).toBe(timeless((await runCli(["demo"])).stdout));
  });

  it("goes on with the bundled logits where no model can be run", async () => {
    vi.doMock("onnxruntime-node", () => ({
      get default() {
        throw new Error("Cannot find package 'onnxruntime-node'");
      },
    }));
    const { status, stdout } = await runCli(["demo"]).finally(() => vi.doUnmock("onnxruntime-node"));
    expect(status).toBe(0);
    expect(stdout.match(/^left out: eexit: onnxruntime-node: cannot be loaded/gm)).toHaveLength(3);
    expect(stdout).toMatch(/score \S*digits\/logits_cal\.npy /);
    expect(stdout).toContain("eexit check of prediction-gap ≤ 0.05: holds");
  });

  it("overwrites nothing and says what is in the way", async () => {
    writeFileSync(join(folder, "threshold.json"), "mine");
    const { status, stdout, stderr } = await runCli(["demo", "--keep", folder]);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("threshold.json exists already");
    expect(readFileSync(join(folder, "threshold.json"), "utf8")).toBe("mine");
    const file = await runCli(["demo", "--keep", join(data, "README.md")]);
    expect(file.status).toBe(2);
    expect(file.stderr).toContain("cannot be made");
    expect(existsSync(join(data, "README.md"))).toBe(true);
  });
});
