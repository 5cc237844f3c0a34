import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { stageFiles } from "../src/onnx/manifest.ts";
import { modelBytes } from "../src/onnx/model.ts";
import { proveStages } from "../src/onnx/prove-stages.ts";
import { loadStages } from "../src/onnx/run/staged-network.ts";
import { openSession } from "../src/onnx/session.ts";
import { formatCount, formatPercent } from "../src/report/format.ts";
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
import { writeStages } from "./write-stages.ts";

const details = `
Stage k computes what exit k needs and no earlier exit did. The manifest lists the stages in order with the tensors
that cross each boundary, their multiply-accumulates (from shapes that were really seen), parameters and SHA-256.
Before anything is written the stages are run against the whole model on probe rows, seeded random ones or the first
64 of --input, while about half of the rows leave at every exit; they must agree within 2e-5 (float16: 2e-2).`;

interface Flags extends ModelFlags {
  output?: string;
  force?: boolean;
}

export function splitCommand(session: Session): Command {
  const command = newCommand(
    "split",
    "Cut a multi-exit ONNX model into one file per stage, and prove that nothing changed.",
    {
      examples: [
        "eexit split sample-data/digits/model.onnx -o stages/",
        "eexit split model.onnx --exits exit_1,exit_3,exit_5 --input x.npy -o stages/ --force",
        "eexit calibrate logits.npy --labels labels.npy -e 0.05 --costs stages/manifest.json",
      ],
      details,
    },
  );
  command.argument("[model]", "a multi-exit ONNX model");
  addModelOptions(command, { batch: unusedBatch });
  command.optionsGroup("Output:");
  command.option("-o, --output <folder>", "folder for the stages and manifest.json");
  command.option("--force", "replace the stages in a folder that has some");
  command.action((model: string | undefined, flags: Flags) => run(modelPath(model, flags), flags, session));
  return command;
}

const PATTERNS = 8;
const SEED = 0;

async function run(path: string, flags: Flags, session: Session): Promise<void> {
  const folder = outputFolder(flags);
  const options = sessionOptions(flags, session);
  const network = await openWholeModel(path, flags, session);
  const whole = await openSession(modelBytes(path, network.model.proto), path, options);
  const staged = await loadStages(network, options);
  const proof = await proveStages(whole, staged, network.probe, PATTERNS, SEED);
  await whole.release();
  await staged.release();
  const { files, manifest } = stageFiles(network, { ...proof, realRows: flags.input !== undefined, seed: SEED });
  keepInputs(
    [path, ...inputPaths(flags)],
    files.map(({ name }) => join(folder, name)),
  );
  await writeStages(folder, files, manifest);
  const fullMacs = manifest.stages[manifest.stages.length - 1].cumulativeMacs;
  const lines = manifest.stages.map(({ file, exit, live, macs, cumulativeMacs, parameters }, stage) =>
    [
      `${file}  exit ${stage + 1} (${exit})`,
      `${macs} MACs, ${formatPercent(fullMacs > 0 ? cumulativeMacs / fullMacs : 0)} of all up to here`,
      formatCount(parameters, "parameter"),
      live.length > 0
        ? `passes on ${live.map(({ name, shape }) => `${name} [${shape.map((size) => size ?? "N").join(", ")}]`).join(", ")}`
        : "",
    ]
      .filter(Boolean)
      .join("; "),
  );
  session.answer(`${lines.join("\n")}\n`);
  const rows = `${proof.rows} ${flags.input === undefined ? `random rows (seed ${SEED})` : "rows of --input"}`;
  const equal = proof.bitEqual
    ? "bit for bit equal"
    : `equal within ${proof.tolerance} (largest difference ${proof.largestDifference.toExponential(1)})`;
  session.say(
    `${folder}: ${manifest.stages.length} stages, ${equal} to the whole model on ${rows}, ${PATTERNS + 1} patterns of leaving`,
  );
}

/** @throws EexitError `file-exists` when the folder holds anything and `--force` is not given */
function outputFolder({ output, force }: Flags): string {
  if (output === undefined) {
    throw new EexitError(
      "bad-usage",
      "-o, --output: missing, expected a folder for the stages",
      "use for example -o stages/",
    );
  }
  const used = existsSync(output) && safeList(output).length > 0;
  if (used && !force) {
    throw new EexitError(
      "file-exists",
      `${output}: exists already and is not empty`,
      "name another folder or use --force",
    );
  }
  return output;
}

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return ["a file"];
  }
}
