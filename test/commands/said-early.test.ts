import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { bash, hasBash } from "../support/bash.ts";
import { runCli } from "../support/run-cli.ts";
import { digits, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const threshold = digits("threshold.json");
const missing = "missing.npy";

describe("slips in options are said before anything is read", () => {
  it.each([
    ["--max-mean-exit", "many", ["check", "-t", threshold, missing]],
    ["--min-saving", "some", ["check", "-t", threshold, missing]],
    ["--min-saving", "30", ["check", "-t", threshold, missing]],
    ["--margin", "wide", ["check", "-t", threshold, missing, "--baseline", missing]],
    ["--compare", "both", ["check", "-t", threshold, missing, "--baseline", missing]],
    ["-d", "2", ["check", "-t", missing, missing]],
    ["--costs", "3,2,1", ["score", missing, "-o", scratch.path("table.arrow")]],
    ["--costs", "3,2,1", ["calibrate", missing, "-e", "0.05"]],
    ["--lambda-direction", "left", ["calibrate", missing, "-e", "0.05"]],
    ["--reference", "first", ["calibrate", missing, "-e", "0.05"]],
    ["--rows", "few", ["bench", "missing.onnx", "-t", threshold]],
  ])("%s %s", async (option, value, argv) => {
    const { status, stderr } = await runCli([...argv, option, value]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${option} ${value}`);
    expect(stderr).not.toContain("no such file");
  });

  it("costs of another number of exits are said once the exits are known", async () => {
    const { code, stderr } = await runCli(["calibrate", ...labelled, "-e", "0.05", "--costs", "1,2,3"]);
    expect([code, stderr]).toEqual(["costs-invalid", expect.stringContaining("3 costs, expected 4")]);
  });
});

describe("what a newcomer types", () => {
  it("a file as a command is told what looks at it", async () => {
    const { stderr } = await runCli([digits("logits_cal.npy")]);
    expect(stderr).toContain(`hint: it is a file: eexit inspect ${digits("logits_cal.npy")} shows what it holds`);
  });

  it("check without -t before the threshold file", async () => {
    const { stderr } = await runCli(["check", threshold, digits("logits_test.npy")]);
    expect(stderr).toContain(`hint: did you mean eexit check -t ${threshold} …?`);
  });

  it("a report into a folder that is not there, before the work and without an answer", async () => {
    const path = scratch.path("no-folder/check.xml");
    const { status, code, stdout } = await runCli(["check", "-t", threshold, missing, "--report", path]);
    expect([status, code, stdout]).toEqual([2, "output-failed", ""]);
  });
});

describe("--confidence-output that nothing compares is said", () => {
  const named = ["--confidence-output", "exit_1,exit_2,exit_3"];
  const model = digits("model.onnx");
  const images = ["--input", digits("inputs_test.npy")];

  it.each([
    ["infer", ["infer", "-t", threshold, "--model", model, ...images, "-o", scratch.path("answers.csv")]],
    ["bake", ["bake", model, "-t", threshold, "-o", scratch.path("fast.onnx")]],
    ["extract", ["extract", model, ...images, "-o", scratch.path("logits.npy")]],
    ["score", ["score", "--model", model, ...images, "-o", scratch.path("table.arrow")]],
  ])("by %s", async (_, argv) => {
    const { stderr } = await runCli([...argv, ...named]);
    if (/^eexit:/m.test(stderr)) expect(stderr).toContain("--confidence-output");
    else expect(stderr).toMatch(/--confidence-output exit_1,exit_2,exit_3 is not used/);
  });
});

describe("inputs are never outputs", () => {
  it("inside a folder of stages either", async () => {
    const stages = scratch.path("stages");
    cpSync(digits("stages"), stages, { recursive: true });
    copyFileSync(threshold, scratch.path("stages/threshold.json"));
    const before = readFileSync(scratch.path("stages/stage_2.onnx"));
    const images = ["--input", digits("inputs_test.npy")];
    for (const argv of [
      ["bake", stages, "-t", threshold, "-o", scratch.path("stages/stage_2.onnx"), "--force"],
      ["infer", "-t", threshold, "--model", stages, ...images, "-o", scratch.path("stages/stage_2.onnx")],
      ["infer", "-t", threshold, "--model", stages, ...images, "--summary", scratch.path("stages/manifest.json")],
      ["bench", stages, "-t", threshold, ...images, "--report", scratch.path("stages/manifest.json")],
    ]) {
      const { status, code } = await runCli(argv);
      expect([argv[0], status, code]).toEqual([argv[0], 2, "file-exists"]);
    }
    expect(readFileSync(scratch.path("stages/stage_2.onnx"))).toEqual(before);
    await succeed(["bake", stages, "-t", threshold, "-o", scratch.path("stages/baked.onnx")]);
  });

  it("nor is the model that is split", async () => {
    const path = scratch.path("split/stage_1.onnx");
    cpSync(digits("model.onnx"), path, { recursive: true });
    writeFileSync(scratch.path("split/manifest.json"), "{}");
    const { status, code } = await runCli(["split", path, "-o", scratch.path("split"), "--force"]);
    expect([status, code]).toEqual([2, "file-exists"]);
    expect(readFileSync(path)).toEqual(readFileSync(digits("model.onnx")));
  });
});

const program = resolve("dist/bin/eexit.js");
const runs = hasBash && existsSync(program);
if (!runs) process.stderr.write("said-early.test.ts: no bash or no dist/bin/eexit.js: pipes by name are not tested\n");

describe.skipIf(!runs)("a pipe by name is read once", () => {
  const shell = (line: string) => bash(line.replaceAll("eexit ", `'${process.execPath}' '${program}' `));

  it.each([
    [
      "logits",
      `inspect <(cat ${digits("logits_cal.npy")}) --labels <(cat ${digits("labels_cal.npy")})`,
      `inspect ${labelled.join(" ")}`,
    ],
    ["a threshold file", `inspect <(cat ${threshold})`, `inspect ${threshold}`],
  ])("by inspect: %s", async (_, piped, plain) => {
    const answer = shell(`eexit ${piped}`);
    const want = await runCli(plain.split(" "));
    expect(answer.status).toBe(want.status);
    expect(answer.stdout).toBe(want.stdout);
  });

  it("by calibrate: costs as an array", () => {
    const { status, stdout } = shell(
      `eexit calibrate ${digits("logits_cal.npy")} -e 0.05 -q --costs <(cat ${digits("stages/manifest.json")})`,
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout).efficiency.costUnit).toBe("MACs");
  });
});
