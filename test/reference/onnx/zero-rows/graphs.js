// Graphs that ONNX Runtime fuses into kernels of its own; their names have a space.
import { forms } from "./forms.js";

export function graphTrials() {
  return [...convolutional(), ...transformer(), ...quantized()];
}

function conv(g, x, inner, outer, size = 3, group = 1) {
  const pads = new Array(4).fill((size - 1) / 2);
  return g.add("Conv", [x, g.weight(outer, inner / group, size, size), g.weight(outer)], { pads, group });
}

function relu(g, x) {
  return g.add("Relu", [x]);
}

/** Each in plain channels (5) and in those that the runtime blocks (16). */
function convolutional() {
  const graphs = {
    "Conv + Relu": (g, x, c) => relu(g, conv(g, x, c, c)),
    "Conv + Sigmoid": (g, x, c) => g.add("Sigmoid", [conv(g, x, c, c)]),
    "Conv + Clip": (g, x, c) => {
      const limits = [0, 6].map((value) => g.constant("float32", [], [value]));
      return g.add("Clip", [conv(g, x, c, c), ...limits]);
    },
    "Conv + Add + Relu": (g, x, c) => relu(g, g.add("Add", [conv(g, x, c, c), x])),
    "Conv + BatchNormalization + Relu": (g, x, c) =>
      relu(g, g.add("BatchNormalization", [conv(g, x, c, c), ...[0, 1, 2, 3].map(() => g.weight(c))])),
    "Conv + Mul per channel": (g, x, c) => relu(g, g.add("Mul", [conv(g, x, c, c), g.weight(c, 1, 1)])),
    "residual block": (g, x, c) =>
      relu(g, g.add("Add", [conv(g, relu(g, conv(g, x, c, c)), c, c), conv(g, x, c, c, 1)])),
    "inverted bottleneck": (g, x, c) => {
      const wide = relu(g, conv(g, x, c, 2 * c, 1));
      const deep = g.add("Sigmoid", [conv(g, wide, 2 * c, 2 * c, 3, 2 * c)]);
      return g.add("Add", [conv(g, deep, 2 * c, c, 1), x]);
    },
    "squeeze and excitation": (g, x, c) => {
      const y = relu(g, conv(g, x, c, c));
      const pooled = g.add("GlobalAveragePool", [y]);
      const gate = g.add("Sigmoid", [conv(g, relu(g, conv(g, pooled, c, c, 1)), c, c, 1)]);
      return conv(g, g.add("Mul", [y, gate]), c, c, 1);
    },
    "squeeze and excitation by ReduceMean": (g, x, c) => {
      const y = relu(g, conv(g, x, c, c));
      const gate = g.add("HardSigmoid", [conv(g, g.reduce("ReduceMean", y, [2, 3], 1), c, c, 1)]);
      return conv(g, g.add("Mul", [gate, y]), c, c, 1);
    },
    "gate from outside": (g, x, c) => conv(g, g.add("Mul", [conv(g, x, c, c), g.float("n", c, 1, 1)]), c, c, 1),
    "SiLU between Convs": (g, x, c) => {
      const y = conv(g, x, c, c);
      return conv(g, g.add("Mul", [y, g.add("Sigmoid", [y])]), c, c);
    },
    "Concat of branches": (g, x, c) => {
      const joined = g.add("Concat", [relu(g, conv(g, x, c, c)), conv(g, x, c, c, 1), x], { axis: 1 });
      return conv(g, joined, 3 * c, c, 1);
    },
    "pools between Convs": (g, x, c) => {
      const pool = { kernel_shape: [2, 2], strides: [2, 2] };
      const y = g.add("MaxPool", [relu(g, conv(g, x, c, c))], pool);
      return conv(g, g.add("AveragePool", [conv(g, y, c, c)], pool), c, c);
    },
    "Pad + Conv": (g, x, c) => conv(g, g.add("Pad", [x, g.ints(0, 0, 1, 1, 0, 0, 1, 1)]), c, c),
    "Resize between Convs": (g, x, c) => {
      const scales = g.constant("float32", [4], [1, 1, 2, 2]);
      const y = g.add("Resize", [conv(g, x, c, c), g.constant("float32", [0], []), scales], { mode: "nearest" });
      return conv(g, y, c, c);
    },
    "channel shuffle": (g, x, c) => {
      const split = g.add("Reshape", [conv(g, x, c, 2 * c), g.ints(-1, 2, c, 8, 8)]);
      const mixed = g.add("Reshape", [g.add("Transpose", [split], { perm: [0, 2, 1, 3, 4] }), g.ints(-1, 2 * c, 8, 8)]);
      return conv(g, mixed, 2 * c, c);
    },
    "head: Conv, GlobalAveragePool, Flatten, Gemm": (g, x, c) =>
      g.add("Gemm", [
        g.add("Flatten", [g.add("GlobalAveragePool", [relu(g, conv(g, x, c, c))])]),
        g.weight(c, 10),
        g.weight(10),
      ]),
    "head: Conv, Squeeze, MatMul, Add": (g, x, c) => {
      const flat = g.withAxes("Squeeze", g.add("GlobalAveragePool", [conv(g, x, c, c)]), [2, 3], 13);
      return g.add("Add", [g.add("MatMul", [flat, g.weight(c, 10)]), g.weight(10)]);
    },
    "ConvNeXt block": (g, x, c) => {
      const last = g.add("Transpose", [conv(g, x, c, c, 7, c)], { perm: [0, 2, 3, 1] });
      const wide = gelu(g, linear(g, layerNorm(g, last, c), c, 4 * c));
      return g.add("Add", [x, g.add("Transpose", [linear(g, wide, 4 * c, c)], { perm: [0, 3, 1, 2] })]);
    },
  };
  return Object.entries(graphs).flatMap(([subject, draw]) =>
    [5, 16].map((c) => ({ subject, form: `${c} channels`, draw: (g) => draw(g, g.float("n", c, 8, 8), c) })),
  );
}

