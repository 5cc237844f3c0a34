// Layers that see an image (or a line, or a cube): convolutions, pools, and what moves or samples pixels.
import { forms } from "./forms.js";

export function imageTrials() {
  return [...convolutions(), ...transposed(), ...pools(), ...places()];
}

function convolutions() {
  /** Layer of `inner` to `outer` channels over an image (or line, or cube) of size 8. */
  const conv = (inner, outer, kernel, attributes = {}, { bias = true, groups = 1 } = {}) =>
    function draw(g) {
      const x = g.float("n", inner, ...kernel.map(() => 8));
      const weights = [g.weight(outer, inner / groups, ...kernel), ...(bias ? [g.weight(outer)] : [])];
      return g.add("Conv", [x, ...weights], { group: groups, ...attributes });
    };
  return forms("Conv", 0, {
    "1d": conv(3, 4, [3]),
    "1d dilated": conv(16, 16, [3], { dilations: [2], pads: [2, 2] }),
    "3 to 16": conv(3, 16, [3, 3], { pads: [1, 1, 1, 1] }),
    "5 to 7, no bias": conv(5, 7, [3, 3], {}, { bias: false }),
    "16 to 32": conv(16, 32, [3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
    "pointwise 16 to 32": conv(16, 32, [1, 1]),
    "pointwise 5 to 7": conv(5, 7, [1, 1]),
    "groups of 5": conv(10, 10, [3, 3], {}, { groups: 2 }),
    "groups of 16": conv(32, 32, [3, 3], { pads: [1, 1, 1, 1] }, { groups: 2 }),
    "depthwise 16": conv(16, 16, [3, 3], { pads: [1, 1, 1, 1] }, { groups: 16 }),
    "depthwise 5": conv(5, 5, [3, 3], { pads: [1, 1, 1, 1] }, { groups: 5 }),
    "depthwise 1d": conv(16, 16, [3], { pads: [1, 1] }, { groups: 16 }),
    "same size": conv(3, 8, [3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
    dilated: conv(16, 16, [3, 3], { dilations: [2, 2], pads: [2, 2, 2, 2] }),
    "3d": conv(2, 4, [3, 3, 3]),
    "weights as an input": (g) => g.add("Conv", [g.float("n", 3, 8, 8), g.input("float32", [4, 3, 3, 3])]),
    float16: [0, (g) => g.add("Conv", [g.input("float16", ["n", 3, 8, 8]), g.constant("float16", [4, 3, 3, 3])])],
  });
}

function transposed() {
  const up = (g, dims, weight, attributes) =>
    g.add("ConvTranspose", [g.float("n", ...dims), g.weight(...weight)], attributes);
  return forms("ConvTranspose", 0, {
    "1d": (g) => up(g, [3, 8], [3, 4, 3], { strides: [2] }),
    "2d": (g) => up(g, [16, 6, 6], [16, 16, 2, 2], { strides: [2, 2] }),
    groups: (g) => up(g, [4, 6, 6], [4, 2, 3, 3], { group: 2 }),
    depthwise: (g) =>
      up(g, [4, 6, 6], [4, 1, 3, 3], { group: 4, strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
    bias: (g) =>
      g.add("ConvTranspose", [g.float("n", 3, 6, 6), g.weight(3, 4, 3, 3), g.weight(4)], {
        auto_pad: "SAME_UPPER",
        strides: [2, 2],
      }),
    "3d": (g) => up(g, [2, 4, 4, 4], [2, 3, 2, 2, 2], { strides: [2, 2, 2] }),
  });
}

function pools() {
  const images = [
    [3, 20],
    [5, 8, 8],
    [16, 8, 8],
    [2, 6, 6, 6],
  ];
  const each = (subject, attributes, suffix = "", from = 0, outputs = 1) =>
    images.map((dims) => ({
      subject,
      form: `[n,${dims}]${suffix}`,
      from,
      draw: (g) => g.add(subject, [g.float("n", ...dims)], attributes(dims.slice(1)), outputs),
    }));
  const kernel = (sizes) => ({ kernel_shape: sizes.map(() => 3), strides: sizes.map(() => 2) });
  const padded = (sizes) => ({ ...kernel(sizes), pads: [...sizes, ...sizes].map(() => 1) });
  const image = (g) => g.float("n", 4, 8, 8);
  return [
    ...["MaxPool", "AveragePool", "LpPool"].flatMap((subject) => [
      ...each(subject, kernel),
      ...each(subject, padded, " padded"),
    ]),
    ...each("MaxPool", (sizes) => ({ ...kernel(sizes), ceil_mode: 1, dilations: sizes.map(() => 2) }), " dilated"),
    ...each("MaxPool", kernel, " with indices", 0, 2),
    ...each("AveragePool", (sizes) => ({ ...padded(sizes), count_include_pad: 1, ceil_mode: 1 }), " count padding"),
    ...["GlobalAveragePool", "GlobalMaxPool"].flatMap((subject) => each(subject, () => ({}))),
    ...each("GlobalLpPool", () => ({})).map((trial) => ({ ...trial, until: 21 })),
    ...forms("MaxUnpool", 0, {
      doubled: (g) => {
        const [value, index] = g.add("MaxPool", [image(g)], { kernel_shape: [2, 2], strides: [2, 2] }, 2);
        return g.add("MaxUnpool", [value, index], { kernel_shape: [2, 2], strides: [2, 2] });
      },
    }),
  ];
}

/** Operators that move or sample pixels. */
function places() {
  const image = (g) => g.float("n", 8, 6, 6);
  const grid = (mode, from, until, attributes = {}) => ({
    subject: "GridSample",
    form: `${mode} ${Object.values(attributes)}`,
    from,
    until,
    draw: (g) => g.add("GridSample", [image(g), g.float("n", 4, 5, 2)], { mode, ...attributes }),
  });
  return [
    ...["DCR", "CRD"].map((mode) => ({
      subject: "DepthToSpace",
      form: mode,
      draw: (g) => g.add("DepthToSpace", [image(g)], { blocksize: 2, mode }),
    })),
    ...forms("SpaceToDepth", 0, { "[n,8,6,6]": (g) => g.add("SpaceToDepth", [image(g)], { blocksize: 2 }) }),
    ...["bilinear", "nearest", "bicubic"].map((mode) => grid(mode, 16, 19)),
    ...["linear", "nearest", "cubic"].flatMap((mode) => [
      grid(mode, 20),
      grid(mode, 20, undefined, { padding_mode: "reflection", align_corners: 1 }),
    ]),
    ...forms("AffineGrid", 20, { "2d": (g) => g.add("AffineGrid", [g.float("n", 2, 3), g.add("Shape", [image(g)])]) }),
    ...forms("RoiAlign", 0, {
      "a box a row": (g) =>
        g.add("RoiAlign", [image(g), g.float("n", 4), g.input("int64", ["n"], "n")], {
          output_height: 2,
          output_width: 2,
        }),
      "no box": (g) =>
        g.add("RoiAlign", [g.input("float32", [2, 8, 6, 6]), g.float("n", 4), g.input("int64", ["n"])], {
          output_height: 2,
          output_width: 2,
        }),
    }).map((trial) => ({ ...trial, until: 21 })),
    ...forms("MaxRoiPool", 0, {
      "no box": (g) =>
        g.add("MaxRoiPool", [g.input("float32", [1, 8, 6, 6]), g.float("n", 5)], { pooled_shape: [2, 2] }),
    }).map((trial) => ({ ...trial, until: 21 })),
    ...forms("Det", 0, {
      "[n,3,3]": (g) => g.add("Det", [g.float("n", 3, 3)]),
      "[n,2,3,3]": (g) => g.add("Det", [g.float("n", 2, 3, 3)]),
    }),
    ...forms("Col2Im", 18, { "[n,12,9]": (g) => g.add("Col2Im", [g.float("n", 12, 9), g.ints(4, 4), g.ints(2, 2)]) }),
    ...forms("CenterCropPad", 18, {
      "[n,8,6,6]": (g) => g.add("CenterCropPad", [image(g), g.ints(4, 8)], { axes: [2, 3] }),
    }),
  ];
}
