import type { Contenders } from "../src/onnx/measure-network.ts";
import { loadModels, type StageModels } from "../src/onnx/run/staged-network.ts";
import { openSession, type SessionOptions } from "../src/onnx/session.ts";

/** A model that is not loaded yet. */
export interface NamedModel {
  /** For messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The contenders before they are loaded: plain data but for the stages. */
export interface ContenderModels {
  readonly full: NamedModel;
  readonly staged: StageModels;
  readonly baked: NamedModel | null;
  readonly bakedNever: NamedModel | null;
}

/** Loads all ways of running a network with the same options. */
export async function loadContenders(models: ContenderModels, options: SessionOptions): Promise<Contenders> {
  // Otherwise the idle threads of one contender spin on the cores that the next one is measured on.
  const shared = { ...options, sharing: true };
  const open = ({ name, bytes }: NamedModel) => openSession(bytes, name, shared);
  return {
    full: await open(models.full),
    staged: await loadModels(models.staged, shared),
    baked: models.baked && (await open(models.baked)),
    bakedNever: models.bakedNever && (await open(models.bakedNever)),
  };
}
