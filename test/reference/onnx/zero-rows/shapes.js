// Operators that change shape or join and cut along an inner axis.
import { forms } from "./forms.js";

export function shapeTrials() {
  return [...reshapes(), ...views(), ...joints(), ...paddings(), ...resizes(), ...shapeValues()];
}

function reshapes() {
  const to =
    (dims, target, attributes = {}) =>
    (g) =>
      g.add("Reshape", [g.float(...dims), g.ints(...target)], attributes);
  /** Target made at run time from the input's own number of rows. */
  const dynamic = (dims, rest) => (g) => {
    const x = g.float(...dims);
    const rows = g.add("Gather", [g.add("Shape", [x]), g.ints(0)]);
    return g.add("Reshape", [x, g.add("Concat", [rows, g.ints(...rest)], { axis: 0 })]);
  };
  const each = (subject, named) => forms(subject, 0, named);
  return [
    ...each("Reshape to [0, k]", {
      "[n,4,2]": to(["n", 4, 2], [0, 8]),
      "[n,8,6,6]": to(["n", 8, 6, 6], [0, 8, 36]),
      "[n,5,8] heads": to(["n", 5, 8], [0, 5, 2, 4]),
      "[n,5,8] copied sizes": to(["n", 5, 8], [0, 0, 2, 4]),
    }),
    ...each("Reshape to [-1, k]", {
      "[n,4,2]": to(["n", 4, 2], [-1, 8]),
      "[n,5,8] rows × time": to(["n", 5, 8], [-1, 8]),
      "[n,8] to [-1,2,4]": to(["n", 8], [-1, 2, 4]),
      "[n,1]": to(["n", 1], [-1]),
      "[n] to [-1,1]": to(["n"], [-1, 1]),
    }),
    ...each("Reshape to [0, -1]", { "[n,4,2]": to(["n", 4, 2], [0, -1]), "[n,8,6,6]": to(["n", 8, 6, 6], [0, 8, -1]) }),
    ...each("Reshape to [N, k] from Shape", {
      "[n,4,2]": dynamic(["n", 4, 2], [8]),
      "[n,5,8] heads": dynamic(["n", 5, 8], [5, 2, 4]),
    }),
    ...each("Reshape to [N, -1] from Shape", {
      "[n,4,2]": dynamic(["n", 4, 2], [-1]),
      "[n,8,6,6]": dynamic(["n", 8, 6, 6], [8, -1]),
    }),
    ...each("Reshape to [a, -1, k]", {
      "[5,n,8]": to([5, "n", 8], [5, -1, 2, 4]),
      "[5,n,8] copied": to([5, "n", 8], [0, 0, 2, 4]),
    }),
    ...each("Reshape to [0, -1, k] of rows second", { "[5,n,8]": to([5, "n", 8], [0, -1, 2, 4]) }),
  ];
}

