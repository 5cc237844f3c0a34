import { type AttributeValue, floatTensor, intTensor, makeNode } from "../graph/build.ts";
import type { NodeProto, TensorProto } from "../proto/onnx-pb.ts";

/**
 * Collects the nodes of a graph under construction. Names of ours begin with a prefix that no tensor of the network has, and the
 * operators are written as the network's own operator set has them.
 */
export class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly weights: TensorProto[] = [];
  readonly opset: number;
  readonly #prefix: string;
  readonly #constants = new Map<string, string>();
  #count = 0;

  /** @param parent the writer of the graph around this one, whose constants are visible here */
  constructor(opset: number, prefix: string) {
    this.opset = opset;
    this.#prefix = prefix;
  }

  /** Appends a node with one output and returns the output's name. */
  add(opType: string, input: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    const output = this.name(opType);
    this.nodes.push(makeNode(opType, input, [output], attributes));
    return output;
  }

  /** A name that no other tensor has. */
  name(hint: string): string {
    this.#count++;
    return `${this.#prefix}${hint}_${this.#count}`;
  }

  /** A float32 scalar; equal ones are one. */
  float(value: number): string {
    return this.#constant(`f${value}`, (name) => floatTensor(name, [], [value]));
  }

  int(value: number): string {
    return this.#constant(`i${value}`, (name) => intTensor(name, [], [value]));
  }

  ints(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant(`l${values}@${dims}`, (name) => intTensor(name, dims, values));
  }

  /** Largest value along axes. The axes became an input in operator set 18. */
  reduce(
    operator: "ReduceMax" | "ReduceMin" | "ReduceMean",
    input: string,
    axes: readonly number[],
    keepdims: 0 | 1,
  ): string {
    if (this.opset >= 18) return this.add(operator, [input, this.ints(axes)], { keepdims });
    return this.add(operator, [input], { axes, keepdims });
  }

  /** Sum along axes, whose axes became an input in operator set 13 already. */
  reduceSum(input: string, axes: readonly number[], keepdims: 0 | 1): string {
    if (this.opset >= 13) return this.add("ReduceSum", [input, this.ints(axes)], { keepdims });
    return this.add("ReduceSum", [input], { axes, keepdims });
  }

  #constant(key: string, make: (name: string) => TensorProto): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const tensor = make(this.name("constant"));
    this.weights.push(tensor);
    this.#constants.set(key, tensor.name);
    return tensor.name;
  }
}
