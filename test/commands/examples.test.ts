import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentShell } from "../support/document-shell.ts";
import { succeed } from "../support/scratch.ts";

/** The examples in the help of calibrate, sweep, check, score and of the program, typed as they stand beside files of those names. */
const started = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "eexit-examples-"));

beforeAll(async () => {
  for (const name of ["digits", "loss-table"]) {
    cpSync(resolve("sample-data", name), join(folder, "sample-data", name), { recursive: true });
  }
  copyFileSync(resolve("test/reference/inputs/named.npz"), join(folder, "logits.npz"));
  process.chdir(folder);
  const digits = "sample-data/digits";
  copyFileSync(`${digits}/model.onnx`, "model.onnx");
  copyFileSync(`${digits}/inputs_cal.npy`, "x.npy");
  copyFileSync(`${digits}/labels_cal.npy`, "labels.npy");
  for (const name of ["fresh", "new", "old"]) copyFileSync(`${digits}/logits_test.npy`, `${name}.npy`);
  for (const name of ["fresh-labels", "y"]) copyFileSync(`${digits}/labels_test.npy`, `${name}.npy`);
  mkdirSync("shards");
  for (const part of ["cal", "test"]) {
    copyFileSync(`${digits}/logits_${part}.npy`, `shards/${part}.npy`);
    copyFileSync(`${digits}/labels_${part}.npy`, `shards/${part}.labels`);
  }
  for (const name of ["threshold", "new", "old"]) {
    const labelled = [`${digits}/logits_cal.npy`, "--labels", `${digits}/labels_cal.npy`];
    await succeed(["calibrate", ...labelled, "-e", "0.05", "-o", `${name}.json`]);
  }
});

afterAll(() => {
  process.chdir(started);
  rmSync(folder, { recursive: true });
});

describe.each([[], ["calibrate"], ["sweep"], ["check"], ["score"]])("eexit %s --help", (command = "") => {
  it("shows examples that work", async () => {
    const { stdout } = await succeed(command === "" ? ["--help"] : [command, "--help"]);
    const examples = stdout.split("Examples:\n")[1].split("\n\n")[0].split("\n");
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const line of examples) {
      const { status, text } = await new DocumentShell().run(line.trim());
      expect(status, `${line}: ${text}`).toBe(0);
    }
  });
});

it("the reports that the examples write are there", () => {
  expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("eexit calibration");
  expect(readFileSync(join(folder, "curves.html"), "utf8")).toContain("eexit sweep on 400 samples");
});