function views() {
  const axes = (operator, dims, list) => (g) => g.withAxes(operator, g.float(...dims), list, 13);
  const transpose = (dims, perm) => (g) => g.add("Transpose", [g.float(...dims)], perm && { perm });
  return [
    ...forms("Flatten", 0, {
      "[n,8,6,6]": (g) => g.add("Flatten", [g.float("n", 8, 6, 6)]),
      "[n,5,8] at 2": (g) => g.add("Flatten", [g.float("n", 5, 8)], { axis: 2 }),
      "[n,8,1,1]": (g) => g.add("Flatten", [g.float("n", 8, 1, 1)], { axis: 1 }),
      "[n,5,8] at 0": (g) => g.add("Flatten", [g.float("n", 5, 8)], { axis: 0 }),
      "[n,5,8] at -1": (g) => g.add("Flatten", [g.float("n", 5, 8)], { axis: -1 }),
      "[n]": (g) => g.add("Flatten", [g.float("n")]),
    }),
    ...forms("Squeeze", 0, {
      "[n,8,1,1]": axes("Squeeze", ["n", 8, 1, 1], [2, 3]),
      "[n,1,8]": axes("Squeeze", ["n", 1, 8], [1]),
      "[n,1]": axes("Squeeze", ["n", 1], [-1]),
      "[1,n,8]": axes("Squeeze", [1, "n", 8], [0]),
      "all of one": (g) => g.add("Squeeze", [g.float("n", 8, 1, 1)]),
    }),
    ...forms("Unsqueeze", 0, {
      "[n,8]": axes("Unsqueeze", ["n", 8], [2, 3]),
      "[n]": axes("Unsqueeze", ["n"], [1]),
      "[n,5,8]": axes("Unsqueeze", ["n", 5, 8], [1]),
      "[n,5,8] at -1": axes("Unsqueeze", ["n", 5, 8], [-1]),
      "[n,8] at 0": axes("Unsqueeze", ["n", 8], [0]),
    }),
    ...forms("Transpose", 0, {
      "[n,5,8] inner": transpose(["n", 5, 8], [0, 2, 1]),
      "[n,8,6,6] channels last": transpose(["n", 8, 6, 6], [0, 2, 3, 1]),
      "[n,6,6,8] channels first": transpose(["n", 6, 6, 8], [0, 3, 1, 2]),
      "[n,5,2,4] heads": transpose(["n", 5, 2, 4], [0, 2, 1, 3]),
      "[n,5,2,4] keys": transpose(["n", 5, 2, 4], [0, 2, 3, 1]),
      "[n,5,8] time first": transpose(["n", 5, 8], [1, 0, 2]),
      "[5,n,8] rows first": transpose([5, "n", 8], [1, 0, 2]),
      "[n,5,3,2,4] to front": transpose(["n", 5, 3, 2, 4], [2, 0, 3, 1, 4]),
      "[1,n]": transpose([1, "n"], [1, 0]),
      "[n,8] default": transpose(["n", 8], undefined),
      "[n,1,8]": transpose(["n", 1, 8], [0, 2, 1]),
      "[n,4,3,4,3,2] windows": transpose(["n", 4, 3, 4, 3, 2], [0, 1, 3, 2, 4, 5]),
    }),
  ];
}

function joints() {
  const concat =
    (axis, ...sides) =>
    (g) =>
      g.add(
        "Concat",
        sides.map((dims) => (dims.includes("n") ? g.float(...dims) : g.weight(...dims))),
        { axis },
      );
  const split = (dims, axis, sizes) => (g) => {
    const x = g.float(...dims);
    if (sizes.length === 0) return g.add("Split", [x], { axis, ...(g.opset >= 18 && { num_outputs: 2 }) }, 2);
    if (g.opset >= 13) return g.add("Split", [x, g.ints(...sizes)], { axis }, sizes.length);
    return g.add("Split", [x], { axis, split: sizes }, sizes.length);
  };
  const slice =
    (dims, start, end, axis, step = 1) =>
    (g) =>
      g.add("Slice", [g.float(...dims), g.ints(start), g.ints(end), g.ints(axis), g.ints(step)]);
  const last = 2 ** 31 - 1;
  return [
    ...forms("Concat", 0, {
      "[n,8] at 1": concat(1, ["n", 8], ["n", 4]),
      "[n,8,6,6] at 1": concat(1, ["n", 16, 6, 6], ["n", 16, 6, 6]),
      "[n,5,8] at -1": concat(-1, ["n", 5, 8], ["n", 5, 2], ["n", 5, 1]),
      "[n,5,8] at 1": concat(1, ["n", 1, 8], ["n", 5, 8]),
      "[5,n,8] at 0": concat(0, [5, "n", 8], [1, "n", 8]),
      "rows of both": concat(0, ["n", 8], ["n", 8]),
      "rows and a spare": concat(0, ["n", 8], [1, 8]),
      "one input": concat(1, ["n", 8]),
      int64: (g) => g.add("Concat", [g.input("int64", ["n", 1]), g.input("int64", ["n", 2])], { axis: 1 }),
    }),
    ...forms("Split", 0, {
      "[n,8] halves": split(["n", 8], 1, []),
      "[n,8] 6 and 2": split(["n", 8], 1, [6, 2]),
      "[n,8,6,6]": split(["n", 8, 6, 6], 1, [4, 4]),
      "[n,5,12] in 3": split(["n", 5, 12], -1, [4, 4, 4]),
      "[n,5,8] in time": split(["n", 5, 8], 1, [1, 4]),
      "[5,n,8]": split([4, "n", 8], 0, [1, 3]),
    }),
    ...forms("Slice", 0, {
      "[n,8]": slice(["n", 8], 2, 6, 1),
      "[n,8] steps": slice(["n", 8], 0, last, 1, 2),
      "[n,8] backwards": slice(["n", 8], -1, -last, 1, -1),
      "[n,8,6,6] patches": slice(["n", 8, 6, 6], 0, last, 3, 2),
      "[n,5,8] class token": slice(["n", 5, 8], 0, 1, 1),
      "[n,5,8] last": slice(["n", 5, 8], -1, last, 2),
      "[5,n,8]": slice([5, "n", 8], -1, last, 0),
      "all rows": slice(["n", 8], 0, last, 0),
      "rows but the last": slice(["n", 8], 0, -1, 0),
      "rows backwards": slice(["n", 8], -1, -last, 0, -1),
      "nothing of a row": slice(["n", 8], 3, 3, 1),
    }),
  ];
}

