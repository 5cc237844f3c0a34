import { create, toBinary } from "@bufbuild/protobuf";
import { type AttributeValue, floatTensor, intTensor, makeNode } from "../../src/onnx/graph/build.ts";
import { declareValue } from "../../src/onnx/graph/value-types.ts";
import type { Model } from "../../src/onnx/model.ts";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
} from "../../src/onnx/proto/onnx-pb.ts";
import { type Random, seededRandom } from "../../src/stats/random.ts";

/** Operator sets at which the form of an operator changed somewhere: 13 and 18 for axes, 11, 17 and 21 around them. */
export const testedOpsets = [11, 13, 17, 18, 21] as const;

export interface BuildOptions {
  readonly opset?: number;
  /** Weights, inputs and outputs in float16. */
  readonly float16?: boolean;
}

type Attributes = Readonly<Record<string, AttributeValue>>;
type Shape = readonly (number | string)[];

/** ONNX's numbers for the element types of inputs here. */
const codes = { float32: 1, int64: 7, float16: 10 } as const;

/**
 * Writes a multi-exit ONNX model node by node, with seeded random weights, in the form that its operator set asks for. Each
 * method that adds a node returns the name of the tensor that it makes.
 */
export class ModelWriter {
  readonly opset: number;
  readonly nodes: NodeProto[] = [];
  readonly weights: TensorProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  readonly outputs: ValueInfoProto[] = [];
  readonly #float: "float32" | "float16";
  readonly #random: Random;

  constructor({ opset = 17, float16 = false }: BuildOptions = {}) {
    this.opset = opset;
    this.#float = float16 ? "float16" : "float32";
    this.#random = seededRandom(20);
  }

  /** An input whose first dimensions may be named. */
  input(name: string, shape: Shape, type: keyof typeof codes = this.#float): string {
    this.inputs.push(declareValue(name, codes[type], shape));
    return name;
  }

  /** Declares an output; exits are float. */
  output(name: string, shape: Shape, type: keyof typeof codes = this.#float): string {
    this.outputs.push(declareValue(name, codes[type], shape));
    return name;
  }

  /** A node with one output. */
  node(name: string, opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodeOf(opType, inputs, [name], attributes)[0];
  }

  /** A node with several outputs. */
  nodeOf(opType: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes = {}) {
    this.nodes.push(makeNode(opType, inputs, outputs, attributes));
    return outputs;
  }

  /** Normal weights of variance gain²/(first dimension), so that activations keep their size from layer to layer. */
  weight(name: string, dims: readonly number[], gain = 1.5): string {
    const scale = gain / Math.sqrt(dims[0]);
    const count = dims.reduce((product, size) => product * size, 1);
    return this.floats(
      name,
      dims,
      Array.from({ length: count }, () => scale * this.#random.normal()),
    );
  }

  floats(name: string, dims: readonly number[], values: readonly number[]): string {
    this.weights.push(this.#float === "float16" ? halfTensor(name, dims, values) : floatTensor(name, dims, values));
    return name;
  }

  /** One-dimensional int64 weights, or a scalar from a single number. */
  ints(name: string, values: readonly number[] | number): string {
    const list = typeof values === "number" ? [values] : values;
    this.weights.push(intTensor(name, typeof values === "number" ? [] : [list.length], list));
    return name;
  }

  /** x · W + b: `from`·`to` multiply-accumulates per row, `from`·`to` + `to` parameters. */
  linear(name: string, x: string, from: number, to: number, gain = 1.5): string {
    const product = this.node(`${name}_product`, "MatMul", [x, this.weight(`${name}_w`, [from, to], gain)]);
    return this.node(name, "Add", [product, this.weight(`${name}_b`, [to], 0.2)]);
  }

  /** relu(x · W + b) */
  layer(name: string, x: string, from: number, to: number): string {
    return this.node(name, "Relu", [this.linear(`${name}_sum`, x, from, to)]);
  }

  /** A declared exit of 4 classes; the gain spreads its confidences, so that rows leave everywhere. */
  exit(name: string, x: string, from: number, gain = 2): string {
    return this.output(this.linear(name, x, from, 4, gain), ["N", 4]);
  }

  squeeze(name: string, x: string, axes: readonly number[]): string {
    return this.#withAxes("Squeeze", 13, name, x, axes, {});
  }

  unsqueeze(name: string, x: string, axes: readonly number[]): string {
    return this.#withAxes("Unsqueeze", 13, name, x, axes, {});
  }

  /** Without the reduced axes, or with them at size 1. */
  reduce(
    operator: "ReduceSum" | "ReduceMean" | "ReduceMax",
    name: string,
    x: string,
    axes: readonly number[],
    keep = 0,
  ) {
    return this.#withAxes(operator, operator === "ReduceSum" ? 13 : 18, name, x, axes, { keepdims: keep });
  }

  /** Parts of the given sizes along axis 1. */
  split(names: readonly string[], x: string, sizes: readonly number[]): readonly string[] {
    if (this.opset < 13) return this.nodeOf("Split", [x], names, { axis: 1, split: sizes });
    return this.nodeOf("Split", [x, this.ints(`${names[0]}_sizes`, sizes)], names, { axis: 1 });
  }

  /** Axes were an attribute until the operator set `from` made them an input. */
  #withAxes(
    operator: string,
    from: number,
    name: string,
    x: string,
    axes: readonly number[],
    rest: Attributes,
  ): string {
    if (this.opset < from) return this.node(name, operator, [x], { ...rest, axes });
    return this.node(name, operator, [x, this.ints(`${name}_axes`, axes)], rest);
  }

  /** The model, read in again, as it would come from a file. */
  model(irVersion = irVersionOf(this.opset)): ModelProto {
    const graph = makeGraph("network", this.nodes, this.inputs, this.outputs, this.weights);
    const opsetImport = [create(OperatorSetIdProtoSchema, { version: BigInt(this.opset) })];
    return create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      producerName: "eexit-test",
      producerVersion: "1",
      graph,
      opsetImport,
    });
  }
}

export function makeGraph(
  name: string,
  node: NodeProto[],
  input: ValueInfoProto[],
  output: ValueInfoProto[],
  initializer: TensorProto[] = [],
): GraphProto {
  return create(GraphProtoSchema, { name, node, input, output, initializer });
}

/** The file that a model would be. */
export function bytesOf(proto: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, proto);
}

/** A model that never was a file. */
export function inMemory(proto: ModelProto, path = "m.onnx"): Model {
  return { path, proto, graph: proto.graph!, sha256: "0".repeat(64) };
}

/** The version of the file format that came with an operator set. */
function irVersionOf(opset: number): number {
  if (opset >= 19) return opset >= 21 ? 10 : 9;
  if (opset >= 15) return 8;
  return opset >= 12 ? 7 : 6;
}

function halfTensor(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  const rawData = new Uint8Array(Uint16Array.from(values, halfBits).buffer);
  return create(TensorProtoSchema, { name, dataType: 10, dims: dims.map(BigInt), rawData });
}

/** binary16 pattern of a normal number, its fraction cut off: weights need no rounding. */
export function halfBits(value: number): number {
  const size = Math.abs(value);
  if (size < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(size));
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | Math.floor((size / 2 ** exponent - 1) * 1024);
}
