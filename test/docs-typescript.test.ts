import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { fencedBlocks } from "./support/console-blocks.ts";
import { runCli } from "./support/run-cli.ts";

/** The ```ts blocks of the documents do what the text beside them says. */
const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "eexit-ts-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** The only ```ts block of a document as a module; `"eexit"` is the library's source. */
function moduleOf(document: string) {
  const [block] = fencedBlocks(readFileSync(join(root, document), "utf8")).filter(({ language }) => language === "ts");
  const path = join(folder, document.replace(/\W/g, "-").replace(/-md$/, ".ts"));
  writeFileSync(path, block.lines.join("\n").replace('"eexit"', JSON.stringify(join(root, "src/index.ts"))));
  return import(path);
}

it("docs/tutorial.md: the rule leaves where hand-made logits say", async () => {
  const { leave } = await moduleOf("docs/tutorial.md");
  // softmax([0, ln 3]) is [1/4, 3/4]
  const logits = [Float32Array.of(0, 0), Float32Array.of(0, Math.log(3)), Float32Array.of(9, 0)];
  expect(leave(logits, 0.7, 3)).toEqual({ exit: 2, prediction: 1 });
  expect(leave(logits, 0.76, 3)).toEqual({ exit: 3, prediction: 0 });
  // strict: a confidence of exactly 1/2 stays
  expect(leave(logits, 0.5, 3)).toEqual({ exit: 2, prediction: 1 });
  expect(leave(logits, Number.MAX_VALUE, 3).exit).toBe(3);
  expect(leave(logits, -Number.MAX_VALUE, 3).exit).toBe(1);
});

it("docs/library.md: the library chooses what the command chooses", async () => {
  const { chooseThreshold } = await moduleOf("docs/library.md");
  const path = join(root, "sample-data/digits/logits_cal.npy");
  const bytes = readFileSync(path);
  const dataStart = 10 + bytes.readUInt16LE(8);
  const logits = Float32Array.from({ length: 400 * 4 * 10 }, (_, i) => bytes.readFloatLE(dataStart + 4 * i));
  const { stdout } = await runCli(["calibrate", path, "-e", "0.05"]);
  const { policy, threshold, statement } = JSON.parse(stdout);
  expect(chooseThreshold(logits, 400, 4, 10)).toMatchObject({ policy, threshold, statement });
});
