import { expect, test } from "vitest";
import { digits, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();

test("a row whose confidence equals the threshold stays: λ̂ is the confidence of a calibration row", async () => {
  const model = ["--model", digits("model.onnx"), "--input", digits("inputs_cal.npy")];
  await succeed(["extract", ...model, "-o", scratch.path("logits.npy")]);
  const labels = ["--labels", digits("labels_cal.npy")];
  await succeed(["calibrate", scratch.path("logits.npy"), ...labels, "-e", "0.05", "-o", scratch.path("t.json")]);
  const rule = ["infer", "-q", "-t", scratch.path("t.json")];
  const { stdout } = await succeed([...rule, ...model]);
  expect(stdout).toBe((await succeed([...rule, scratch.path("logits.npy")])).stdout);
});
