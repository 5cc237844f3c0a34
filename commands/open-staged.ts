import { EexitError } from "../src/errors.ts";
import { isStageFolder } from "../src/onnx/manifest.ts";
import { loadChain, loadFolder } from "../src/onnx/run/load-folder.ts";
import { loadStages, type StagedNetwork } from "../src/onnx/run/staged-network.ts";
import { type ModelFlags, sessionOptions } from "./model-options.ts";
import { openWholeModel } from "./open-model.ts";
import type { Session } from "./session.ts";

/** A network ready to run in stages: a whole model split in memory, a folder of stages, or a chain of models. */
export async function openStaged(path: string, flags: ModelFlags, session: Session): Promise<StagedNetwork> {
  const options = sessionOptions(flags, session);
  const settled = isStageFolder(path) || path.includes(",");
  if (settled && (flags.exits ?? flags.confidenceOutput) !== undefined) {
    throw new EexitError(
      "bad-usage",
      `${path}: its exits are settled, expected no --exits and no --confidence-output`,
      "they are chosen when the model is split",
    );
  }
  if (isStageFolder(path)) return loadFolder(path, options);
  const chain = path.split(",");
  if (chain.length > 1) return loadChain(chain, options);
  return loadStages(await openWholeModel(path, flags, session), options);
}
