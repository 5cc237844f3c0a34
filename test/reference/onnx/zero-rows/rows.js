// Operators that look rows up, select them or write them.
import { forms } from "./forms.js";

export function rowTrials() {
  return [...gathers(), ...scatters(), ...selections()];
}

function gathers() {
  const indices = (g, dims, below = 8) => g.input("int64", dims, below);
  return [
    ...forms("Gather", 0, {
      "[n,8] columns": (g) => g.add("Gather", [g.float("n", 8), g.ints(1, 3)], { axis: 1 }),
      "[n,5,8] class token": (g) => g.add("Gather", [g.float("n", 5, 8), g.int(0)], { axis: 1 }),
      "[n,5,8] last axis": (g) => g.add("Gather", [g.float("n", 5, 8), g.ints(7, 0)], { axis: -1 }),
      "[n,8,6,6] channels": (g) => g.add("Gather", [g.float("n", 8, 6, 6), g.ints(1, 3)], { axis: 1 }),
      "[5,n,8] a step": (g) => g.add("Gather", [g.float(5, "n", 8), g.int(-1)], { axis: 0 }),
      "[3,n,8] of q, k, v": (g) => g.add("Gather", [g.float(3, "n", 8), g.int(1)], { axis: 0 }),
      "embedding of [n]": (g) => g.add("Gather", [g.weight(8, 4), indices(g, ["n"])]),
      "embedding of [n,5]": (g) => g.add("Gather", [g.weight(8, 4), indices(g, ["n", 5])]),
      "embedding of int32": (g) => g.add("Gather", [g.weight(8, 4), g.input("int32", ["n", 5], 8)]),
      "rows by rows": (g) => g.add("Gather", [g.float("n", 8), indices(g, ["n"], "n")]),
      "no rows of some": (g) => g.add("Gather", [g.input("float32", [4, 8]), indices(g, ["n"], 4)]),
      "no columns of some": (g) => g.add("Gather", [g.input("float32", [4, 8]), indices(g, ["n"], 8)], { axis: 1 }),
      "size of the batch": (g) => g.add("Gather", [g.add("Shape", [g.float("n", 8)]), g.int(0)]),
    }),
    ...forms("GatherElements", 0, {
      "[n,8]": (g) => g.add("GatherElements", [g.float("n", 8), indices(g, ["n", 3])], { axis: 1 }),
      "[n,5,8]": (g) => g.add("GatherElements", [g.float("n", 5, 8), indices(g, ["n", 5, 2])], { axis: -1 }),
      "[n,5,8] tokens": (g) => g.add("GatherElements", [g.float("n", 5, 8), indices(g, ["n", 2, 8], 5)], { axis: 1 }),
      "[4,8] by [n,8]": (g) =>
        g.add("GatherElements", [g.input("float32", [4, 8]), indices(g, ["n", 8], 4)], { axis: 0 }),
    }),
    ...forms("GatherND", 0, {
      "no rows of some": (g) => g.add("GatherND", [g.input("float32", [4, 8]), indices(g, ["n", 1], 4)]),
      "no rows of images": (g) => g.add("GatherND", [g.input("float32", [4, 3, 6, 6]), indices(g, ["n", 1], 4)]),
      "no rows of none": (g) => g.add("GatherND", [g.float("n", 8), indices(g, ["n", 1], "n")]),
      "no rows of no images": (g) => g.add("GatherND", [g.float("n", 3, 6, 6), indices(g, ["n", 1], "n")]),
      "no numbers of none": (g) => g.add("GatherND", [g.float("n"), indices(g, ["n", 1], "n")]),
      "element of a row": [12, (g) => g.add("GatherND", [g.float("n", 8), indices(g, ["n", 1])], { batch_dims: 1 })],
      "token of a row": [
        12,
        (g) => g.add("GatherND", [g.float("n", 5, 8), indices(g, ["n", 1], 5)], { batch_dims: 1 }),
      ],
      "tokens of a row": [
        12,
        (g) => g.add("GatherND", [g.float("n", 5, 8), indices(g, ["n", 3, 1], 5)], { batch_dims: 1 }),
      ],
    }),
  ];
}

