import { basename } from "node:path";
import { EexitError } from "../../errors.ts";
import type { ProbeRows } from "../graph/probe-inputs.ts";
import { modelBytes, readModel } from "../model.ts";
import { modelMacs } from "../model-macs.ts";
import { openSession, type SessionOptions } from "../session.ts";
import { type LoadedStage, releaseAll, type StagedNetwork } from "./staged-network.ts";

/**
 * A chain of separate models on the same input, each an exit: growing networks instead of one with branches. What is live
 * at every boundary is the input itself, so a row that reaches model l has paid for models 1 … l, and the full network is
 * the last model alone.
 *
 * @param rows real rows to count the work with; null: seeded random ones
 * @throws EexitError `exits-unclear` when a model has several outputs, or inputs or logits of another shape than the first
 */
export async function loadChain(
  paths: readonly string[],
  options: SessionOptions,
  rows: ProbeRows | null,
): Promise<StagedNetwork> {
  const stages: LoadedStage[] = [];
  const work: number[] = [];
  for (const [index, path] of paths.entries()) {
    const model = readModel(path);
    const session = await openSession(modelBytes(path, model.proto), path, { ...options, sharing: true });
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
    work.push(await modelMacs(model, rows));
  }
  const [first] = stages;
  const [output] = first.session.outputs;
  let total = 0;
  return {
    name: paths.join(","),
    inputs: first.session.inputs,
    exits: namesOf(paths),
    exitShape: output.shape.slice(1),
    stages,
    macs: work.map((macs) => (total += macs)),
    fullMacs: work[work.length - 1],
    sha256: null,
    release: () => releaseAll(stages),
  };
}

/** The files' own names where they differ, else the paths. */
function namesOf(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => basename(path, ".onnx"));
  return new Set(names).size === names.length ? names : paths;
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
