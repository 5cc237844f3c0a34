import { expect, it } from "vitest";
import { randomRows } from "../../src/onnx/graph/probe-inputs.ts";
import { openNetwork } from "../../src/onnx/network.ts";
import { proveStages } from "../../src/onnx/prove-stages.ts";
import { loadStages } from "../../src/onnx/run/staged-network.ts";
import { defaultSession, openSession } from "../../src/onnx/session.ts";
import { bytesOf, inMemory, ModelWriter } from "../support/onnx-graphs.ts";

// The runtime plans memory by the names of dimensions: two of one name are taken to have one size. Stage models call the batch
// N, so a network in which N is something else (points of a cloud, say) must not be harmed by it.
it("a network may call another dimension N", async () => {
  const m = new ModelWriter();
  const x = m.input("x", ["B", "N", 8]);
  const h1 = m.layer("h1", m.reduce("ReduceMax", "highest", x, [1]), 8, 8);
  m.exit("e1", h1, 8);
  // A constant row per point: [N, 8], while what comes from h1 is [batch, 8].
  const points = m.node("points", "Gather", [m.node("size", "Shape", [x]), m.ints("one", [1])], { axis: 0 });
  const target = m.node("target", "Concat", [points, m.ints("width", [8])], { axis: 0 });
  const rows = m.node("rows", "Expand", [m.weight("row", [1, 8]), target]);
  const turned = m.node("turned", "Tanh", [m.layer("h2", h1, 8, 8)]);
  const scores = m.node("scores", "MatMul", [turned, m.node("columns", "Transpose", [m.layer("r2", rows, 8, 8)])]);
  const best = m.reduce("ReduceMax", "best", scores, [1], 1);
  m.exit("e2", m.node("h3", "Mul", [best, turned]), 8);
  const model = inMemory(m.model());
  const network = await openNetwork(model, { exits: null, confidenceOutputs: null, rows: null, seed: 1 });
  const staged = await loadStages(network, defaultSession);
  const whole = await openSession(bytesOf(model.proto), "whole");
  const { data } = randomRows(network.graph, 16, 1).get("x")!;
  for (const [count, points] of [
    [16, 8],
    [8, 16],
    [64, 2],
  ]) {
    const probe = new Map([["x", { type: "float32" as const, data, dims: [count, points, 8] }]]);
    expect((await proveStages(whole, staged, probe, 4, 1)).largestDifference).toBeLessThan(2e-5);
  }
});
