import { EexitError } from "../../errors.ts";
import { modelBytes } from "../model.ts";
import type { Network } from "../network.ts";
import type { ModelProto } from "../proto/onnx-pb.ts";
import { exitJudge } from "../run/judge-exit.ts";
import { loadStages } from "../run/staged-network.ts";
import { openSession, type SessionOptions } from "../session.ts";
import { bakeIf } from "./bake-if.ts";
import { type BakedNetwork, bakeNetwork } from "./bake-network.ts";
import { type BakeRequest, bakedThreshold, withThreshold } from "./baked-model.ts";
import { type BakeProof, checkBaked } from "./check-baked.ts";
import { assertBakeable } from "./confidence-nodes.ts";
import { allSpare, zeroRowPlans } from "./zero-row-trial.ts";

export interface Baked {
  readonly bytes: Uint8Array;
  readonly proto: ModelProto;
  readonly spare: BakedNetwork["spare"];
  readonly proof: BakeProof;
}

const batchSizes = [1, 7, 64];
/** Oldest operator set with ScatterND and GatherND. */
const oldestOpset = 11;

/**
 * Bakes a network and runs the result against its stages before anyone else does.
 *
 * @param nested nested `If` nodes and a batch of 1
 * @throws EexitError `bake-unsupported` or `stages-differ`
 */
export async function bakeAndCheck(
  network: Network,
  request: BakeRequest,
  nested: boolean,
  options: SessionOptions,
): Promise<Baked> {
  const { path } = network.model;
  if (request.opset < oldestOpset) {
    throw new EexitError(
      "bake-unsupported",
      `${path}: operator set ${request.opset}, expected at least ${oldestOpset} (ScatterND)`,
      "convert it with onnx.version_converter, or deploy with eexit infer",
    );
  }
  const recipe = {
    computed: request.confidence,
    values: request.file.inputValues ?? "logits",
    exitShape: network.exitShape,
    exitType: "float32",
  } as const;
  assertBakeable(recipe, request.file.confidence ?? "");
  if (nested) return checked(network, { proto: bakeIf(network, request), spare: [] }, request, true, options);
  const plans = await zeroRowPlans(network);
  try {
    return await checked(network, bakeNetwork(network, request, plans), request, false, options);
  } catch (error) {
    if (!(error instanceof EexitError && error.code === "model-failed")) throw error;
    // The whole graph is optimised otherwise than its stages alone were: with a spare row everywhere no batch is empty.
    return checked(network, bakeNetwork(network, request, allSpare(plans)), request, false, options);
  }
}

async function checked(
  network: Network,
  { proto, spare }: BakedNetwork,
  request: BakeRequest,
  nested: boolean,
  options: SessionOptions,
): Promise<Baked> {
  const { path } = network.model;
  const bytes = modelBytes(path, proto);
  const open = (threshold: number) =>
    openSession(modelBytes(path, withThreshold(proto, threshold)), `${path}, baked`, options);
  const staged = await loadStages(network, options);
  const judge = exitJudge(request.confidence, request.file.inputValues ?? "logits", network.exitShape, path);
  const thresholds = [...new Set([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, bakedThreshold(request.file)])];
  try {
    const proof = await checkBaked(open, staged, judge, network.probe, thresholds, nested ? [1] : batchSizes);
    return { bytes, proto, spare, proof };
  } finally {
    await staged.release();
  }
}
