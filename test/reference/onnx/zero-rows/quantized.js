// Quantised operators alone; their fused graphs are in graphs.js.
import { forms } from "./forms.js";

export function quantizedTrials() {
  const scale = (g) => g.constant("float32", [], [0.02]);
  const scales = (g, count) => g.constant("float32", [count], new Array(count).fill(0.02));
  const zero = (g, type) => g.constant(type, [], [1]);
  const types = ["uint8", "int8"];
  const both = (named) =>
    Object.fromEntries(
      types.flatMap((type) => Object.entries(named).map(([form, draw]) => [`${type} ${form}`, (g) => draw(g, type)])),
    );
  return [
    ...forms("QuantizeLinear", 0, {
      ...both({ "[n,8]": (g, type) => g.add("QuantizeLinear", [g.float("n", 8), scale(g), zero(g, type)]) }),
      ...both({ "[n,4,6,6]": (g, type) => g.add("QuantizeLinear", [g.float("n", 4, 6, 6), scale(g), zero(g, type)]) }),
      "per channel": [
        13,
        (g) => g.add("QuantizeLinear", [g.float("n", 4, 6, 6), scales(g, 4), g.constant("uint8", [4])], { axis: 1 }),
      ],
    }),
    ...forms("DequantizeLinear", 0, {
      ...both({
        "[n,8]": (g, type) => g.add("DequantizeLinear", [g.input(type, ["n", 8], 100), scale(g), zero(g, type)]),
      }),
      int32: (g) => g.add("DequantizeLinear", [g.input("int32", ["n", 8], 100), scale(g)]),
      "per channel": [
        13,
        (g) =>
          g.add("DequantizeLinear", [g.input("int8", ["n", 4, 6, 6], 100), scales(g, 4), g.constant("int8", [4])], {
            axis: 1,
          }),
      ],
    }),
    ...forms("DynamicQuantizeLinear", 0, { "[n,8]": (g) => g.add("DynamicQuantizeLinear", [g.float("n", 8)], {}, 3) }),
    ...forms("QLinearConv", 0, {
      ...both({
        "3 to 4": (g, type) => qlinearConv(g, type, [3, 8, 8], [4, 3, 3, 3]),
        "16 to 32": (g, type) => qlinearConv(g, type, [16, 8, 8], [32, 16, 3, 3]),
        depthwise: (g, type) => qlinearConv(g, type, [16, 8, 8], [16, 1, 3, 3], 16),
        pointwise: (g, type) => qlinearConv(g, type, [16, 8, 8], [16, 16, 1, 1]),
        groups: (g, type) => qlinearConv(g, type, [4, 8, 8], [4, 2, 3, 3], 2),
        "1d": (g, type) => qlinearConv(g, type, [4, 8], [4, 4, 3]),
      }),
    }),
    ...forms("QLinearMatMul", 0, {
      ...both({
        "[n,8] × [8,4]": (g, type) => qlinearMatMul(g, type, ["n", 8], [8, 4]),
        "[n,5,8] × [8,4]": (g, type) => qlinearMatMul(g, type, ["n", 5, 8], [8, 4]),
        "[n,5,8] × [n,8,4]": (g, type) => qlinearMatMul(g, type, ["n", 5, 8], ["n", 8, 4]),
      }),
    }),
    ...forms("ConvInteger", 0, {
      "2d": (g) => g.add("ConvInteger", [g.input("uint8", ["n", 3, 8, 8], 100), g.constant("uint8", [4, 3, 3, 3])]),
      "zero points": (g) =>
        g.add("ConvInteger", [
          g.input("uint8", ["n", 3, 8, 8], 100),
          g.constant("uint8", [4, 3, 3, 3]),
          zero(g, "uint8"),
          zero(g, "uint8"),
        ]),
      pointwise: (g) =>
        g.add("ConvInteger", [g.input("uint8", ["n", 16, 8, 8], 100), g.constant("uint8", [4, 16, 1, 1])]),
      depthwise: (g) =>
        g.add("ConvInteger", [g.input("uint8", ["n", 4, 8, 8], 100), g.constant("uint8", [4, 1, 3, 3])], { group: 4 }),
    }),
    ...forms("MatMulInteger", 0, {
      ...both({
        "[n,8] × [8,4]": (g, type) =>
          g.add("MatMulInteger", [g.input("uint8", ["n", 8], 100), g.constant(type, [8, 4])]),
        "zero points": (g, type) =>
          g.add("MatMulInteger", [
            g.input("uint8", ["n", 5, 8], 100),
            g.constant(type, [8, 4]),
            zero(g, "uint8"),
            zero(g, type),
          ]),
        "[n,5,8] × [n,8,4]": (g, type) =>
          g.add("MatMulInteger", [g.input("uint8", ["n", 5, 8], 100), g.input(type, ["n", 8, 4], 100)]),
      }),
    }),
  ];

  function qlinearConv(g, type, image, weight, group = 1) {
    const x = [g.input(type, ["n", ...image], 100), scale(g), zero(g, type)];
    const w = [g.constant(type, weight), scale(g), zero(g, type)];
    const bias = g.constant("int32", [weight[0]]);
    return g.add("QLinearConv", [...x, ...w, scale(g), zero(g, type), bias], { group });
  }

  function qlinearMatMul(g, type, left, right) {
    const side = (dims) => (dims.includes("n") ? g.input(type, dims, 100) : g.constant(type, dims));
    return g.add("QLinearMatMul", [
      side(left),
      scale(g),
      zero(g, type),
      side(right),
      scale(g),
      zero(g, type),
      scale(g),
      zero(g, type),
    ]);
  }
}
