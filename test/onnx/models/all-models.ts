import type { ModelProto } from "../../../src/onnx/proto/onnx-pb.ts";
import { type BuildOptions, testedOpsets } from "../../support/onnx-graphs.ts";
import { batchFlag, subgraphs, topK } from "./control-flow.ts";
import {
  cumulativeLogits,
  deadNodes,
  dense,
  disjoint,
  lateInput,
  perceiver,
  residual,
  sharedHead,
  sharedWeights,
  twoBranches,
  weightsAsInputs,
} from "./dense-layers.ts";
import {
  mergedRows,
  recurrent,
  reshapeZero,
  residualBlocks,
  sequence,
  sharedShape,
  splitParts,
  squeezed,
  stepsFirst,
} from "./layouts.ts";

/** The hand-made models by name; each is written out in the form of any operator set from 11 to 21. */
export const handMade: Readonly<Record<string, (options: BuildOptions) => ModelProto>> = {
  residual,
  "residual in float16": (options) => residual({ ...options, float16: true }),
  dense,
  "two branches": twoBranches,
  "latent and features": perceiver,
  "shared weights": sharedWeights,
  "shared head": sharedHead,
  "cumulative logits": cumulativeLogits,
  "disjoint exits": disjoint,
  "late input": lateInput,
  "dead nodes": deadNodes,
  "weights as inputs": weightsAsInputs,
  sequence,
  "residual blocks": residualBlocks,
  "shared shape": sharedShape,
  "reshape with 0": reshapeZero,
  "steps first": stepsFirst,
  "merged rows": mergedRows,
  "split parts": splitParts,
  squeezed,
  recurrent,
  "top k": topK,
  subgraphs,
  "batch flag": batchFlag,
};

/** Each model with each operator set. */
export const everyForm = Object.keys(handMade).flatMap((name) => testedOpsets.map((opset) => [name, opset] as const));