function linear(g, x, inner, outer) {
  return g.add("Add", [g.add("MatMul", [x, g.weight(inner, outer)]), g.weight(outer)]);
}

function gelu(g, x) {
  const number = (value) => g.constant("float32", [], [value]);
  const erf = g.add("Erf", [g.add("Div", [x, number(Math.SQRT2)])]);
  return g.add("Mul", [g.add("Mul", [x, g.add("Add", [erf, number(1)])]), number(0.5)]);
}

function tanhGelu(g, x) {
  const number = (value) => g.constant("float32", [], [value]);
  const cube = g.add("Mul", [g.add("Pow", [x, number(3)]), number(0.044715)]);
  const tanh = g.add("Tanh", [g.add("Mul", [g.add("Add", [x, cube]), number(Math.sqrt(2 / Math.PI))])]);
  return g.add("Mul", [g.add("Mul", [x, g.add("Add", [tanh, number(1)])]), number(0.5)]);
}

function layerNorm(g, x, size) {
  const centred = g.add("Sub", [x, g.reduce("ReduceMean", x, [-1], 1)]);
  const variance = g.reduce("ReduceMean", g.add("Pow", [centred, g.constant("float32", [], [2])]), [-1], 1);
  const deviation = g.add("Sqrt", [g.add("Add", [variance, g.constant("float32", [], [1e-5])])]);
  return g.add("Add", [g.add("Mul", [g.add("Div", [centred, deviation]), g.weight(size)]), g.weight(size)]);
}

/** Heads by a Reshape to [−1, 5, 2, 8], as a network that passes empty batches has them. */
function attention(g, x, mask = null) {
  const heads = (perm) => g.add("Transpose", [g.add("Reshape", [linear(g, x, 16, 16), g.ints(-1, 5, 2, 8)])], { perm });
  const [query, key, value] = [heads([0, 2, 1, 3]), heads([0, 2, 3, 1]), heads([0, 2, 1, 3])];
  const scores = g.add("Div", [g.add("MatMul", [query, key]), g.constant("float32", [], [Math.sqrt(8)])]);
  const weights = g.add("Softmax", [mask === null ? scores : g.add("Add", [scores, mask])], { axis: -1 });
  const context = g.add("Transpose", [g.add("MatMul", [weights, value])], { perm: [0, 2, 1, 3] });
  return linear(g, g.add("Reshape", [context, g.ints(-1, 5, 16)]), 16, 16);
}

