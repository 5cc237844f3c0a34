import type { NodeProto } from "../proto/onnx-pb.ts";
import { product } from "../run/rows.ts";
import { subgraphsOf } from "./node-reads.ts";

/** Shape of a tensor by name, as observed; undefined where nothing is known. */
export type ShapeOf = (tensor: string) => readonly number[] | undefined;

/** Tensors whose shapes `macsOf` needs. Optional inputs, and outputs that nobody reads, have no name. */
export function shapesNeeded(node: NodeProto): string[] {
  const rule = rules[node.opType];
  return rule === undefined ? [] : [...node.input, namedOutput(node)].filter((name) => name !== "");
}

/**
 * Multiply-accumulates of one node: convolutions, matrix products, einsum and recurrent layers. Everything else (activations,
 * normalisations, pooling) counts 0, as is usual in the field.
 *
 * @returns null when the node's work cannot be told (a shape was not observed)
 */
export function macsOf(node: NodeProto, shapeOf: ShapeOf): number | null {
  const rule = rules[node.opType];
  if (rule === undefined) return 0;
  const inputs = node.input.map((name) => (name === "" ? undefined : shapeOf(name)));
  const output = shapeOf(namedOutput(node));
  return output === undefined ? null : rule(node, inputs, output);
}

/** Whether a node hides work that is not counted. */
export function hidesWork(node: NodeProto): boolean {
  return subgraphsOf(node).length > 0;
}

/** The first output, or the first that is used: a recurrent layer may give its last state only. */
function namedOutput(node: NodeProto): string {
  return node.output.find((name) => name !== "") ?? "";
}

type Shape = readonly number[] | undefined;
type Rule = (node: NodeProto, inputs: readonly Shape[], output: readonly number[]) => number | null;

/** Every output element takes one product per weight of its filter: C_in/group · kernel. */
const convolution =
  (weight: number): Rule =>
  (_node, inputs, output) =>
    inputs[weight] === undefined ? null : product(output) * product(inputs[weight].slice(1));

/** Every input element meets each weight of its filter: C_out/group · kernel. */
const transposed: Rule = (_node, inputs) =>
  inputs[0] && inputs[1] ? product(inputs[0]) * product(inputs[1].slice(1)) : null;

/** Every output element is an inner product over the last axis of the left factor. */
const matrixProduct: Rule = (_node, inputs, output) => (inputs[0] ? product(output) * (inputs[0].at(-1) ?? 1) : null);

const gemm: Rule = (node, inputs, output) => {
  if (!inputs[0]) return null;
  const transposedLeft = node.attribute.some(({ name, i }) => name === "transA" && i === 1n);
  return product(output) * inputs[0][transposedLeft ? 0 : 1];
};

/** One pass over all indices of the equation; an ellipsis stands for axes that are broadcast, counted from the last. */
const einsum: Rule = (node, inputs) => {
  const text = node.attribute.find(({ name }) => name === "equation")?.s;
  const terms = Buffer.from(text ?? [])
    .toString()
    .replaceAll(" ", "")
    .split("->")[0]
    .split(",");
  const sizes = new Map<string, number>();
  for (const [index, term] of terms.entries()) {
    const shape = inputs[index];
    const [before, after] = term.split("...");
    const unnamed = (shape?.length ?? 0) - before.length - (after?.length ?? 0);
    if (!shape || unnamed < 0 || (after === undefined && unnamed > 0)) return null;
    const broadcast = Array.from({ length: unnamed }, (_, k) => `... ${unnamed - k}`);
    for (const [axis, name] of [...before, ...broadcast, ...(after ?? "")].entries()) {
      sizes.set(name, Math.max(sizes.get(name) ?? 0, shape[axis]));
    }
  }
  return product([...sizes.values()]);
};

/** x [T, N, I], W [D, g·H, I], R [D, g·H, H]: each step multiplies both weights. */
const recurrent: Rule = (_node, inputs) => {
  const [x, w, r] = inputs;
  return x && w && r ? x[0] * x[1] * (product(w) + product(r)) : null;
};

const rules: Readonly<Record<string, Rule>> = {
  Conv: convolution(1),
  FusedConv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: transposed,
  Gemm: gemm,
  FusedGemm: gemm,
  MatMul: matrixProduct,
  FusedMatMul: matrixProduct,
  MatMulInteger: matrixProduct,
  QLinearMatMul: matrixProduct,
  Einsum: einsum,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};
