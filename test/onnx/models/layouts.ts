import { type BuildOptions, ModelWriter } from "../../support/onnx-graphs.ts";

// Networks whose tensors change their layout: reshapes, transposes, open sizes, recurrent layers.

/** Batch and sequence length are open; words are averaged before each head. */
export function sequence(options: BuildOptions) {
  const m = new ModelWriter(options);
  let h = m.layer("h1", m.input("x", ["N", "S", 6]), 6, 8);
  // Averages hardly differ between rows: larger weights bring the confidences to the level of the maximum's.
  m.exit("e1", m.reduce("ReduceMean", "mean1", h, [1]), 8, 6);
  h = m.layer("h2", h, 8, 8);
  m.exit("e2", m.reduce("ReduceMax", "max2", h, [1]), 8, 0.7);
  h = m.layer("h3", h, 8, 8);
  m.exit("e3", m.reduce("ReduceSum", "sum3", h, [1]), 8);
  return m.model();
}

/** The target shape [N, −1] is made once, from the first stage's tensor, and used in all three. */
export function sharedShape(options: BuildOptions) {
  const m = new ModelWriter(options);
  const convolve = (name: string, x: string, from: number) =>
    m.node(name, "Relu", [m.node(`${name}_conv`, "Conv", [x, m.weight(`${name}_w`, [5, from, 1, 1])])]);
  let h = convolve("h1", m.input("x", ["N", 3, 2, 2]), 3);
  const size = m.node("size", "Shape", [h]);
  const rows = m.node("rows", "Gather", [size, m.ints("zero", 0)], { axis: 0 });
  const target = m.node("target", "Concat", [m.unsqueeze("rows1", rows, [0]), m.ints("rest", [-1])], { axis: 0 });
  m.exit("e1", m.node("flat1", "Reshape", [h, target]), 20);
  for (const stage of [2, 3]) {
    h = convolve(`h${stage}`, h, 5);
    m.exit(`e${stage}`, m.node(`flat${stage}`, "Reshape", [h, target]), 20);
  }
  return m.model();
}

/** Blocks as in a ResNet, with channels enough for the runtime's blocked layout, which rewrites their additions. */
export function residualBlocks(options: BuildOptions) {
  const m = new ModelWriter(options);
  const convolve = (name: string, x: string, from: number) =>
    m.node(name, "Conv", [x, m.weight(`${name}_w`, [16, from, 3, 3], 0.4)], { pads: [1, 1, 1, 1] });
  let h = m.node("stem", "Relu", [convolve("stem_conv", m.input("x", ["N", 3, 4, 4]), 3)]);
  for (const stage of [1, 2, 3]) {
    const inner = m.node(`inner${stage}`, "Relu", [convolve(`a${stage}`, h, 16)]);
    const outer = convolve(`b${stage}`, inner, 16);
    const squeezed = m.node(`s${stage}`, "GlobalAveragePool", [outer]);
    const gate = m.node(`g${stage}`, "Sigmoid", [
      m.node(`e${stage}_1x1`, "Conv", [squeezed, m.weight(`g${stage}_w`, [16, 16, 1, 1])]),
    ]);
    const gated = m.node(`gated${stage}`, "Mul", [outer, gate]);
    h = m.node(`h${stage}`, "Relu", [m.node(`sum${stage}`, "Add", [gated, h])]);
    const pooled = m.node(`pool${stage}`, "GlobalAveragePool", [h]);
    m.exit(`e${stage}`, m.node(`flat${stage}`, "Flatten", [pooled], { axis: 1 }), 16, [3, 1, 2][stage - 1]);
  }
  return m.model();
}

