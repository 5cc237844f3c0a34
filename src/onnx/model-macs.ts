import { shapesNeeded } from "./graph/macs.ts";
import { macsPerRow } from "./graph/macs-per-row.ts";
import { networkGraph } from "./graph/network-graph.ts";
import { observe } from "./graph/observe.ts";
import { assertBatchAxis, type ProbeRows } from "./graph/probe-inputs.ts";
import { weightShapes } from "./graph/weight-shapes.ts";
import type { Model } from "./model.ts";
import { probeOf } from "./network.ts";

/** Multiply-accumulates per sample of a whole model, from shapes that were seen at work. */
export async function modelMacs(model: Model, rows: ProbeRows | null): Promise<number> {
  const graph = networkGraph(model.path, model.graph);
  assertBatchAxis(graph);
  const probe = probeOf(graph, { rows, seed: 0 });
  const known = new Set([...weightShapes(graph.proto).keys(), ...graph.inputs.map(({ name }) => name)]);
  const wanted = graph.proto.node.flatMap(shapesNeeded).filter((name) => !known.has(name));
  return macsPerRow(graph, graph.proto.node.keys(), await observe(model, wanted, probe), probe);
}
