import { declaredInputs } from "../graph/declared-inputs.ts";
import { stageModel } from "../graph/stage-model.ts";
import { modelBytes } from "../model.ts";
import type { LiveTensor, Network } from "../network.ts";
import { type Declared, openSession, type Session, type SessionOptions } from "../session.ts";

/** A stage ready to run. */
export interface LoadedStage {
  readonly session: Session;
  readonly exit: string;
  /** The model's own confidence output, or null. */
  readonly confidence: string | null;
  readonly reads: readonly string[];
  /** What the rows that go on take with them. */
  readonly live: readonly LiveTensor[];
}

/** Stages in order, whatever they came from: a whole model, a folder of stage files, a chain of models. */
export interface StagedNetwork {
  /** For messages. */
  readonly name: string;
  /** What a row consists of; some inputs may be read by late stages only. */
  readonly inputs: readonly Declared[];
  readonly exits: readonly string[];
  readonly exitShape: readonly number[];
  readonly stages: readonly LoadedStage[];
  /** Cumulative multiply-accumulates per exit, or null where they are not known. */
  readonly macs: readonly number[] | null;
  /** Of the full network alone, where that is not the last of `macs`: the last model of a chain. */
  readonly fullMacs?: number;
  /** SHA-256 of the whole model, or null for a chain. */
  readonly sha256: string | null;
  release(): Promise<void>;
}

/** Splits a network in memory. */
export async function loadStages(network: Network, options: SessionOptions): Promise<StagedNetwork> {
  const stages: LoadedStage[] = [];
  for (const [index, { exit, confidence, reads, live }] of network.stages.entries()) {
    const name = `${network.model.path}, stage ${index + 1}`;
    const session = await openSession(modelBytes(name, stageModel(network, index)), name, {
      ...options,
      sharing: true,
    });
    stages.push({ session, exit, confidence, reads, live });
  }
  let total = 0;
  return {
    name: network.model.path,
    inputs: declaredInputs(network.model),
    exits: network.exits,
    exitShape: network.exitShape,
    stages,
    macs: network.stages.map(({ macs }) => (total += macs)),
    sha256: network.model.sha256,
    release: () => releaseAll(stages),
  };
}

/** The network's inputs as its stages declare them: what no earlier stage makes, from the first stage that reads it. */
export function inputsOfStages(stages: readonly LoadedStage[]): Declared[] {
  const made = new Set<string>();
  const inputs = new Map<string, Declared>();
  for (const { session } of stages) {
    for (const input of session.inputs)
      if (!made.has(input.name) && !inputs.has(input.name)) inputs.set(input.name, input);
    for (const { name } of session.outputs) made.add(name);
  }
  return [...inputs.values()];
}

export async function releaseAll(stages: readonly LoadedStage[]): Promise<void> {
  for (const { session } of stages) await session.release();
}
