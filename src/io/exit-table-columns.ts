import { splitFileConfidence } from "./confidence-columns.ts";
import type { InputRequest } from "./input-request.ts";
import type { Part, Tensor } from "./tensor.ts";

/** What the segmentation code of the paper calls its small tables [N, L], and what they are here. */
const spellings: Readonly<Record<string, string>> = {
  conf_aggr: "confidence:conf_aggr",
  dist_loss: "absolute:dist_loss",
};

/**
 * A part under the names of an exit table's columns. `absolute:<risk>` are losses ℓ(o_l, y) of every exit, from which the
 * last exit's are still to be subtracted. A bare array [N, L] is that too when its confidences come in a file of their
 * own, `--confidence name=file:…`; its risk is the one that `--risk` names, else "loss".
 */
export function exitTableColumns(part: Part, request: InputRequest): Part {
  const bare = part.get("");
  if (bare?.shape.length === 2 && isAccompanied(request)) return new Map([[`absolute:${riskOf(request)}`, bare]]);
  if (![...part.keys()].some((key) => Object.hasOwn(spellings, key))) return part;
  return new Map([...part].map(([key, tensor]): [string, Tensor] => [spellings[key] ?? key, tensor]));
}

function isAccompanied({ lambdas, exits, confidences }: InputRequest): boolean {
  if (lambdas !== null || exits !== null || typeof confidences === "string") return false;
  return confidences.some((text) => splitFileConfidence(text)[1] !== null);
}

function riskOf({ risks }: InputRequest): string {
  return typeof risks !== "string" && risks.length === 1 ? risks[0] : "loss";
}