function paddings() {
  const pads = [0, 0, 1, 2, 0, 0, 2, 1];
  const pad = (type, mode, value) => (g) => {
    const inputs = [g.input(type, ["n", 4, 6, 6]), g.ints(...pads)];
    return g.add("Pad", value ? [...inputs, g.constant(type, [], [1])] : inputs, { mode });
  };
  const line = (mode) => (g) => g.add("Pad", [g.float("n", 5, 8), g.ints(0, 1, 0, 0, 1, 0)], { mode });
  const expand = (dims, target) => (g) => g.add("Expand", [g.float(...dims), g.ints(...target)]);
  return [
    ...forms("Pad", 0, {
      constant: pad("float32", "constant", true),
      "constant, default": pad("float32", "constant", false),
      reflect: pad("float32", "reflect", false),
      edge: pad("float32", "edge", false),
      wrap: [19, pad("float32", "wrap", false)],
      "[n,5,8] constant": line("constant"),
      "[n,5,8] reflect": line("reflect"),
      "[n,5,8] edge": line("edge"),
      "along given axes": [
        18,
        (g) => g.add("Pad", [g.float("n", 4, 6), g.ints(1, 1), g.constant("float32", [], [0]), g.ints(2)]),
      ],
      cropping: (g) => g.add("Pad", [g.float("n", 8), g.ints(0, -1, 0, -2)]),
      "last of one size": (g) => g.add("Pad", [g.float("n", 4, 1, 6), g.ints(0, 0, 0, 1, 0, 0, 0, 1)]),
    }),
    ...forms("Expand", 0, {
      "[n,1] to [1,8]": expand(["n", 1], [1, 8]),
      "[n,1,8] to [1,5,8]": expand(["n", 1, 8], [1, 5, 8]),
      "[1,1,8] to rows": (g) => {
        const rows = g.add("Gather", [g.add("Shape", [g.float("n", 5, 8)]), g.ints(0)]);
        return g.add("Expand", [g.weight(1, 1, 8), g.add("Concat", [rows, g.ints(1, 8)], { axis: 0 })]);
      },
      "scalar to the shape of rows": (g) =>
        g.add("Expand", [g.constant("float32", [], [0]), g.add("Shape", [g.float("n", 5)])]),
      "[n,8] as it is": expand(["n", 8], [1]),
    }),
    ...forms("Tile", 0, {
      "[n,8] twice": (g) => g.add("Tile", [g.float("n", 8), g.ints(1, 2)]),
      "[n,1,6,6] channels": (g) => g.add("Tile", [g.float("n", 1, 6, 6), g.ints(1, 3, 1, 1)]),
      "rows twice": (g) => g.add("Tile", [g.float("n", 8), g.ints(2, 1)]),
      "[1,1,8] to rows": (g) => {
        const rows = g.add("Gather", [g.add("Shape", [g.float("n", 5, 8)]), g.ints(0)]);
        return g.add("Tile", [g.weight(1, 1, 8), g.add("Concat", [rows, g.ints(1, 1)], { axis: 0 })]);
      },
    }),
  ];
}

