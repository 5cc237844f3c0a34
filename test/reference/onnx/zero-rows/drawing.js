// Draws the small graph of one trial: inputs whose batch is "n", weights, nodes, outputs.
import { create, toBinary } from "@bufbuild/protobuf";
import { intTensor, makeNode } from "../../../../dist/src/onnx/graph/build.js";
import { declareValue, elementCode, nameOnly } from "../../../../dist/src/onnx/graph/value-types.js";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
} from "../../../../dist/src/onnx/proto/onnx-pb.js";
import { newElements } from "../../../../dist/src/onnx/session.js";

/** Rows that the mask input of a filtered graph offers when none is to pass. */
const offered = 4;

export class Drawing {
  #nodes = [];
  #weights = [];
  #inputs = [];
  #count = 0;

  /**
   * @param source where rows come from: `fed` as they are; `gathered` inside the graph by positions, as baking does it; `compressed`
   *   there by a mask, after which the runtime knows no size at all
   */
  constructor(opset, source) {
    this.opset = opset;
    this.source = source;
    this.filtered = source !== "fed";
  }

  /** float32 input; one size is "n". */
  float(...dims) {
    return this.input("float32", dims);
  }

  /** @param below whole numbers lie in 0 … below − 1; "n" is the number of rows */
  input(type, dims, below = 2) {
    const axis = dims.indexOf("n");
    const name = this.#name("input");
    this.#inputs.push({ name, type, dims, below });
    if (!this.filtered || axis < 0) return name;
    if (this.source === "compressed") return this.add("Compress", [name, "kept rows"], { axis });
    const positions = this.add("Transpose", [this.add("NonZero", ["kept rows"])], { perm: [1, 0] });
    if (axis === 0) return this.add("GatherND", [name, positions]);
    return this.add("Gather", [name, this.add("Reshape", [positions, this.ints(-1)])], { axis });
  }

  /** float32 weights of any values. */
  weight(...dims) {
    return this.constant("float32", dims);
  }

  ints(...values) {
    const name = this.#name("ints");
    this.#weights.push(intTensor(name, [values.length], values));
    return name;
  }

  int(value) {
    const name = this.#name("int");
    this.#weights.push(intTensor(name, [], [value]));
    return name;
  }

  /** A tensor of a type; values are made up where none are given. */
  constant(type, dims, values = null) {
    const name = this.#name("weight");
    const data = values === null ? madeUp(type, size(dims), 2, this.#count) : elements(type, values);
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#weights.push(
      create(TensorProtoSchema, { name, dataType: elementCode[type], dims: dims.map(BigInt), rawData }),
    );
    return name;
  }

  /** Appends a node. @returns its output's name, or all names where it has several */
  add(operator, inputs, attributes = {}, outputs = 1) {
    const names = Array.from({ length: outputs }, () => this.#name(operator));
    this.#nodes.push(makeNode(operator, inputs, names, attributes));
    return outputs === 1 ? names[0] : names;
  }

  /** Axes are an attribute before operator set `since`, an input from then on. */
  withAxes(operator, input, axes, since, attributes = {}) {
    if (this.opset >= since) return this.add(operator, [input, this.ints(...axes)], attributes);
    return this.add(operator, [input], { axes, ...attributes });
  }

  reduce(operator, input, axes, keepdims) {
    return this.withAxes(operator, input, axes, operator === "ReduceSum" ? 13 : 18, { keepdims });
  }

  /** A body of a control operator; what it draws besides its own inputs is seen from outside. */
  body(inputs, draw) {
    const outer = this.#nodes;
    this.#nodes = [];
    const outputs = draw(...inputs.map(({ name }) => name));
    const node = this.#nodes;
    this.#nodes = outer;
    const input = inputs.map(({ name, type, dims }) => declareValue(name, elementCode[type], dims));
    return create(GraphProtoSchema, { name: this.#name("body"), node, input, output: outputs.map(nameOnly) });
  }

  model(outputs) {
    const input = this.#inputs.map(({ name, type, dims }) =>
      declareValue(name, elementCode[type], this.filtered ? dims.map((one) => (one === "n" ? "all" : one)) : dims),
    );
    if (this.filtered) input.push(declareValue("kept rows", elementCode.bool, ["all"]));
    const graph = create(GraphProtoSchema, {
      name: "trial",
      node: this.#nodes,
      input,
      output: outputs.map(nameOnly),
      initializer: this.#weights,
    });
    const opsetImport = [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(this.opset) })];
    return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph }));
  }

  /** Inputs for a number of rows, or for a filter that lets so many through. */
  feeds(rows) {
    const given = this.filtered && rows === 0 ? offered : rows;
    const feeds = new Map();
    for (const [index, { name, type, dims, below }] of this.#inputs.entries()) {
      const sizes = dims.map((one) => (one === "n" ? given : one));
      const data = madeUp(type, size(sizes), below === "n" ? given : below, index);
      feeds.set(name, { type, dims: sizes, data });
    }
    if (this.filtered)
      feeds.set("kept rows", { type: "bool", dims: [given], data: new Uint8Array(given).fill(rows > 0 ? 1 : 0) });
    return feeds;
  }

  #name(hint) {
    this.#count++;
    return `${hint}_${this.#count}`;
  }
}

function size(dims) {
  return dims.reduce((total, one) => total * one, 1);
}

function elements(type, values) {
  const data = newElements(type, values.length);
  data.set(type.endsWith("64") && type !== "float64" ? values.map(BigInt) : values);
  return data;
}

/** Numbers in (0, 1), half floats near 1, whole numbers below a bound: a fixed sequence per seed. */
function madeUp(type, length, below, seed) {
  const values = Array.from({ length }, (_, index) => ((index + 1) * 0.6180339887 + seed * 0.41) % 1);
  if (type === "float32" || type === "float64") return elements(type, values);
  if (type === "float16")
    return elements(
      type,
      values.map((value) => 0x3c00 + Math.floor(value * 512)),
    );
  return elements(
    type,
    values.map((value) => Math.floor(value * below)),
  );
}
