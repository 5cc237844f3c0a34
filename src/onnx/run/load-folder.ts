import { readStageFolder } from "../manifest.ts";
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
