import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { scratchFolder } from "../support/scratch.ts";

const digits = join(import.meta.dirname, "../../sample-data/digits");
const scratch = scratchFolder();

test("score --model gives the table of the logits that extract writes", async () => {
  const model = ["--model", `${digits}/model.onnx`, "--input", `${digits}/inputs_cal.npy`, "--batch", "33"];
  const labels = ["--labels", `${digits}/labels_cal.npy`];
  const straight = await runCli(["score", ...model, ...labels, "-o", scratch.path("straight.arrow")]);
  expect(straight.stderr).toContain("400 samples, 4 exits");
  await runCli(["extract", ...model, "-o", scratch.path("logits.npy")]);
  const exits = ["--exits", "exit_1,exit_2,exit_3,exit_4"];
  await runCli(["extract", ...model, ...exits, "-o", scratch.path("logits.arrow")]);
  await runCli(["score", scratch.path("logits.arrow"), ...exits, ...labels, "-o", scratch.path("two-steps.arrow")]);
  const [one, two] = ["straight", "two-steps"].map((name) => readFileSync(scratch.path(`${name}.arrow`)));
  expect(one.equals(two)).toBe(true);
});

test("score takes logits or a model, one table for a model", async () => {
  const model = ["--model", `${digits}/model.onnx`, "--input", `${digits}/inputs_cal.npy`];
  const both = await runCli(["score", `${digits}/logits_cal.npy`, ...model, "-o", "x.arrow"]);
  expect([both.status, both.stderr]).toEqual([
    2,
    expect.stringContaining("and --model: expected --input and one table"),
  ]);
  const missing = await runCli(["score", "--model", `${digits}/model.onnx`, "-o", "x.arrow"]);
  expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining("--input: missing")]);
});
