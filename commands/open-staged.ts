import { EexitError } from "../src/errors.ts";
import { declaredInputs } from "../src/onnx/graph/declared-inputs.ts";
import { isStageFolder } from "../src/onnx/manifest.ts";
import { readModel } from "../src/onnx/model.ts";
import { loadChain } from "../src/onnx/run/load-chain.ts";
import { loadFolder } from "../src/onnx/run/load-folder.ts";
import { loadStages, type StagedNetwork } from "../src/onnx/run/staged-network.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import { chainOf } from "./is-model-path.ts";
import { type ModelFlags, probeRows, sessionOptions } from "./model-options.ts";
import { openWholeModel, PROBE_ROWS } from "./open-model.ts";
import type { Session } from "./session.ts";

/** A chain, whose work is counted on the first rows of `--input`. */
export async function openChain(
  chain: readonly string[],
  options: SessionOptions,
  flags: ModelFlags,
  session: Session,
): Promise<StagedNetwork> {
  const rows = await probeRows(flags, declaredInputs(readModel(chain[0])), PROBE_ROWS, session);
  return loadChain(chain, options, rows);
}

/** A network ready to run in stages: a whole model split in memory, a folder of stages, or a chain of models. */
export async function openStaged(path: string, flags: ModelFlags, session: Session): Promise<StagedNetwork> {
  const options = sessionOptions(flags, session);
  const chain = chainOf(path);
  const settled = isStageFolder(path) || chain !== null;
  if (settled && (flags.exits ?? flags.confidenceOutput) !== undefined) {
    throw new EexitError(
      "bad-usage",
      `${path}: its exits are settled, expected no --exits and no --confidence-output`,
      "they are chosen when the model is split",
    );
  }
  if (isStageFolder(path)) return loadFolder(path, options);
  if (chain !== null) return openChain(chain, options, flags, session);
  return loadStages(await openWholeModel(path, flags, session), options);
}