function resizes() {
  const floats = (g, ...values) => g.constant("float32", [values.length], values);
  const resize = (dims, attributes, sizes) => (g) => {
    const x = g.float("n", ...dims);
    const same = g.constant("float32", [0], []);
    if (sizes === undefined)
      return g.add("Resize", [x, same, floats(g, 1, 1, ...dims.slice(1).map(() => 2))], attributes);
    const rows = g.add("Gather", [g.add("Shape", [x]), g.ints(0)]);
    return g.add(
      "Resize",
      [x, same, g.opset >= 13 ? "" : same, g.add("Concat", [rows, g.ints(dims[0], ...sizes)], { axis: 0 })],
      attributes,
    );
  };
  return ["nearest", "linear", "cubic"].flatMap((mode) =>
    ["half_pixel", "asymmetric", "align_corners"].flatMap((coordinate_transformation_mode) =>
      [3, 16].flatMap((channels) => {
        const attributes = { mode, coordinate_transformation_mode };
        const trial = (form, draw, from = 0) => ({
          subject: "Resize",
          form: `${mode} ${coordinate_transformation_mode}, ${channels} channels, ${form}`,
          from,
          draw,
        });
        const axes = [2, 3];
        return [
          trial("scales", resize([channels, 6, 6], attributes)),
          trial("sizes", resize([channels, 6, 6], attributes, [9, 5])),
          trial(
            "sizes along axes",
            (g) => g.add("Resize", [g.float("n", channels, 6, 6), "", "", g.ints(3, 4)], { ...attributes, axes }),
            18,
          ),
          trial(
            "antialias",
            resize([channels, 6, 6], mode === "nearest" ? attributes : { ...attributes, antialias: 1 }, [3, 4]),
            18,
          ),
          ...(mode === "cubic" ? [] : [trial("1d", resize([channels, 6], attributes))]),
        ];
      }),
    ),
  );
}

function shapeValues() {
  const equals =
    (...values) =>
    (outputs) =>
      outputs.every(({ data }, index) => `${data}` === `${values[index]}`)
        ? null
        : `wrong values: ${outputs.map(({ data }) => `[${data}]`)}`;
  const rows = (g) => g.add("Gather", [g.add("Shape", [g.float("n", 8)]), g.int(0)]);
  const scalars = (g) => [g.int(0), rows(g), g.int(1)];
  return [
    { subject: "Shape", form: "[n,5,8]", draw: (g) => g.add("Shape", [g.float("n", 5, 8)]), verify: equals([0, 5, 8]) },
    {
      subject: "Shape",
      form: "from 1",
      from: 15,
      draw: (g) => g.add("Shape", [g.float("n", 5, 8)], { start: 1 }),
      verify: equals([5, 8]),
    },
    { subject: "Size", form: "[n,5,8]", draw: (g) => g.add("Size", [g.float("n", 5, 8)]), verify: equals([0]) },
    {
      subject: "ConstantOfShape",
      form: "[n,5]",
      draw: (g) => g.add("ConstantOfShape", [g.add("Shape", [g.float("n", 5)])]),
    },
    {
      subject: "Constant",
      form: "added to [n,2]",
      from: 12,
      draw: (g) => g.add("Add", [g.input("int64", ["n", 2]), g.add("Constant", [], { value_ints: [1, 2] })]),
    },
    { subject: "Range", form: "of the rows", draw: (g) => g.add("Range", scalars(g)) },
    { subject: "EyeLike", form: "[n,8]", draw: (g) => g.add("EyeLike", [g.float("n", 8)]) },
    { subject: "EyeLike", form: "[8,n]", draw: (g) => g.add("EyeLike", [g.float(8, "n")]) },
    ...[0, 1].flatMap((upper) =>
      [
        ["n", 5, 5],
        ["n", 2, 5, 8],
      ].map((dims) => ({
        subject: "Trilu",
        form: `[${dims}] ${upper}`,
        from: 14,
        draw: (g) => g.add("Trilu", [g.float(...dims)], { upper }),
      })),
    ),
    { subject: "Trilu", form: "[n,8]", from: 14, draw: (g) => g.add("Trilu", [g.float("n", 8)]) },
  ];
}