/** Reshape with [0, −1]: the batch size is copied from the input. */
export function reshapeZero(options: BuildOptions) {
  const m = new ModelWriter(options);
  const flat = m.ints("flat_shape", [0, -1]);
  const pairs = m.ints("pairs_shape", [0, 4, 2]);
  let h = m.node("h1", "Reshape", [m.layer("h1_inner", m.input("x", ["N", 6]), 6, 8), pairs]);
  m.exit("e1", m.node("flat1", "Reshape", [h, flat]), 8);
  h = m.layer("h2", h, 2, 2);
  m.exit("e2", m.node("flat2", "Reshape", [h, flat]), 8);
  h = m.layer("h3", h, 2, 3);
  m.exit("e3", m.node("flat3", "Reshape", [h, flat]), 12);
  return m.model();
}

/** Steps before rows, as recurrent exports have it: the batch is on axis 1 of all that crosses. */
export function stepsFirst(options: BuildOptions) {
  const m = new ModelWriter(options);
  let h = m.node("steps", "Transpose", [m.input("x", ["N", 3, 6])], { perm: [1, 0, 2] });
  for (const stage of [1, 2, 3]) {
    h = m.layer(`h${stage}`, h, stage === 1 ? 6 : 8, 8);
    m.exit(`e${stage}`, m.reduce("ReduceMean", `mean${stage}`, h, [0]), 8, 5 - stage);
  }
  return m.model();
}

/** Rows are merged into [2N, 4]: no entry per row, so the Reshape is made again behind the boundary. */
export function mergedRows(options: BuildOptions) {
  const m = new ModelWriter(options);
  const halves = m.ints("halves_shape", [-1, 4]);
  const whole = m.ints("whole_shape", [-1, 8]);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  const merged = m.node("merged", "Reshape", [h1, halves]);
  const back = (name: string) => m.node(`${name}_whole`, "Reshape", [m.layer(name, merged, 4, 4), whole]);
  m.exit("e1", back("q1"), 8);
  const q2 = back("q2");
  m.exit("e2", q2, 8);
  m.exit("e3", m.node("h3", "Mul", [m.layer("h3_inner", q2, 8, 8), h1]), 8);
  return m.model();
}

/** Parts of one Split are read in different stages. */
export function splitParts(options: BuildOptions) {
  const m = new ModelWriter(options);
  const [a, b, c] = m.split(["a", "b", "c"], m.layer("h1", m.input("x", ["N", 6]), 6, 12), [5, 4, 3]);
  m.exit("e1", a, 5);
  m.exit("e2", m.layer("h2", b, 4, 8), 8);
  m.exit("e3", m.layer("h3", m.node("bc", "Concat", [b, c], { axis: 1 }), 7, 8), 8);
  return m.model();
}

/** Squeeze and Unsqueeze at the boundaries: [N, 1, 8] and back. */
export function squeezed(options: BuildOptions) {
  const m = new ModelWriter(options);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  m.exit("e1", h1, 8);
  const wide = m.unsqueeze("wide", m.layer("h2", h1, 8, 8), [1]);
  m.exit("e2", m.squeeze("narrow2", wide, [1]), 8);
  m.exit("e3", m.squeeze("narrow3", m.layer("h3", wide, 8, 8), [1]), 8);
  return m.model();
}

/** Two recurrent layers over 3 steps; the second makes only its last state, its first output has no name. */
export function recurrent(options: BuildOptions) {
  const m = new ModelWriter(options);
  const lstm = (name: string, x: string, from: number, outputs: readonly string[]) =>
    m.nodeOf("LSTM", [x, m.weight(`${name}_w`, [1, 20, from], 1), m.weight(`${name}_r`, [1, 20, 5], 1)], outputs, {
      hidden_size: 5,
    });
  const steps = m.node("steps", "Transpose", [m.input("x", ["N", 3, 6])], { perm: [1, 0, 2] });
  const [all, last1] = lstm("first", steps, 6, ["all", "last1"]);
  m.exit("e1", m.squeeze("state1", last1, [0]), 5);
  const [, last2] = lstm("second", m.squeeze("states", all, [1]), 5, ["", "last2"]);
  m.exit("e2", m.squeeze("state2", last2, [0]), 5);
  return m.model();
}
