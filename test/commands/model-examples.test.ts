import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { npyHeader } from "../../src/io/npy-write.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { DocumentShell } from "../support/document-shell.ts";
import { bytesOf, ModelWriter } from "../support/onnx-graphs.ts";
import { succeed } from "../support/scratch.ts";

/** The examples in the help of the commands that run models, typed as they stand beside files of those names. */
const started = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "eexit-examples-"));
const digits = "sample-data/digits";

beforeAll(() => {
  cpSync(resolve(digits), join(folder, digits), { recursive: true });
  process.chdir(folder);
});

afterAll(() => {
  process.chdir(started);
  rmSync(folder, { recursive: true });
});

/** What stands in the folder before a command's examples; each may assume a model.onnx of another kind. */
const prepare: Readonly<Record<string, () => Promise<void> | void>> = {
  extract: tokensAndMask,
  split: fiveExits,
  bake: deployedDigits,
  infer: deployedDigits,
  bench: fewDigits,
};

describe.each(Object.keys(prepare))("eexit %s --help", (command) => {
  it("shows two or three examples first, and they work", async () => {
    await prepare[command]();
    const { stdout } = await succeed([command, "--help"]);
    const [, usage, examples] = stdout.split("\n\n");
    expect(usage).toMatch(new RegExp(`^Usage: eexit ${command}`));
    const lines = examples.split("\n").slice(1);
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) {
      const { status, text } = await new DocumentShell({ EEXIT_THREADS: "1" }).run(line.trim());
      expect(status, `${line}: ${text}`).toBe(0);
      expect(text).not.toBe("");
    }
  });
});

function tokensAndMask(): void {
  const m = new ModelWriter();
  const embedded = m.node("embedded", "Gather", [m.weight("table", [10, 8]), m.input("tokens", ["N"], "int64")]);
  const h1 = m.node("h1", "Mul", [embedded, m.input("mask", ["N", 8])]);
  m.exit("exit_1", h1, 8);
  m.exit("exit_2", m.layer("h2", h1, 8, 8), 8);
  writeFileSync("model.onnx", bytesOf(m.model()));
  copyFileSync(`${digits}/labels_cal.npy`, "x.npy");
  writeRows("m.npy", 400, 8);
}

async function fiveExits(): Promise<void> {
  const m = new ModelWriter();
  let h = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  for (let exit = 1; exit <= 5; exit++) {
    if (exit > 1) h = m.layer(`h${exit}`, h, 8, 8);
    m.exit(`exit_${exit}`, h, 8);
  }
  writeFileSync("model.onnx", bytesOf(m.model()));
  writeRows("x.npy", 100, 6);
  await succeed("extract model.onnx --exits exit_1,exit_3,exit_5 --input x.npy -o logits.npy".split(" "));
  writeFileSync("labels.npy", Array.from({ length: 100 }, (_, row) => `${row % 4}\n`).join(""));
}

function deployedDigits(): void {
  copyFileSync(`${digits}/model.onnx`, "model.onnx");
  copyFileSync(`${digits}/threshold.json`, "threshold.json");
  copyFileSync(`${digits}/inputs_test.npy`, "x.npy");
  copyFileSync(`${digits}/logits_test.arrow`, "logits.arrow");
  rmSync("stages", { recursive: true, force: true });
  cpSync(`${digits}/stages`, "stages", { recursive: true });
}

/** Measuring all 497 images at batch 1 takes longer than a test should. */
function fewDigits(): void {
  deployedDigits();
  const bytes = readFileSync(`${digits}/inputs_test.npy`);
  const [start, rows] = [10 + bytes.readUInt16LE(8), 40];
  const few = Buffer.concat([npyHeader("float32", [rows, 1, 8, 8]), bytes.subarray(start, start + rows * 64 * 4)]);
  for (const path of [`${digits}/inputs_test.npy`, "x.npy"]) writeFileSync(path, few);
}

function writeRows(name: string, count: number, width: number): void {
  const random = seededRandom(6);
  const values = Float32Array.from({ length: count * width }, () => random.normal());
  writeFileSync(name, Buffer.concat([npyHeader("float32", [count, width]), new Uint8Array(values.buffer)]));
}
