import { EexitError } from "../src/errors.ts";
import { declaredInputs } from "../src/onnx/graph/declared-inputs.ts";
import { isStageFolder } from "../src/onnx/manifest.ts";
import { readModel } from "../src/onnx/model.ts";
import { stagesOfChain } from "../src/onnx/run/load-chain.ts";
import { stagesOfFolder } from "../src/onnx/run/load-folder.ts";
import { type StageModels, stagesOf } from "../src/onnx/run/staged-network.ts";
import { chainOf } from "./is-model-path.ts";
import { type ModelFlags, probeRows } from "./model-options.ts";
import { openWholeModel, PROBE_ROWS } from "./open-model.ts";
import type { Session } from "./session.ts";

/** A chain, whose work is counted on the first rows of `--input`. */
export async function openChain(chain: readonly string[], flags: ModelFlags, session: Session): Promise<StageModels> {
  const rows = await probeRows(flags, declaredInputs(readModel(chain[0])), PROBE_ROWS, session);
  return stagesOfChain(chain, rows);
}

/** The stages of a network, to be loaded: of a whole model split in memory, a folder of stages, or a chain of models. */
export async function openStaged(path: string, flags: ModelFlags, session: Session): Promise<StageModels> {
  const chain = chainOf(path);
  const settled = isStageFolder(path) || chain !== null;
  if (settled && (flags.exits ?? flags.confidenceOutput) !== undefined) {
    throw new EexitError(
      "bad-usage",
      `${path}: its exits are settled, expected no --exits and no --confidence-output`,
      "they are chosen when the model is split",
    );
  }
  if (isStageFolder(path)) return stagesOfFolder(path);
  if (chain !== null) return openChain(chain, flags, session);
  return stagesOf(await openWholeModel(path, flags, session));
}
