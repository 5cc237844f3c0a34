import { nodeReads } from "../graph/node-reads.ts";
import type { Network } from "../network.ts";
import type { GraphWriter } from "./graph-writer.ts";
import { renamedNode } from "./renamed-node.ts";
import { repairedReshape } from "./zero-row-safety.ts";

/**
 * Copies the stages of a network into one graph. A tensor that several stages make anew gets another name each time; constants stand once,
 * where they are first needed.
 */
export class StageWriter {
  readonly #network: Network;
  /** Names of the finished graph's own inputs and outputs, which tensors of the network must not keep. */
  readonly #reserved: ReadonlyMap<string, string>;
  readonly #written = new Set<string>();
  /** Weights of the network that the copied nodes use. */
  readonly weightsUsed = new Set<string>();

  constructor(network: Network, reserved: ReadonlyMap<string, string>) {
    this.#network = network;
    this.#reserved = reserved;
  }

  /**
   * Writes the nodes of a stage.
   *
   * @param reads network tensor → its name in this graph, for what the stage reads
   * @param reshapes node → target that passes an empty batch
   * @returns network tensor → its name in this graph, for everything that can be read behind the stage
   */
  write(
    writer: GraphWriter,
    stage: number,
    reads: ReadonlyMap<string, string>,
    reshapes: ReadonlyMap<number, readonly number[]>,
  ): ReadonlyMap<string, string> {
    const { graph, stages } = this.#network;
    const names = new Map([...this.#reserved, ...reads]);
    for (const index of stages[stage].nodes) {
      const node = graph.proto.node[index];
      const constant = node.output.every((name) => name === "" || graph.kindOf(name) === "constant");
      const again = node.output.some((name) => this.#written.has(name));
      if (constant && again) continue;
      for (const name of nodeReads(node)) if (graph.producer.get(name) === undefined) this.weightsUsed.add(name);
      if (again) for (const name of node.output) if (name !== "") names.set(name, writer.name(`stage_${stage + 1}`));
      for (const name of node.output) this.#written.add(name);
      const target = reshapes.get(index);
      const copy = renamedNode(node, names);
      // Two nodes of one name are refused by the runtime; nodes without a name may be many.
      if (again && copy.name !== "") copy.name = writer.name(`stage_${stage + 1}`);
      writer.nodes.push(target === undefined ? copy : repairedReshape(copy, writer.ints(target)));
    }
    return names;
  }
}
