import { EexitError } from "../../errors.ts";
import type { ValueInfoProto } from "../proto/onnx-pb.ts";
import type { NetworkGraph } from "./network-graph.ts";

/** The exits' names in order, the last being the full network, and the outputs that are not exits. */
export interface Exits {
  readonly names: readonly string[];
  readonly others: readonly string[];
}

/** float32, float16, float64, bfloat16: what logits may be. */
const floatTypes = new Set([1, 10, 11, 16]);

/**
 * The exits of a model: its outputs of equal rank and last dimension, in the graph's order, or the ones that are named.
 *
 * Outputs that cannot be logits of at least two classes (integers, rank below 2, last dimension 1) are left aside; when the
 * rest disagree, nothing is guessed.
 * @param named `--exits`, or null
 * @throws EexitError `exits-unclear` or `too-few-exits`
 */
export function findExits(graph: NetworkGraph, named: readonly string[] | null): Exits {
  const outputs = graph.proto.output;
  const names = named ?? candidates(graph.path, outputs);
  const known = new Set(outputs.map(({ name }) => name));
  for (const [index, name] of names.entries()) {
    if (!known.has(name)) {
      throw new EexitError(
        "exits-unclear",
        `${graph.path}: no output ${name}, found ${listed([...known])}`,
        "see --exits",
      );
    }
    if (names.indexOf(name) < index) {
      throw new EexitError("exits-unclear", `--exits: ${name} is named twice, expected each exit once`, "see --exits");
    }
  }
  if (names.length < 2) {
    throw new EexitError(
      "too-few-exits",
      `${graph.path}: ${names.length} exit (outputs: ${listed([...known])}), expected at least 2`,
      "export the model with one output per exit, early ones first, the full network last",
    );
  }
  return { names, others: [...known].filter((name) => !names.includes(name)) };
}

function candidates(path: string, outputs: readonly ValueInfoProto[]): string[] {
  const shaped = outputs.filter(couldBeLogits);
  const shapes = new Map<string, string[]>();
  for (const output of shaped) {
    const shape = rankAndLast(output);
    if (shape !== null) shapes.set(shape, [...(shapes.get(shape) ?? []), output.name]);
  }
  if (shapes.size > 1) {
    const found = [...shapes].map(([shape, names]) => `${listed(names)} ${shape}`).join("; ");
    throw new EexitError(
      "exits-unclear",
      `${path}: outputs of unequal size (${found}), expected exits of one size`,
      "name the exits in order: --exits a,b,c",
    );
  }
  return shaped.map(({ name }) => name);
}

function couldBeLogits(output: ValueInfoProto): boolean {
  const tensor = output.type?.tensorType;
  if (tensor === undefined) return output.type === undefined;
  if (!floatTypes.has(tensor.elemType) && tensor.elemType !== 0) return false;
  if (tensor.shape === undefined) return true;
  const { dim } = tensor.shape;
  const last = dim.at(-1)?.value;
  return dim.length >= 2 && !(last?.case === "dimValue" && last.value === 1n);
}

/** `[rank 2, 10]`; null where the model does not say. */
function rankAndLast(output: ValueInfoProto): string | null {
  const dims = output.type?.tensorType?.shape?.dim;
  const last = dims?.at(-1)?.value;
  return dims !== undefined && last?.case === "dimValue" ? `[rank ${dims.length}, last dimension ${last.value}]` : null;
}

function listed(names: readonly string[]): string {
  return names.length > 0 ? names.join(", ") : "none";
}