function transformer() {
  const tokens = (g) => g.float("n", 5, 16);
  const cast = (g, x) => g.add("Cast", [x], { to: 1 });
  const all = (name, draw, from = 0) => forms(name, from, { "[n,5,16]": draw });
  return [
    ...all("MatMul + Add", (g) => linear(g, tokens(g), 16, 8)),
    ...forms("MatMul + Add of rows", 0, { "[n,16]": (g) => linear(g, g.float("n", 16), 16, 8) }),
    ...forms("Gemm + Relu", 0, {
      "[n,16]": (g) => relu(g, g.add("Gemm", [g.float("n", 16), g.weight(16, 8), g.weight(8)])),
    }),
    ...all("bias + Gelu by Erf", (g) => gelu(g, linear(g, tokens(g), 16, 8))),
    ...all("bias + Gelu by Tanh", (g) => tanhGelu(g, linear(g, tokens(g), 16, 8))),
    ...all("LayerNormalization of primitives", (g) => layerNorm(g, tokens(g), 16)),
    ...all("SkipLayerNormalization of primitives", (g) => {
      const x = tokens(g);
      return layerNorm(g, g.add("Add", [linear(g, x, 16, 16), x]), 16);
    }),
    ...all(
      "SkipLayerNormalization with LayerNormalization",
      (g) => {
        const x = tokens(g);
        const sum = g.add("Add", [linear(g, x, 16, 16), x]);
        return [g.add("LayerNormalization", [sum, g.weight(16), g.weight(16)]), sum];
      },
      17,
    ),
    ...all("attention block", (g) => attention(g, tokens(g))),
    ...all("attention block with a mask", (g) => {
      const mask = g.withAxes("Unsqueeze", cast(g, g.input("int64", ["n", 5])), [1, 2], 13);
      const one = g.constant("float32", [], [1]);
      return attention(g, tokens(g), g.add("Mul", [g.add("Sub", [one, mask]), g.constant("float32", [], [-10000])]));
    }),
    ...all("encoder block, norms after", (g) => {
      const x = tokens(g);
      const y = layerNorm(g, g.add("Add", [attention(g, x), x]), 16);
      return layerNorm(g, g.add("Add", [linear(g, gelu(g, linear(g, y, 16, 32)), 32, 16), y]), 16);
    }),
    ...all("encoder block, norms before", (g) => {
      const x = tokens(g);
      const y = g.add("Add", [attention(g, layerNorm(g, x, 16)), x]);
      return g.add("Add", [linear(g, tanhGelu(g, linear(g, layerNorm(g, y, 16), 16, 32)), 32, 16), y]);
    }),
    ...forms("embedding + LayerNormalization", 0, {
      "[n,5]": (g) => {
        const words = g.add("Gather", [g.weight(30, 16), g.input("int64", ["n", 5], 30)]);
        const places = g.add("Gather", [g.weight(30, 16), g.constant("int64", [1, 5], [0, 1, 2, 3, 4])]);
        return layerNorm(g, g.add("Add", [words, places]), 16);
      },
    }),
    ...all("head of a class token", (g) =>
      linear(g, g.add("Tanh", [linear(g, g.add("Gather", [tokens(g), g.int(0)], { axis: 1 }), 16, 16)]), 16, 4),
    ),
  ];
}

function quantized() {
  const scale = (g) => g.constant("float32", [], [0.02]);
  const pair = (g, x) => {
    const point = [scale(g), g.constant("uint8", [], [1])];
    return g.add("DequantizeLinear", [g.add("QuantizeLinear", [x, ...point]), ...point]);
  };
  const weight = (g, ...dims) =>
    g.add("DequantizeLinear", [g.constant("int8", dims), scale(g), g.constant("int8", [], [0])]);
  const dynamic = (g, x) => {
    const [values, factor, zero] = g.add("DynamicQuantizeLinear", [x], {}, 3);
    const product = g.add("MatMulInteger", [values, g.constant("uint8", [16, 8]), zero, g.constant("uint8", [], [1])]);
    return g.add("Mul", [g.add("Cast", [product], { to: 1 }), g.add("Mul", [factor, scale(g)])]);
  };
  return [
    ...forms("Conv between quantisations", 0, {
      "16 channels": (g) => pair(g, relu(g, g.add("Conv", [pair(g, g.float("n", 16, 8, 8)), weight(g, 16, 16, 3, 3)]))),
      "5 channels": (g) => pair(g, g.add("Conv", [pair(g, g.float("n", 5, 8, 8)), weight(g, 5, 5, 3, 3)])),
    }),
    ...forms("MatMul between quantisations", 0, {
      "[n,5,16]": (g) => pair(g, g.add("MatMul", [pair(g, g.float("n", 5, 16)), weight(g, 16, 8)])),
    }),
    ...forms("Gemm between quantisations", 0, {
      "[n,16]": (g) => pair(g, g.add("Gemm", [pair(g, g.float("n", 16)), weight(g, 16, 8)])),
    }),
    ...["Sigmoid", "Softmax", "GlobalAveragePool", "LeakyRelu"].flatMap((operator) =>
      forms(`${operator} between quantisations`, 0, {
        "[n,16,6,6]": (g) => pair(g, g.add(operator, [pair(g, g.float("n", 16, 6, 6))])),
      }),
    ),
    ...["Add", "Mul", "Concat"].flatMap((operator) =>
      forms(`${operator} between quantisations`, 0, {
        "[n,16,6,6]": (g) =>
          pair(
            g,
            g.add(
              operator,
              [pair(g, g.float("n", 16, 6, 6)), pair(g, g.float("n", 16, 6, 6))],
              operator === "Concat" ? { axis: 1 } : {},
            ),
          ),
      }),
    ),
    ...forms("DynamicQuantizeLinear + MatMulInteger", 0, {
      "[n,16]": (g) => dynamic(g, g.float("n", 16)),
      "[n,5,16]": (g) => dynamic(g, g.float("n", 5, 16)),
    }),
  ];
}
