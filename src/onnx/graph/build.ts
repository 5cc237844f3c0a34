import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
} from "../proto/onnx-pb.ts";

/** Attribute values by their kind in ONNX: a whole number, a text, a list of whole numbers, a graph; floats are `{ float }`. */
export type AttributeValue = number | string | readonly number[] | GraphProto | { readonly float: number };

/** A node of the standard operators. */
export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]) => makeAttribute(name, value));
  return create(NodeProtoSchema, { name: output[0], opType, input: [...input], output: [...output], attribute });
}

function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: 2, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, { name, type: 3, s: new TextEncoder().encode(value) });
  if (Array.isArray(value)) return create(AttributeProtoSchema, { name, type: 7, ints: value.map(BigInt) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: 1, f: value.float });
  return create(AttributeProtoSchema, { name, type: 5, g: value as GraphProto });
}

/** float32 weights. */
export function floatTensor(name: string, dims: readonly number[], values: ArrayLike<number>): TensorProto {
  return rawTensor(name, 1, dims, Float32Array.from(values));
}

/** int64 weights. */
export function intTensor(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  return rawTensor(name, 7, dims, BigInt64Array.from(values, BigInt));
}

function rawTensor(name: string, dataType: number, dims: readonly number[], values: ArrayBufferView): TensorProto {
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return create(TensorProtoSchema, {
    name,
    dataType,
    dims: dims.map(BigInt),
    rawData: rawData as Uint8Array<ArrayBuffer>,
  });
}

/** A model of the standard operators around a graph. */
export function makeModel(graph: GraphParts, opset: number, irVersion: number): ModelProto {
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })];
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport,
    graph: create(GraphProtoSchema, graph),
  });
}

export interface GraphParts {
  readonly name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}
