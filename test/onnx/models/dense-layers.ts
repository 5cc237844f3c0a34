import { type BuildOptions, ModelWriter } from "../../support/onnx-graphs.ts";

// Networks of plain layers, 6 features in, 8 wide, 4 classes; what differs is which tensors cross the boundaries.

/** The third stage adds what the first made: h1 skips a boundary. */
export function residual(options: BuildOptions) {
  const m = new ModelWriter(options);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  m.exit("e1", h1, 8);
  const h2 = m.layer("h2", h1, 8, 8);
  m.exit("e2", h2, 8);
  const h3 = m.node("h3", "Add", [m.layer("h3_inner", h2, 8, 8), h1]);
  m.exit("e3", h3, 8);
  return m.model();
}

/** Every stage reads the outputs of all stages before it. */
export function dense(options: BuildOptions) {
  const m = new ModelWriter(options);
  const made = [m.layer("h1", m.input("x", ["N", 6]), 6, 8)];
  m.exit("e1", made[0], 8);
  for (const stage of [2, 3, 4]) {
    const all = m.node(`all${stage}`, "Concat", made, { axis: 1 });
    made.push(m.layer(`h${stage}`, all, 8 * made.length, 8));
    m.exit(`e${stage}`, made[stage - 1], 8);
  }
  return m.model();
}

/** Two branches run side by side and meet only in the heads. */
export function twoBranches(options: BuildOptions) {
  const m = new ModelWriter(options);
  const x = m.input("x", ["N", 6]);
  let [a, b] = [m.layer("a1", x, 6, 8), m.node("b1", "Tanh", [m.linear("b1_sum", x, 6, 8)])];
  m.exit("e1", m.node("ab1", "Add", [a, b]), 8);
  for (const stage of [2, 3]) {
    [a, b] = [m.layer(`a${stage}`, a, 8, 8), m.node(`b${stage}`, "Tanh", [m.linear(`b${stage}_sum`, b, 8, 8)])];
    m.exit(`e${stage}`, m.node(`ab${stage}`, "Mul", [a, b]), 8);
  }
  return m.model();
}

/**
 * A latent branch and a feature branch that look at each other, as in a dynamic perceiver: the latent one leaves first, then
 * the end of it, then the end of the features, then both together. Two tensors are alive at every boundary.
 */
export function perceiver(options: BuildOptions) {
  const m = new ModelWriter(options);
  const x1 = m.layer("x1", m.input("x", ["N", 6]), 6, 8);
  const z1 = m.node("z1", "Tanh", [m.node("z1_sum", "Add", [m.linear("z1_in", x1, 8, 5), m.weight("latent", [5])])]);
  const x2 = m.layer("x2", m.node("xz1", "Concat", [x1, z1], { axis: 1 }), 13, 8);
  const z2 = m.layer("z2", m.node("zx2", "Concat", [z1, x2], { axis: 1 }), 13, 5);
  m.exit("e1", z2, 5);
  const x3 = m.layer("x3", m.node("xz2", "Concat", [x2, z2], { axis: 1 }), 13, 8);
  const z3 = m.layer("z3", m.node("zx3", "Concat", [z2, x3], { axis: 1 }), 13, 5);
  m.exit("e2", z3, 5);
  const x4 = m.layer("x4", x3, 8, 8);
  m.exit("e3", x4, 8);
  m.exit("e4", m.node("xz", "Concat", [x4, z3], { axis: 1 }), 13);
  return m.model();
}

/** One weight matrix in every stage, as in networks that apply one block again and again. */
export function sharedWeights(options: BuildOptions) {
  const m = new ModelWriter(options);
  const w = m.weight("w", [8, 8]);
  let h = m.layer("h0", m.input("x", ["N", 6]), 6, 8);
  for (const stage of [1, 2, 3]) {
    h = m.node(`h${stage}`, "Relu", [m.node(`p${stage}`, "MatMul", [h, w])]);
    m.exit(`e${stage}`, h, 8);
  }
  return m.model();
}

/** The second head reads the hidden layer of the first head. */
export function sharedHead(options: BuildOptions) {
  const m = new ModelWriter(options);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  const hidden = m.layer("hidden", h1, 8, 5);
  m.exit("e1", hidden, 5);
  const h2 = m.layer("h2", h1, 8, 8);
  m.exit("e2", m.node("both", "Concat", [hidden, h2], { axis: 1 }), 13);
  m.exit("e3", m.layer("h3", h2, 8, 8), 8);
  return m.model();
}

/** Each exit adds to the logits of the exit before it, so logits cross boundaries. */
export function cumulativeLogits(options: BuildOptions) {
  const m = new ModelWriter(options);
  let h = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  let logits = m.exit("e1", h, 8);
  for (const stage of [2, 3]) {
    h = m.layer(`h${stage}`, h, 8, 8);
    const more = m.linear(`more${stage}`, h, 8, 4, 3);
    logits = m.output(m.node(`e${stage}`, "Add", [logits, more]), ["N", 4]);
  }
  return m.model();
}

/** Exits that share nothing but the input. */
export function disjoint(options: BuildOptions) {
  const m = new ModelWriter(options);
  const x = m.input("x", ["N", 6]);
  m.exit("e1", m.layer("h1", x, 6, 5), 5);
  m.exit("e2", m.layer("h2", m.layer("h2_first", x, 6, 8), 8, 8), 8);
  return m.model();
}

/** A second input that only the last stage reads, and one of indices into a table. */
export function lateInput(options: BuildOptions) {
  const m = new ModelWriter(options);
  const x = m.input("x", ["N", 6]);
  const which = m.input("which", ["N"], "int64");
  const late = m.input("late", ["N", 3]);
  const row = m.node("row", "Gather", [m.weight("table", [2, 8]), which], { axis: 0 });
  const h1 = m.node("h1", "Add", [m.layer("h1_inner", x, 6, 8), row]);
  m.exit("e1", h1, 8);
  const h2 = m.layer("h2", h1, 8, 8);
  m.exit("e2", h2, 8);
  m.exit("e3", m.node("with_late", "Concat", [h2, late], { axis: 1 }), 11);
  return m.model();
}

/** Nodes that feed no exit: an output of classes, and a forgotten one without a name. */
export function deadNodes(options: BuildOptions) {
  const m = new ModelWriter(options);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  m.exit("e1", h1, 8);
  const h2 = m.layer("h2", h1, 8, 8);
  m.exit("e2", h2, 8);
  m.output(m.node("best", "ArgMax", ["e2"], { axis: 1, keepdims: 0 }), ["N"], "int64");
  m.node("forgotten", "Neg", [h1]);
  m.nodes.at(-1)!.name = "";
  return m.model();
}

/** Format version 3, in which weights are listed among the inputs. */
export function weightsAsInputs(options: BuildOptions) {
  const proto = residual(options);
  const { graph } = proto;
  const m = new ModelWriter(options);
  for (const { name, dims } of graph!.initializer) m.input(name, dims.map(Number));
  graph!.input.push(...m.inputs);
  proto.irVersion = 3n;
  return proto;
}
