import { declaredInputs } from "../graph/declared-inputs.ts";
import { readStageFolder } from "../manifest.ts";
import { decodeModel } from "../model.ts";
import type { Declared, SessionOptions } from "../session.ts";
import { loadModels, type StagedNetwork, type StageModels } from "./staged-network.ts";

/** The stages of a folder that `eexit split` wrote. */
export function stagesOfFolder(folder: string): StageModels {
  const { manifest, files } = readStageFolder(folder);
  const models = files.map(({ name, bytes }) => ({ name: `${folder}/${name}`, bytes }));
  let kept = models;
  return {
    name: folder,
    inputs: inputsOf(models, new Set(manifest.inputs)),
    exits: manifest.exits,
    exitShape: manifest.exitShape,
    stages: manifest.stages.map(({ exit, confidence, reads, live }, index) => {
      return { name: models[index].name, bytes: () => kept[index].bytes, exit, confidence, reads, live };
    }),
    macs: manifest.stages.map(({ cumulativeMacs }) => cumulativeMacs),
    sha256: manifest.model.sha256,
    weightBytes: models.reduce((sum, { bytes }) => sum + bytes.length, 0),
    forget() {
      kept = [];
    },
  };
}

/** Loads a folder that `eexit split` wrote. */
export async function loadFolder(folder: string, options: SessionOptions): Promise<StagedNetwork> {
  return loadModels(stagesOfFolder(folder), options);
}

/** The network's inputs as its stages declare them: each from the first stage that reads it. */
function inputsOf(
  models: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  names: ReadonlySet<string>,
): Declared[] {
  const inputs = new Map<string, Declared>();
  for (const { name, bytes } of models) {
    const { graph } = decodeModel(name, bytes);
    for (const input of declaredInputs({ graph: graph! })) {
      if (names.has(input.name) && !inputs.has(input.name)) inputs.set(input.name, input);
    }
  }
  return [...inputs.values()];
}
