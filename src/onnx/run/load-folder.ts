import { EexitError } from "../../errors.ts";
import { readStageFolder } from "../manifest.ts";
import { modelBytes, readModel } from "../model.ts";
import { openSession, type SessionOptions } from "../session.ts";
import { inputsOfStages, type LoadedStage, releaseAll, type StagedNetwork } from "./staged-network.ts";

/** Loads a folder that `eexit split` wrote. */
export async function loadFolder(folder: string, options: SessionOptions): Promise<StagedNetwork> {
  const { manifest, files } = readStageFolder(folder);
  const stages: LoadedStage[] = [];
  for (const [index, { exit, confidence, reads, live }] of manifest.stages.entries()) {
    const { name, bytes } = files[index];
    const session = await openSession(bytes, `${folder}/${name}`, { ...options, sharing: true });
    stages.push({ session, exit, confidence, reads, live });
  }
  return {
    name: folder,
    inputs: inputsOfStages(stages),
    exits: manifest.exits,
    exitShape: manifest.exitShape,
    stages,
    macs: manifest.stages.map(({ cumulativeMacs }) => cumulativeMacs),
    sha256: manifest.model.sha256,
    release: () => releaseAll(stages),
  };
}

/**
 * A chain of separate models on the same input, each an exit: growing networks instead of one with branches. What is live
 * at every boundary is the input itself.
 *
 * @throws EexitError `exits-unclear` when a model has several outputs, or inputs or logits of another shape than the first
 */
export async function loadChain(paths: readonly string[], options: SessionOptions): Promise<StagedNetwork> {
  const stages: LoadedStage[] = [];
  for (const [index, path] of paths.entries()) {
    const session = await openSession(modelBytes(path, readModel(path).proto), path, { ...options, sharing: true });
    const [output, ...others] = session.outputs;
    if (others.length > 0 || output === undefined) {
      throw new EexitError(
        "exits-unclear",
        `${path}: ${session.outputs.length} outputs, expected one, the logits, of every model in a chain`,
        "a single model with several exits is given alone: --model model.onnx",
      );
    }
    const reads = session.inputs.map(({ name }) => name);
    assertAlike(paths[0], stages[0]?.session ?? session, path, session);
    const live = index === paths.length - 1 ? [] : session.inputs.map((input) => inputTensor(path, input));
    stages.push({ session, exit: output.name, confidence: null, reads, live });
  }
  const [first] = stages;
  const [output] = first.session.outputs;
  return {
    name: paths.join(","),
    inputs: first.session.inputs,
    exits: paths,
    exitShape: output.shape.slice(1),
    stages,
    macs: null,
    sha256: null,
    release: () => releaseAll(stages),
  };
}

function inputTensor(path: string, { name, type, shape }: LoadedStage["session"]["inputs"][number]) {
  if (shape[0] !== -1) {
    throw new EexitError(
      "batch-axis",
      `${path}: input ${name} has the shape [${shape.join(", ")}], expected an open first axis, one row per sample`,
      "export it with dynamic_axes",
    );
  }
  return { name, type: type as "float32", shape: shape.map((size) => (size < 0 ? null : size)), axis: 0 };
}

function assertAlike(
  firstPath: string,
  first: LoadedStage["session"],
  path: string,
  session: LoadedStage["session"],
): void {
  const inputs = (of: LoadedStage["session"]) =>
    of.inputs.map(({ name, type, shape }) => `${name} ${type} [${shape.slice(1).join(", ")}]`).join("; ");
  const logits = (of: LoadedStage["session"]) => `[N, ${of.outputs[0]?.shape.slice(1).join(", ")}]`;
  for (const [what, of] of [
    ["inputs", inputs],
    ["logits", logits],
  ] as const) {
    if (of(session) === of(first)) continue;
    throw new EexitError(
      "exits-unclear",
      `${path}: ${what} ${of(session)}, expected ${of(first)} as in ${firstPath}`,
      "the models of a chain take the same inputs and tell the same classes apart",
    );
  }
}
