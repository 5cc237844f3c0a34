import { declaredInputs } from "../graph/declared-inputs.ts";
import { initializerTensors } from "../graph/initializers.ts";
import { stageModel } from "../graph/stage-model.ts";
import { modelBytes } from "../model.ts";
import type { LiveTensor, Network } from "../network.ts";
import { type Declared, openSession, type Session, type SessionOptions } from "../session.ts";

/** How a stage is used, loaded or not. */
interface Stage {
  readonly exit: string;
  /** The model's own confidence output, or null. */
  readonly confidence: string | null;
  readonly reads: readonly string[];
  /** What the rows that go on take with them. */
  readonly live: readonly LiveTensor[];
}

/** A stage ready to run. */
export interface LoadedStage extends Stage {
  readonly session: Session;
}

/** A stage as a model that is not loaded yet. */
export interface StageModel extends Stage {
  /** For messages. */
  readonly name: string;
  readonly bytes: () => Uint8Array;
}

interface NetworkFacts {
  /** For messages. */
  readonly name: string;
  /** What a row consists of; some inputs may be read by late stages only. */
  readonly inputs: readonly Declared[];
  readonly exits: readonly string[];
  readonly exitShape: readonly number[];
  /** Cumulative multiply-accumulates per exit, or null where they are not known. */
  readonly macs: readonly number[] | null;
  /** Of the full network alone, where that is not the last of `macs`: the last model of a chain. */
  readonly fullMacs?: number;
  /** SHA-256 of the whole model, or null for a chain. */
  readonly sha256: string | null;
}

/** Stages in order, whatever they came from: a whole model, a folder of stage files, a chain of models. */
export interface StagedNetwork extends NetworkFacts {
  readonly stages: readonly LoadedStage[];
  release(): Promise<void>;
}

/** The same before it is loaded: any process makes the same network of it. */
export interface StageModels extends NetworkFacts {
  readonly stages: readonly StageModel[];
  /** Bytes of all weights. */
  readonly weightBytes: number;
  /** Lets go of the stages' bytes, once they are loaded wherever they are needed. */
  forget(): void;
}

/** Splits a network in memory. */
export function stagesOf(network: Network): StageModels {
  const { model, stages, exits, exitShape } = network;
  let kept: Network | null = network;
  let [total, weightBytes] = [0, 0];
  for (const { rawData } of initializerTensors(model.graph)) weightBytes += rawData.length;
  return {
    name: model.path,
    inputs: declaredInputs(model),
    exits,
    exitShape,
    stages: stages.map(({ exit, confidence, reads, live }, index) => {
      const name = `${model.path}, stage ${index + 1}`;
      return { name, bytes: () => modelBytes(name, stageModel(kept!, index)), exit, confidence, reads, live };
    }),
    macs: stages.map(({ macs }) => (total += macs)),
    sha256: model.sha256,
    weightBytes,
    forget() {
      kept = null;
    },
  };
}

/** Loads every stage into the runtime. */
export async function loadModels(models: StageModels, options: SessionOptions): Promise<StagedNetwork> {
  const { stages: unloaded, weightBytes: _, forget: __, ...facts } = models;
  const stages: LoadedStage[] = [];
  for (const { name, bytes, ...stage } of unloaded) {
    stages.push({ ...stage, session: await openSession(bytes(), name, { ...options, sharing: true }) });
  }
  return {
    ...facts,
    stages,
    async release() {
      for (const { session } of stages) await session.release();
    },
  };
}

/** Splits a network in memory and loads its stages. */
export function loadStages(network: Network, options: SessionOptions): Promise<StagedNetwork> {
  return loadModels(stagesOf(network), options);
}
