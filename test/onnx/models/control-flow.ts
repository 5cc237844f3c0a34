import { makeNode } from "../../../src/onnx/graph/build.ts";
import { declareValue } from "../../../src/onnx/graph/value-types.ts";
import { type BuildOptions, ModelWriter, makeGraph } from "../../support/onnx-graphs.ts";

// Networks with operators that choose: TopK, If, Loop, Where.

/** The places of the three largest activations cross the boundary as int64. */
export function topK(options: BuildOptions) {
  const m = new ModelWriter(options);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  m.exit("e1", h1, 8);
  const [values, places] = m.nodeOf("TopK", [h1, m.ints("k", [3])], ["values", "places"], { axis: 1 });
  m.exit("e2", values, 3);
  const numbers = m.node("numbers", "Cast", [places], { to: 1 });
  m.exit("e3", m.node("pair", "Concat", [values, numbers], { axis: 1 }), 6);
  return m.model();
}

/** An If in stage 2 and a Loop in stage 3 whose subgraphs read h1 and weights of the graph around them. */
export function subgraphs(options: BuildOptions) {
  const m = new ModelWriter(options);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  m.exit("e1", h1, 8);
  const w = m.weight("captured_w", [8, 8]);
  const rows = m.node("rows", "Gather", [m.node("size", "Shape", [h1]), m.ints("zero", 0)], { axis: 0 });
  const some = m.node("some", "Greater", [rows, "zero"]);
  const branch = (name: string, node: ReturnType<typeof makeNode>) =>
    makeGraph(name, [node], [], [declareValue(node.output[0], 1, null)]);
  const h2 = m.node("h2", "If", [some], {
    then_branch: branch("some", makeNode("MatMul", [h1, w], ["chosen"])),
    else_branch: branch("none", makeNode("Neg", [h1], ["unchosen"])),
  });
  m.exit("e2", h2, 8);
  // h ← tanh(h · W) + h1, three times
  const body = makeGraph(
    "body",
    [
      makeNode("MatMul", ["h_in", w], ["turned"]),
      makeNode("Tanh", ["turned"], ["bounded"]),
      makeNode("Add", ["bounded", h1], ["h_out"]),
      makeNode("Identity", ["go_in"], ["go_out"]),
    ],
    [declareValue("step", 7, []), declareValue("go_in", 9, []), declareValue("h_in", 1, null)],
    [declareValue("go_out", 9, []), declareValue("h_out", 1, null)],
  );
  const h3 = m.node("h3", "Loop", [m.ints("three", 3), "", h2], { body });
  m.exit("e3", h3, 8);
  return m.model();
}

/** One flag for the whole batch, as guards against overflow have it: the same in every batch, so it is carried as it is. */
export function batchFlag(options: BuildOptions) {
  const m = new ModelWriter(options);
  const h1 = m.layer("h1", m.input("x", ["N", 6]), 6, 8);
  const limit = m.floats("limit", [], [1e6]);
  const calm = m.node("calm", "Less", [m.node("largest", "ReduceMax", [h1], { keepdims: 0 }), limit]);
  m.exit("e1", m.node("g1", "Where", [calm, h1, limit]), 8);
  const h2 = m.layer("h2", h1, 8, 8);
  m.exit("e2", m.node("g2", "Where", [calm, h2, limit]), 8);
  const h3 = m.layer("h3", h2, 8, 8);
  m.exit("e3", m.node("g3", "Where", [calm, h3, limit]), 8);
  return m.model();
}
