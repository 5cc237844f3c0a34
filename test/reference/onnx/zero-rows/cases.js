// What baking itself does to rows: masks, positions, scattered answers, a spare row.
import { forms } from "./forms.js";

export function caseTrials() {
  const mask = (g, leave) => g.add(leave ? "Greater" : "Less", [g.float("n"), g.constant("float32", [], [2])]);
  const positions = (g, leaves) => g.add("Transpose", [g.add("NonZero", [leaves])], { perm: [1, 0] });
  const none = (g) => positions(g, g.constant("bool", [4], [0, 0, 0, 0]));
  return [
    {
      subject: "baking: positions of no rows",
      form: "Less, Not, NonZero, Transpose",
      draw: (g) => positions(g, g.add("Not", [mask(g, true)])),
      expected: [[0, 1]],
    },
    {
      subject: "baking: no position of some rows",
      form: "NonZero, Transpose",
      draw: none,
      expected: [[0, 1]],
    },
    {
      subject: "baking: no position and a spare one",
      form: "Concat",
      draw: (g) => g.add("Concat", [none(g), g.constant("int64", [1, 1], [0])], { axis: 0 }),
      expected: [[1, 1]],
    },
    ...forms("baking: GatherND at no position", 0, {
      "of rows": (g) => g.add("GatherND", [g.input("float32", [4, 8]), none(g)]),
      "of images": (g) => g.add("GatherND", [g.input("float32", [4, 3, 6, 6]), none(g)]),
      "of numbers": (g) => g.add("GatherND", [g.input("float32", [4]), none(g)]),
      "of no rows": (g) => g.add("GatherND", [g.float("n", 8), positions(g, g.input("bool", ["n"], 1))]),
    }),
    {
      subject: "baking: ScatterND at no position",
      form: "into some rows, which stay",
      draw: (g) => {
        const data = g.input("float32", [4, 8]);
        return [g.add("ScatterND", [data, none(g), g.add("GatherND", [g.input("float32", [4, 8]), none(g)])]), data];
      },
      verify: ([written, data]) => (`${written.data}` === `${data.data}` ? null : "wrong values: rows were written"),
    },
    ...forms("baking: ScatterND into no rows", 0, {
      "at no position": (g) =>
        g.add("ScatterND", [g.float("n", 8), positions(g, mask(g, true)), g.constant("float32", [0, 8], [])]),
    }),
    ...forms("baking: one spare row dropped", 0, {
      "Slice 0 to -1": (g) => g.add("Slice", [g.input("float32", [1, 8]), g.ints(0), g.ints(-1), g.ints(0)]),
      "Slice 0 to a count of 0": (g) => {
        const rows = g.add("Gather", [g.add("Shape", [none(g)]), g.ints(0)]);
        return g.add("Slice", [g.input("float32", [1, 8]), g.ints(0), rows, g.ints(0)]);
      },
    }),
    {
      subject: "baking: a spare row where none goes on",
      form: "Equal, Compress, Concat",
      draw: (g) => {
        const count = g.add("Gather", [g.add("Shape", [none(g)]), g.ints(0)]);
        const spare = g.add("Compress", [g.constant("int64", [1, 1], [0]), g.add("Equal", [count, g.ints(0)])], {
          axis: 0,
        });
        return g.add("Concat", [none(g), spare], { axis: 0 });
      },
      expected: [[1, 1]],
    },
    ...forms("baking: confidence of no rows", 0, {
      "Softmax, ReduceMax, Greater, Not, Where": (g) => {
        const top = g.reduce("ReduceMax", g.add("Softmax", [g.float("n", 10)], { axis: 1 }), [1], 0);
        const leaves = g.add("Greater", [top, g.constant("float32", [], [0.5])]);
        return [top, leaves, g.add("Not", [leaves]), g.add("Where", [leaves, g.int(1), g.int(3)])];
      },
      ArgMax: (g) => g.add("ArgMax", [g.float("n", 10)], { axis: 1, keepdims: 0 }),
      entropy: (g) => {
        const p = g.add("Softmax", [g.float("n", 10)], { axis: 1 });
        const terms = g.add("Mul", [p, g.add("Log", [g.add("Max", [p, g.constant("float32", [], [1e-30])])])]);
        return g.add("Neg", [g.reduce("ReduceSum", terms, [1], 0)]);
      },
    }),
  ];
}
