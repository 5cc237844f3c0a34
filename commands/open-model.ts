import { EexitError } from "../src/errors.ts";
import { declaredInputs } from "../src/onnx/graph/declared-inputs.ts";
import { isStageFolder, readStageFolder } from "../src/onnx/manifest.ts";
import { mergeStages } from "../src/onnx/merge-stages.ts";
import { type Model, readModel } from "../src/onnx/model.ts";
import { type Network, openNetwork } from "../src/onnx/network.ts";
import { chainOf } from "./is-model-path.ts";
import { type ModelFlags, namedList, probeRows } from "./model-options.ts";
import type { Session } from "./session.ts";

/** Rows that a model is looked at with; the first 5 for shapes, all of them for the proofs. */
export const PROBE_ROWS = 64;

/** A whole model, or the stages of a folder put together again, with its exits, stages and boundaries. */
export async function openWholeModel(path: string, flags: ModelFlags, session: Session): Promise<Network> {
  const { model, exits, confidences } = readWhole(path);
  const rows = await probeRows(flags, declaredInputs(model), PROBE_ROWS, session);
  const network = await openNetwork(model, {
    exits: namedList("--exits", flags.exits) ?? exits,
    confidenceOutputs: namedList("--confidence-output", flags.confidenceOutput) ?? confidences,
    rows,
    seed: 0,
  });
  const aside = network.otherOutputs.filter((name) => !network.stages.some(({ confidence }) => confidence === name));
  if (aside.length > 0) session.say(`note: outputs left aside, as they are no exits: ${aside.join(", ")}`);
  for (const exit of network.cheaperThanEarlier) {
    session.caution(
      `exit ${exit + 1} (${network.exits[exit]}) alone costs fewer MACs than an exit before it: is the order right? The last exit is taken for the full network; see --exits`,
    );
  }
  if (network.dropped.length > 0)
    session.say(`note: nodes that feed no exit are left out: ${shortList(network.dropped)}`);
  if (network.uncounted.length > 0)
    session.say(`note: the work inside these is not counted as MACs: ${shortList(network.uncounted)}`);
  return network;
}

interface Whole {
  readonly model: Model;
  readonly exits: readonly string[] | null;
  readonly confidences: readonly string[] | null;
}

/** A model as it is, or the stages of a folder put together again; with the folder come its exits. */
export function readWhole(path: string): Whole {
  if (chainOf(path) !== null) {
    throw new EexitError(
      "bad-usage",
      `${path}: a chain of separate models, expected one model`,
      "infer, extract, score and bench run a chain as it is: its models need no cutting",
    );
  }
  if (!isStageFolder(path)) return { model: readModel(path), exits: null, confidences: null };
  const { manifest, files } = readStageFolder(path);
  const confidences = manifest.stages.flatMap(({ confidence }) => confidence ?? []);
  return {
    model: mergeStages(path, manifest, files),
    exits: manifest.exits,
    confidences: confidences.length > 0 ? confidences : null,
  };
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
