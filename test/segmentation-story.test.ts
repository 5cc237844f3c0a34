import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { memorySource } from "../src/io/byte-source.ts";
import { npyTensor } from "../src/io/npy.ts";
import { readFloatRows } from "../src/io/read-rows.ts";
import { scratchFolder, succeed } from "./support/scratch.ts";

// The story of sample-data/tasks/segmentation, from model to class maps. Its README is run by docs.test.ts, its script by
// sample-tasks.test.ts.
const story = "sample-data/tasks/segmentation";
const scratch = scratchFolder();

const scenes = (part: string) => ["--input", `${story}/scenes_${part}.npy`];
const model = ["--model", `${story}/model.onnx`];
const array = (path: string) => npyTensor(memorySource(path, readFileSync(path)));

test("a dense model scores as the logits that extract writes, and infers as they do", async () => {
  const labels = ["--labels", `${story}/maps_test.npy`, "--ignore-label", "255"];
  const asked = ["--confidence", "top1@patch:8,entropy@quantile:0.25"];
  await succeed(["extract", ...model, ...scenes("test"), "--batch", "37", "-o", scratch.path("logits.npy")]);
  await succeed([
    "score",
    ...model,
    ...scenes("test"),
    "--batch",
    "37",
    ...labels,
    ...asked,
    "-o",
    scratch.path("model.arrow"),
  ]);
  await succeed(["score", scratch.path("logits.npy"), ...labels, ...asked, "-o", scratch.path("logits.arrow")]);
  const wanted = ["--confidence", "top1@patch:8", "--risk", "miou-gap", "-e", "0.15"];
  const [one, two] = await Promise.all(
    ["model.arrow", "logits.arrow"].map(async (name) => {
      const { stdout } = await succeed(["calibrate", scratch.path(name), ...wanted]);
      return JSON.parse(stdout);
    }),
  );
  expect({ ...one, exitNames: undefined }).toEqual({ ...two, exitNames: undefined });
  expect(one.policy).toBe("threshold");

  const rule = scratch.write("rule.json", JSON.stringify(two));
  const maps = [scratch.path("from-model.npy"), scratch.path("from-logits.npy")];
  const inferred = await succeed([
    "infer",
    "-t",
    rule,
    ...model,
    ...scenes("test"),
    "--batch",
    "37",
    "--predictions",
    maps[0],
  ]);
  const applied = await succeed(["infer", "-t", rule, scratch.path("logits.npy"), "--predictions", maps[1]]);
  expect(exitsOf(inferred.stdout)).toEqual(exitsOf(applied.stdout));
  const [first, second] = maps.map(array);
  expect([first.type, first.shape]).toEqual(["uint8", [160, 16, 24]]);
  expect(readFloatRows(first, 0, 160)).toEqual(readFloatRows(second, 0, 160));
});

function exitsOf(ndjson: string): number[] {
  return ndjson
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).exit);
}
