import { macsOf } from "./macs.ts";
import type { NetworkGraph } from "./network-graph.ts";
import type { Sighting } from "./observe.ts";
import type { ProbeRows } from "./probe-inputs.ts";
import { weightShapes } from "./weight-shapes.ts";

/**
 * Multiply-accumulates per sample of some nodes: what five rows cost more than three, halved, so that work which is done once
 * for a whole batch does not count.
 */
export function macsPerRow(
  graph: NetworkGraph,
  nodes: Iterable<number>,
  seen: ReadonlyMap<string, Sighting>,
  probe: ProbeRows,
): number {
  const weights = weightShapes(graph.proto);
  const shapeOf = (run: "three" | "five") => (name: string) => {
    const fed = probe.get(name)?.dims.with(0, run === "three" ? 3 : 5);
    return weights.get(name) ?? seen.get(name)?.[run].dims ?? fed;
  };
  const total = { three: 0, five: 0 };
  for (const node of nodes) {
    for (const run of ["three", "five"] as const) total[run] += macsOf(graph.proto.node[node], shapeOf(run)) ?? 0;
  }
  return Math.round((total.five - total.three) / 2);
}
