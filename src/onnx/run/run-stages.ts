import type { LiveTensor } from "../network.ts";
import type { Values } from "../session.ts";
import { freeMemory } from "./free-memory.ts";
import type { ExitJudge, Judged } from "./judge-exit.ts";
import type { LoadedStage, StagedNetwork } from "./staged-network.ts";
import { WaitingRows } from "./waiting-rows.ts";

/** Rows that leave together: their sample numbers, the exit, and what the exit said of them. */
export interface Leavers {
  readonly exitIndex: number;
  readonly samples: readonly number[];
  /** Their rows in `judged` and `logits`. */
  readonly rows: readonly number[];
  readonly judged: Judged;
  readonly logits: Values;
}

type Tensors = ReadonlyMap<string, Values>;

/** Rows waiting for a stage. */
interface Waiting {
  readonly samples: number[];
  /** By live tensor. */
  readonly rows: ReadonlyMap<string, WaitingRows>;
  /** Live tensors without a batch axis: the same for every batch. */
  readonly constants: Map<string, Values>;
}

/**
 * Runs a network stage by stage with row compaction: after each stage the confident rows leave, the others are gathered and
 * wait until a full batch of them goes on, so that late stages run on full batches however few rows reach them.
 *
 * Memory: fewer than two batches wait before any stage, whatever the number of samples.
 */
export class StageRunner {
  readonly #network: StagedNetwork;
  readonly #judge: ExitJudge;
  readonly #threshold: number;
  readonly #batchSize: number;
  readonly #leave: (leavers: Leavers) => void;
  readonly #waiting: Waiting[];

  /**
   * @param threshold λ̂; +∞ never leaves early, −∞ always at the first exit
   * @param leave receives every sample exactly once, in the order of leaving
   */
  constructor(
    network: StagedNetwork,
    judge: ExitJudge,
    threshold: number,
    batchSize: number,
    leave: (leavers: Leavers) => void,
  ) {
    this.#network = network;
    this.#judge = judge;
    this.#threshold = threshold;
    this.#batchSize = batchSize;
    this.#leave = leave;
    this.#waiting = network.stages.map((_, stage) => {
      const live = stage === 0 ? [] : network.stages[stage - 1].live;
      const rows = live
        .filter(({ axis }) => axis !== null)
        .map((tensor) => [tensor.name, new WaitingRows(tensor)] as const);
      return { samples: [], rows: new Map(rows), constants: new Map() };
    });
  }

  /** Takes a batch of inputs; deeper stages run when a full batch waits for them. */
  async push(feeds: Tensors, samples: readonly number[]): Promise<void> {
    await this.#runStage(0, feeds, samples);
    for (let stage = 1; stage < this.#waiting.length; stage++) {
      while (this.#waiting[stage].samples.length >= this.#batchSize) await this.#advance(stage);
    }
  }

  /** Runs everything that still waits. */
  async drain(): Promise<void> {
    for (let stage = 1; stage < this.#waiting.length; stage++) {
      while (this.#waiting[stage].samples.length > 0) await this.#advance(stage);
    }
  }

  /** Runs one batch of the rows that wait for a stage. */
  async #advance(stage: number): Promise<void> {
    const { samples, rows, constants } = this.#waiting[stage];
    const count = Math.min(samples.length, this.#batchSize);
    const feeds = new Map(constants);
    for (const [name, waiting] of rows) feeds.set(name, waiting.first(count));
    await this.#runStage(stage, feeds, samples.splice(0, count));
    for (const waiting of rows.values()) waiting.drop(count);
  }

  /** @param owned whether the feeds belong to nobody else: what no later stage reads of them is then given back after the run */
  async #runStage(stage: number, feeds: Tensors, samples: readonly number[], owned = false): Promise<void> {
    const loaded = this.#network.stages[stage];
    const outputs = await runLoadedStage(loaded, feeds);
    const carried = new Map(loaded.live.map(({ name }) => [name, outputs.get(name) ?? feeds.get(name)!]));
    if (owned) for (const [name, values] of feeds) if (carried.get(name) !== values) freeMemory(values);
    const logits = outputs.get(loaded.exit)!;
    const supplied = loaded.confidence === null ? null : outputs.get(loaded.confidence)!;
    const judged = this.#judge.judge(logits, supplied, stage, samples);
    const isLast = stage === this.#network.stages.length - 1;
    const leaving: number[] = [];
    const staying: number[] = [];
    for (let row = 0; row < samples.length; row++) {
      (isLast || judged.confidences[row] > this.#threshold ? leaving : staying).push(row);
    }
    if (leaving.length > 0) {
      this.#leave({ exitIndex: stage, samples: leaving.map((row) => samples[row]), rows: leaving, judged, logits });
    }
    // An exit's logits went to the caller, a constant is kept as it is, and what came as a feed is its owner's.
    const isOurs = ({ name, axis }: LiveTensor) => axis !== null && name !== loaded.exit && outputs.has(name);
    const allOurs = loaded.live.every(isOurs);
    const waiting = this.#waiting[stage + 1];
    if (samples.length >= this.#batchSize && leaving.length === 0 && waiting.samples.length === 0) {
      // A full batch that stayed together goes on at once, and nothing is copied.
      await this.#runStage(stage + 1, carried, samples, allOurs);
      return;
    }
    this.#wait(stage, staying, samples, carried);
    for (const tensor of loaded.live) if (isOurs(tensor)) freeMemory(carried.get(tensor.name)!);
  }

  #wait(stage: number, staying: readonly number[], samples: readonly number[], carried: Tensors): void {
    if (staying.length === 0) return;
    const waiting = this.#waiting[stage + 1];
    for (const { name, axis } of this.#network.stages[stage].live) {
      if (axis === null) waiting.constants.set(name, carried.get(name)!);
      else waiting.rows.get(name)!.append(carried.get(name)!, staying);
    }
    for (const row of staying) waiting.samples.push(samples[row]);
  }
}

/** Runs one stage on what it reads; the feeds may hold more. */
export function runLoadedStage(stage: LoadedStage, feeds: Tensors): Promise<Map<string, Values>> {
  return stage.session.run(new Map(stage.reads.map((name) => [name, feeds.get(name)!])));
}

/** Every stage on every row, as if there were no exits; the last exit's logits are what the full network answers. */
export async function runAllStages(network: StagedNetwork, feeds: Tensors): Promise<Values> {
  let known = feeds;
  let outputs = new Map<string, Values>();
  for (const stage of network.stages) {
    outputs = await runLoadedStage(stage, known);
    const { live } = stage;
    known = new Map(live.map(({ name }) => [name, outputs.get(name) ?? known.get(name)!]));
  }
  return outputs.get(network.stages[network.stages.length - 1].exit)!;
}
