import { type AttributeValue, floatTensor, makeModel, makeNode } from "../src/onnx/graph/build.ts";
import { declareValue } from "../src/onnx/graph/value-types.ts";
import { modelBytes } from "../src/onnx/model.ts";
import type { NodeProto, TensorProto } from "../src/onnx/proto/onnx-pb.ts";
import type { Values } from "../src/onnx/session.ts";
import { seededRandom } from "../src/stats/random.ts";

/** Stages of equal cost with a small head each, whose rows leave exactly as an input says. */
export interface SyntheticNetwork {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Inputs of `count` rows of which the given shares leave at exits 1 … 5 with {@link syntheticThreshold}. */
  rows(count: number, shares: readonly number[]): ReadonlyMap<string, Values>;
}

export const syntheticThreshold = 0.9;
const stageCount = 5;
const layersPerStage = 4;
const classCount = 10;

/** 20 convolutions 3 × 3 with as many channels in as out, on size × size pixels. */
export function convNetwork(channels: number, size: number): SyntheticNetwork {
  const writer = new NetworkWriter(1);
  const layer = (x: string) =>
    writer.add("Relu", [writer.add("Conv", [x, writer.weight([channels, channels, 3, 3])], { pads: [1, 1, 1, 1] })]);
  const pool = (x: string) => writer.add("Flatten", [writer.add("GlobalAveragePool", [x])], { axis: 1 });
  return finish(`conv 20 × 3×3×${channels} on ${size} × ${size}`, writer, layer, pool, channels, [
    channels,
    size,
    size,
  ]);
}

/** 20 matrix products of width × width. */
export function mlpNetwork(width: number): SyntheticNetwork {
  const writer = new NetworkWriter(1);
  const layer = (x: string) => writer.add("Relu", [writer.add("MatMul", [x, writer.weight([width, width])])]);
  return finish(`MLP 20 × ${width}²`, writer, layer, (x) => x, width, [width]);
}

function finish(
  name: string,
  writer: NetworkWriter,
  layer: (x: string) => string,
  pool: (x: string) => string,
  features: number,
  shape: readonly number[],
): SyntheticNetwork {
  let x = "x";
  const exits: string[] = [];
  for (let stage = 1; stage <= stageCount; stage++) {
    for (let k = 0; k < layersPerStage; k++) x = layer(x);
    // A head's logits, and a push towards class 0 once the stage has reached the row's level.
    const head = writer.add("MatMul", [pool(x), writer.weight([features, classCount])]);
    const reached = writer.add("Relu", [writer.add("Sub", [writer.scalar(stage + 0.5), "level"])]);
    const push = writer.add("MatMul", [
      reached,
      writer.row(Array.from({ length: classCount }, (_, c) => (c === 0 ? 100 : 0))),
    ]);
    exits.push(writer.named(`exit_${stage}`, "Add", [writer.add("Mul", [head, writer.scalar(1e-3)]), push]));
  }
  const graph = {
    name,
    node: writer.nodes,
    initializer: writer.weights,
    input: [declareValue("x", 1, ["N", ...shape]), declareValue("level", 1, ["N", 1])],
    output: exits.map((exit) => declareValue(exit, 1, ["N", classCount])),
  };
  const bytes = modelBytes(name, makeModel(graph, 17, 8));
  return { name, bytes, rows: (count, shares) => rowsOf(count, shares, shape) };
}

function rowsOf(count: number, shares: readonly number[], shape: readonly number[]): ReadonlyMap<string, Values> {
  const random = seededRandom(1);
  const data = Float32Array.from({ length: count * shape.reduce((a, b) => a * b, 1) }, () => random.normal());
  const levels = new Float32Array(count);
  let [at, sum] = [0, 0];
  const order = random.permutation(count);
  for (const [exit, share] of shares.entries()) {
    sum += share;
    for (; at < Math.round(sum * count); at++) levels[order[at]] = exit + 1;
  }
  return new Map<string, Values>([
    ["x", { type: "float32", data, dims: [count, ...shape] }],
    ["level", { type: "float32", data: levels, dims: [count, 1] }],
  ]);
}

class NetworkWriter {
  readonly nodes: NodeProto[] = [];
  readonly weights: TensorProto[] = [];
  readonly #random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  add(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    return this.named(`t${this.nodes.length}`, operator, inputs, attributes);
  }

  named(
    name: string,
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    this.nodes.push(makeNode(operator, inputs, [name], attributes));
    return name;
  }

  /** He-scaled, so that activations keep their size over 20 layers. */
  weight(dims: readonly number[]): string {
    const fanIn = dims.length === 4 ? dims[1] * dims[2] * dims[3] : dims[0];
    const values = Array.from(
      { length: dims.reduce((a, b) => a * b, 1) },
      () => this.#random.normal() * Math.sqrt(2 / fanIn),
    );
    return this.#keep(floatTensor(`w${this.weights.length}`, dims, values));
  }

  scalar(value: number): string {
    return this.#keep(floatTensor(`w${this.weights.length}`, [], [value]));
  }

  row(values: readonly number[]): string {
    return this.#keep(floatTensor(`w${this.weights.length}`, [1, values.length], values));
  }

  #keep(tensor: TensorProto): string {
    this.weights.push(tensor);
    return tensor.name;
  }
}
