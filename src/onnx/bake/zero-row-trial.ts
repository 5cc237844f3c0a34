import { EexitError } from "../../errors.ts";
import { intTensor } from "../graph/build.ts";
import { stageModel } from "../graph/stage-model.ts";
import { modelBytes } from "../model.ts";
import type { Network } from "../network.ts";
import { product } from "../run/rows.ts";
import { newElements, openSession, type Values } from "../session.ts";
import { repairedReshape, type ZeroRowPlan, zeroRowPlan } from "./zero-row-safety.ts";

/**
 * How every stage meets an empty batch: told from its operators, then tried. ONNX Runtime's own layout optimisation may add a Reshape
 * that fails on nothing (broadcasting [n, C, 1, 1] over blocked channels does), which no list of operators can foresee.
 *
 * What could end the process is never tried: such operators are on no list of safe ones.
 */
export async function zeroRowPlans(network: Network): Promise<ZeroRowPlan[]> {
  const plans: ZeroRowPlan[] = [{ reshapes: new Map(), unsafe: [] }];
  for (let stage = 1; stage < network.stages.length; stage++) {
    const plan = zeroRowPlan(network, stage);
    const fails = plan.unsafe.length === 0 && !(await passesEmptyBatch(network, stage, plan));
    plans.push(fails ? { ...plan, unsafe: ["an operator as the runtime optimises it"] } : plan);
  }
  return plans;
}

/** Every stage with a spare row: the answer when a whole graph still fails. */
export function allSpare(plans: readonly ZeroRowPlan[]): ZeroRowPlan[] {
  return plans.map((plan, stage) =>
    stage === 0 || plan.unsafe.length > 0 ? plan : { ...plan, unsafe: ["an operator as the runtime optimises it"] },
  );
}

async function passesEmptyBatch(network: Network, stage: number, { reshapes }: ZeroRowPlan): Promise<boolean> {
  const targets = new Map(
    [...reshapes].map(([node, target]) => [node, intTensor(`eexit/target_${node}`, [target.length], target)]),
  );
  const nodes = new Map(
    [...targets].map(([node, { name }]) => [node, repairedReshape(network.graph.proto.node[node], name)]),
  );
  const name = `${network.model.path}, stage ${stage + 1} on an empty batch`;
  const session = await openSession(
    modelBytes(name, stageModel(network, stage, { nodes, weights: [...targets.values()] })),
    name,
  );
  try {
    await session.run(emptyFeeds(network, stage));
    return true;
  } catch (error) {
    if (error instanceof EexitError && error.code === "model-failed") return false;
    throw error;
  } finally {
    await session.release();
  }
}

function emptyFeeds(network: Network, stage: number): Map<string, Values> {
  const live = new Map(network.stages[stage - 1].live.map((tensor) => [tensor.name, tensor]));
  return new Map(
    network.stages[stage].reads.map((name) => {
      const { type, shape, axis } = live.get(name)!;
      if (axis === null) return [name, network.seen.get(name)!.five];
      const dims = shape.map((size) => size ?? 0);
      return [name, { type, dims, data: newElements(type, product(dims)) }];
    }),
  );
}
