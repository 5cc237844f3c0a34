// Recurrent layers, sequences, transforms and control flow.
import { forms } from "./forms.js";

export function sequenceTrials() {
  return [...recurrent(), ...control(), ...others()];
}

function recurrent() {
  const gates = { LSTM: 4, GRU: 3, RNN: 1 };
  return Object.entries(gates).flatMap(([subject, count]) => {
    const layer = (directions, { bias = true, lengths = false, start = false, attributes = {} } = {}) =>
      function draw(g) {
        const inputs = [
          g.float(5, "n", 6),
          g.weight(directions, count * 4, 6),
          g.weight(directions, count * 4, 4),
          bias ? g.weight(directions, 2 * count * 4) : "",
          lengths ? g.input("int32", ["n"], 5) : "",
          start ? g.float(directions, "n", 4) : "",
          ...(start && subject === "LSTM" ? [g.float(directions, "n", 4)] : []),
        ];
        const direction = directions === 2 ? "bidirectional" : "forward";
        return g.add(subject, inputs, { hidden_size: 4, direction, ...attributes }, subject === "LSTM" ? 3 : 2);
      };
    return forms(subject, 0, {
      forward: layer(1),
      bidirectional: layer(2),
      "no bias": layer(1, { bias: false }),
      "start states": layer(1, { start: true }),
      "lengths per row": layer(1, { lengths: true }),
      reverse: layer(1, { attributes: { direction: "reverse" } }),
      ...(subject === "GRU" && { "reset after": layer(1, { attributes: { linear_before_reset: 1 } }) }),
    });
  });
}

function control() {
  const state = (name) => ({ name, type: "float32", dims: ["rows", 8] });
  const counter = { name: "round", type: "int64", dims: [] };
  const going = { name: "going", type: "bool", dims: [] };
  const yes = (g) => g.constant("bool", [], [1]);
  /** Adds weights to the state each round; hands the state out as well where `scans`. */
  const body = (g, scans) => {
    const step = g.weight(8);
    return g.body([counter, going, state("carried")], (_, on, carried) => {
      const next = g.add("Add", [carried, step]);
      return [g.add("Identity", [on]), next, ...(scans ? [g.add("Mul", [next, step])] : [])];
    });
  };
  const scan = (dims, axis) => (g) => {
    const step = g.weight(8);
    const inner = g.body([state("carried"), state("element")], (carried, element) => {
      const next = g.add("Add", [carried, element]);
      return [next, g.add("Mul", [next, step])];
    });
    return g.add(
      "Scan",
      [g.float("n", 8), g.float(...dims)],
      { body: inner, num_scan_inputs: 1, scan_input_axes: [axis] },
      2,
    );
  };
  const branch = (g, name) => g.body([], () => [g.add(name, [g.outerRows])]);
  const choose = (chosen) => (g) => {
    g.outerRows = g.float("n", 8);
    const attributes = { then_branch: branch(g, "Relu"), else_branch: branch(g, "Tanh") };
    return g.add("If", [chosen(g)], attributes);
  };
  return [
    ...forms("If", 0, {
      "constant condition": choose(yes),
      "condition from outside": choose((g) => g.input("bool", [])),
      "whether there are rows": choose((g) => g.add("Greater", [g.add("Size", [g.outerRows]), g.int(0)])),
    }),
    ...forms("Loop", 0, {
      "two rounds": (g) => g.add("Loop", [g.int(2), yes(g), g.float("n", 8)], { body: body(g, true) }, 2),
      "no round": (g) => g.add("Loop", [g.int(0), yes(g), g.float("n", 8)], { body: body(g, false) }),
      "a round per row": (g) => {
        const x = g.float("n", 8);
        const rows = g.add("Gather", [g.add("Shape", [x]), g.int(0)]);
        return g.add("Loop", [rows, yes(g), x], { body: body(g, false) });
      },
    }),
    ...forms("Scan", 0, { "over time": scan([5, "n", 8], 0), "over the second axis": scan(["n", 5, 8], 1) }),
  ];
}

function others() {
  return [
    ...forms("ReverseSequence", 0, {
      "[n,5,8]": (g) =>
        g.add("ReverseSequence", [g.float("n", 5, 8), g.input("int64", ["n"], 5)], { batch_axis: 0, time_axis: 1 }),
      "[5,n,8]": (g) =>
        g.add("ReverseSequence", [g.float(5, "n", 8), g.input("int64", ["n"], 5)], { batch_axis: 1, time_axis: 0 }),
    }),
    {
      subject: "DFT",
      form: "[n,8,1]",
      from: 17,
      until: 19,
      draw: (g) => g.add("DFT", [g.float("n", 8, 1)], { axis: 1 }),
    },
    ...forms("DFT", 20, { "[n,8,1]": (g) => g.add("DFT", [g.float("n", 8, 1), "", g.int(1)]) }),
    ...forms("STFT", 17, {
      "[n,16,1]": (g) => g.add("STFT", [g.float("n", 16, 1), g.int(4), g.weight(8)]),
    }),
    ...forms("Attention", 23, {
      "4d": (g) => g.add("Attention", [g.float("n", 2, 5, 8), g.float("n", 2, 5, 8), g.float("n", 2, 5, 8)]),
      "3d, causal": (g) =>
        g.add("Attention", [g.float("n", 5, 16), g.float("n", 5, 16), g.float("n", 5, 16)], {
          q_num_heads: 2,
          kv_num_heads: 2,
          is_causal: 1,
        }),
    }),
    ...forms("RotaryEmbedding", 23, {
      "[n,2,5,8]": (g) =>
        g.add("RotaryEmbedding", [
          g.float("n", 2, 5, 8),
          g.weight(6, 4),
          g.weight(6, 4),
          g.input("int64", ["n", 5], 6),
        ]),
    }),
  ];
}
