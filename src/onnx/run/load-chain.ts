import { basename } from "node:path";
import { EexitError } from "../../errors.ts";
import type { ProbeRows } from "../graph/probe-inputs.ts";
import { modelBytes, readModel } from "../model.ts";
import { modelMacs } from "../model-macs.ts";
import { openSession, type Session, type SessionOptions } from "../session.ts";
import { loadModels, type StagedNetwork, type StageModel, type StageModels } from "./staged-network.ts";

/** What the runtime tells of a model. */
type Declarations = Pick<Session, "inputs" | "outputs">;

/**
 * A chain of separate models on the same input, each an exit: growing networks instead of one with branches. What is live
 * at every boundary is the input itself, so a row that reaches model l has paid for models 1 … l, and the full network is
 * the last model alone.
 *
 * @param rows real rows to count the work with; null: seeded random ones
 * @throws EexitError `exits-unclear` when a model has several outputs, or inputs or logits of another shape than the first
 */
export async function stagesOfChain(paths: readonly string[], rows: ProbeRows | null): Promise<StageModels> {
  const stages: StageModel[] = [];
  const work: number[] = [];
  let first: Declarations | null = null;
  let weightBytes = 0;
  for (const [index, path] of paths.entries()) {
    const model = readModel(path);
    const bytes = modelBytes(path, model.proto);
    const declared = await declarationsOf(bytes, path);
    const [output, ...others] = declared.outputs;
    if (others.length > 0 || output === undefined) {
      throw new EexitError(
        "exits-unclear",
        `${path}: ${declared.outputs.length} outputs, expected one, the logits, of every model in a chain`,
        "a single model with several exits is given alone: --model model.onnx",
      );
    }
    const reads = declared.inputs.map(({ name }) => name);
    first ??= declared;
    assertAlike(paths[0], first, path, declared);
    const live = index === paths.length - 1 ? [] : declared.inputs.map((input) => inputTensor(path, input));
    stages.push({
      name: path,
      bytes: () => modelBytes(path, readModel(path).proto),
      exit: output.name,
      confidence: null,
      reads,
      live,
    });
    work.push(await modelMacs(model, rows));
    weightBytes += bytes.length;
  }
  let total = 0;
  return {
    name: paths.join(","),
    inputs: first!.inputs,
    exits: namesOf(paths),
    exitShape: first!.outputs[0].shape.slice(1),
    stages,
    macs: work.map((macs) => (total += macs)),
    fullMacs: work[work.length - 1],
    sha256: null,
    weightBytes,
    // read again when they are loaded
    forget() {},
  };
}

/** Loads a chain of separate models. */
export async function loadChain(
  paths: readonly string[],
  options: SessionOptions,
  rows: ProbeRows | null,
): Promise<StagedNetwork> {
  return loadModels(await stagesOfChain(paths, rows), options);
}

/** Loaded for a moment and as it is: optimising comes when it is to run. */
async function declarationsOf(bytes: Uint8Array, path: string): Promise<Declarations> {
  const session = await openSession(bytes, path, { threads: 1, provider: "cpu", optimize: false });
  const { inputs, outputs } = session;
  await session.release();
  return { inputs, outputs };
}

/** The files' own names where they differ, else the paths. */
function namesOf(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => basename(path, ".onnx"));
  return new Set(names).size === names.length ? names : paths;
}

function inputTensor(path: string, { name, type, shape }: Declarations["inputs"][number]) {
  if (shape[0] !== -1) {
    throw new EexitError(
      "batch-axis",
      `${path}: input ${name} has the shape [${shape.join(", ")}], expected an open first axis, one row per sample`,
      "export it with dynamic_axes",
    );
  }
  return { name, type: type as "float32", shape: shape.map((size) => (size < 0 ? null : size)), axis: 0 };
}

function assertAlike(firstPath: string, first: Declarations, path: string, declared: Declarations): void {
  const inputs = (of: Declarations) =>
    of.inputs.map(({ name, type, shape }) => `${name} ${type} [${shape.slice(1).join(", ")}]`).join("; ");
  const logits = (of: Declarations) => `[N, ${of.outputs[0]?.shape.slice(1).join(", ")}]`;
  for (const [what, of] of [
    ["inputs", inputs],
    ["logits", logits],
  ] as const) {
    if (of(declared) === of(first)) continue;
    throw new EexitError(
      "exits-unclear",
      `${path}: ${what} ${of(declared)}, expected ${of(first)} as in ${firstPath}`,
      "the models of a chain take the same inputs and tell the same classes apart",
    );
  }
}
