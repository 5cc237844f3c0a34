import { existsSync, statSync } from "node:fs";
import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { writeOutput } from "../src/io/output.ts";
import { thresholdText } from "../src/io/threshold-file.ts";
import { type Baked, bakeAndCheck } from "../src/onnx/bake/bake-and-check.ts";
import { opsetOf } from "../src/onnx/model.ts";
import { formatNumber } from "../src/report/format.ts";
import { keepInputs } from "./keep-inputs.ts";
import {
  addModelOptions,
  inputPaths,
  type ModelFlags,
  modelPath,
  sessionOptions,
  unusedBatch,
} from "./model-options.ts";
import { newCommand } from "./new-command.ts";
import { openWholeModel } from "./open-model.ts";
import type { Session } from "./session.ts";
import { cautionUnused, readRule, ruleConfidence } from "./threshold-rule.ts";

const details = `
The file is ONNX with standard operators only, for any batch size and any runtime: rows whose
confidence exceeds the threshold stop, the others are compacted and go on, and the answers come back
in input order. Inputs keep their names; outputs are logits [N, C], exit (int64 [N], from 1) and
confidence (float32 [N]). The input "threshold" is optional: its default is the calibrated one.
The threshold file is kept in the model's metadata (eexit.threshold).

Before it is written, the file is run against the stages at three thresholds (never, always,
calibrated) and at batch sizes 1, 7 and 64. --if bakes nested If nodes instead: the fastest form for
one sample at a time, with the batch fixed to 1.`;

interface Flags extends ModelFlags {
  threshold?: string;
  output?: string;
  if?: boolean;
  force?: boolean;
}

export function bakeCommand(session: Session): Command {
  const command = newCommand("bake", "One standard ONNX file that exits early by itself, at any batch size.", {
    examples: [
      "eexit bake sample-data/digits/model.onnx -t threshold.json -o fast.onnx",
      "eexit bake stages/ -t threshold.json --input x.npy -o fast.onnx --force",
      "eexit bake model.onnx -t threshold.json --if -o one-by-one.onnx",
    ],
    details,
  });
  command.argument("[model]", "a multi-exit ONNX model or a folder of stages");
  addModelOptions(command, { batch: unusedBatch });
  command.optionsGroup("Rule:");
  command.option("-t, --threshold <file>", "threshold file written by calibrate");
  command.option("--if", "nested If nodes for one sample at a time");
  command.optionsGroup("Output:");
  command.option("-o, --output <file>", "the baked model");
  command.option("--force", "replace an existing file");
  command.action((model: string | undefined, flags: Flags) => run(modelPath(model, flags), flags, session));
  return command;
}

async function run(path: string, flags: Flags, session: Session): Promise<void> {
  const { output } = flags;
  if (output === undefined) {
    throw new EexitError(
      "bad-usage",
      "-o, --output: missing, expected a file for the baked model",
      "use for example -o fast.onnx",
    );
  }
  const file = await readRule(flags.threshold, session);
  keepInputs([path, flags.threshold as string, ...inputPaths(flags)], [output]);
  assertNew(output, flags.force ?? false);
  const network = await openWholeModel(path, flags, session);
  const named = { name: path, exitShape: network.exitShape, stages: network.stages };
  const request = {
    file,
    fileText: thresholdText(file),
    confidence: ruleConfidence(file, named),
    opset: opsetOf(network.model.proto),
  };
  cautionUnused(flags, file, request.confidence, session);
  const baked = await bakeAndCheck(network, request, flags.if ?? false, sessionOptions(flags, session));
  await writeOutput(output, baked.bytes, { overwrite: flags.force ?? false });
  report(output, baked, session);
}

/** Noticed before the work, not after it. */
function assertNew(output: string, force: boolean): void {
  if (force || !existsSync(output) || !statSync(output).isFile()) return;
  throw new EexitError(
    "file-exists",
    `${output}: exists already and would be overwritten`,
    "name another file or use --force",
  );
}

function report(output: string, { proof, spare, bytes }: Baked, session: Session): void {
  session.say(
    `${output}: ${formatNumber(bytes.length / 1e6, 3)} MB, checked against the stages on ${proof.rows} rows, thresholds never, always and calibrated, batches of ${proof.batchSizes.join(", ")}: same exits${proof.ambiguousRows > 0 ? ` but for ${proof.ambiguousRows} rows within 5e-5 of the threshold` : ""}, logits within ${proof.largestLogitDifference.toExponential(1)}`,
  );
  for (const { stage, operators } of spare) {
    session.caution(
      `stage ${stage + 1} holds ${operators.join(", ")}, which fails on an empty batch: when all rows have left, one runs on to there, so that a batch of 1 saves nothing up to that stage`,
    );
  }
}