function scatters() {
  const positions = (g, size = "n") => g.input("int64", [size, 1], size);
  /** Of a [4, 8] or of the rows themselves. */
  const elements = (g, data, attributes = {}) =>
    g.add("ScatterElements", [data, g.input("int64", ["n", 2], 4), g.float("n", 2)], { axis: 0, ...attributes });
  return [
    ...forms("ScatterND", 0, {
      "no row into some": (g) => g.add("ScatterND", [g.input("float32", [9, 8]), positions(g), g.float("n", 8)]),
      "no image into some": (g) =>
        g.add("ScatterND", [g.input("float32", [9, 3, 6, 6]), positions(g), g.float("n", 3, 6, 6)]),
      "no number into some": (g) => g.add("ScatterND", [g.input("int64", [9]), positions(g), g.input("int64", ["n"])]),
      "no row into none": (g) => g.add("ScatterND", [g.float("n", 8), positions(g), g.float("n", 8)]),
      "no image into none": (g) => g.add("ScatterND", [g.float("n", 3, 6, 6), positions(g), g.float("n", 3, 6, 6)]),
      "no number into none": (g) => g.add("ScatterND", [g.float("n"), positions(g), g.float("n")]),
      "no bool into some": (g) => g.add("ScatterND", [g.input("bool", [9]), positions(g), g.input("bool", ["n"])]),
      add: [
        16,
        (g) => g.add("ScatterND", [g.input("float32", [9, 8]), positions(g), g.float("n", 8)], { reduction: "add" }),
      ],
    }),
    ...forms("ScatterElements", 0, {
      "[n,8] at 1": (g) =>
        g.add("ScatterElements", [g.float("n", 8), g.input("int64", ["n", 1], 8), g.float("n", 1)], { axis: 1 }),
      "[n,5,8] at -1": (g) =>
        g.add("ScatterElements", [g.float("n", 5, 8), g.input("int64", ["n", 5, 1], 8), g.float("n", 5, 1)], {
          axis: -1,
        }),
      "no row into some": (g) => elements(g, g.input("float32", [4, 8])),
      add: [16, (g) => elements(g, g.input("float32", [4, 8]), { reduction: "add" })],
      "max within rows": [
        18,
        (g) =>
          g.add("ScatterElements", [g.float("n", 8), g.input("int64", ["n", 1], 8), g.float("n", 1)], {
            axis: 1,
            reduction: "max",
          }),
      ],
    }),
  ];
}

function selections() {
  const compress = (dims, axis) => (g) => {
    const x = g.float(...dims);
    const keep = g.input("bool", ["n"]);
    // All pass, so that the shape is known from the number of rows.
    return g.add("Compress", [x, g.add("Or", [keep, g.add("Not", [keep])])], { axis });
  };
  const nothing = (type, dims, axis) => (g) =>
    g.add("Compress", [g.input(type, dims), g.constant("bool", [4], [0, 0, 0, 0])], { axis });
  return [
    ...forms("Compress", 0, {
      "no rows by an empty mask": compress(["n", 8], 0),
      "no images by an empty mask": compress(["n", 3, 6, 6], 0),
      "rows second": compress([5, "n", 8], 1),
      columns: (g) => g.add("Compress", [g.float("n", 4), g.constant("bool", [4], [1, 0, 1, 0])], { axis: 1 }),
      "no columns": (g) => g.add("Compress", [g.float("n", 4), g.constant("bool", [4], [0, 0, 0, 0])], { axis: 1 }),
      "all false": nothing("float32", [4, 8], 0),
      "all false, images": nothing("float32", [4, 3, 6, 6], 0),
      "all false, vector": nothing("int64", [4], 0),
      "all false, second axis": nothing("float32", [5, 4, 8], 1),
      "mask of no length on some rows": (g) =>
        g.add("Compress", [g.input("float32", [4, 8]), g.constant("bool", [0], [])], { axis: 0 }),
    }),
    {
      subject: "NonZero",
      form: "[n]",
      draw: (g) => g.add("NonZero", [g.input("bool", ["n"])]),
      expected: [[1, 0]],
    },
    { subject: "NonZero", form: "[n,8]", draw: (g) => g.add("NonZero", [g.float("n", 8)]), expected: [[2, 0]] },
    {
      subject: "NonZero",
      form: "int64 [n]",
      draw: (g) => g.add("NonZero", [g.input("int64", ["n"])]),
      expected: [[1, 0]],
    },
    {
      subject: "NonZero",
      form: "all false",
      draw: (g) => g.add("NonZero", [g.constant("bool", [3], [0, 0, 0])]),
      expected: [[1, 0]],
    },
    ...forms("OneHot", 0, {
      "[n]": (g) => g.add("OneHot", [g.input("int64", ["n"], 8), g.ints(8), g.constant("float32", [2], [0, 1])]),
      "[n,5]": (g) => g.add("OneHot", [g.input("int64", ["n", 5], 8), g.ints(8), g.constant("float32", [2], [0, 1])]),
      "[n,5] at 1": (g) =>
        g.add("OneHot", [g.input("int64", ["n", 5], 8), g.ints(8), g.constant("float32", [2], [0, 1])], { axis: 1 }),
    }),
    {
      subject: "Unique",
      form: "values of [n,8]",
      draw: (g) => g.add("Unique", [g.float("n", 8)], {}, 4),
      expected: [[0], [0], [0], [0]],
    },
    {
      subject: "Unique",
      form: "rows of [n,8]",
      draw: (g) => g.add("Unique", [g.float("n", 8)], { axis: 0 }, 4),
      expected: [[0, 8], [0], [0], [0]],
    },
    {
      subject: "NonMaxSuppression",
      form: "[n,6,4]",
      draw: (g) =>
        g.add("NonMaxSuppression", [
          g.float("n", 6, 4),
          g.float("n", 2, 6),
          g.ints(3),
          g.constant("float32", [1], [0.5]),
          g.constant("float32", [1], [0]),
        ]),
      expected: [[0, 3]],
    },
    {
      subject: "NonMaxSuppression",
      form: "no boxes",
      draw: (g) =>
        g.add("NonMaxSuppression", [
          g.float(1, "n", 4),
          g.float(1, 2, "n"),
          g.ints(3),
          g.constant("float32", [1], [0.5]),
          g.constant("float32", [1], [0]),
        ]),
      expected: [[0, 3]],
    },
  ];
}
