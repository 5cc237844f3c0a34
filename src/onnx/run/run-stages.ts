import type { Values } from "../session.ts";
import type { ExitJudge, Judged } from "./judge-exit.ts";
import { gatherRows, joinRows } from "./rows.ts";
import type { LoadedStage, StagedNetwork } from "./staged-network.ts";

/** Rows that leave together: their sample numbers, the exit, and what the exit said of them. */
export interface Leavers {
  readonly exitIndex: number;
  readonly samples: readonly number[];
  /** Their rows in `judged` and `logits`. */
  readonly rows: readonly number[];
  readonly judged: Judged;
  readonly logits: Values;
}

/** Rows waiting for a stage. */
interface Waiting {
  samples: number[];
  /** Live tensor → its rows, in pieces from several batches. */
  readonly pieces: Map<string, Values[]>;
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
    this.#waiting = network.stages.map(() => ({ samples: [], pieces: new Map() }));
  }

  /** Takes a batch of inputs; deeper stages run when a full batch waits for them. */
  async push(feeds: ReadonlyMap<string, Values>, samples: readonly number[]): Promise<void> {
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
    const { samples, pieces } = this.#waiting[stage];
    const count = Math.min(samples.length, this.#batchSize);
    const { live } = this.#network.stages[stage - 1];
    const feeds = new Map<string, Values>();
    const rest = new Map<string, Values[]>();
    for (const { name, axis } of live) {
      const parts = pieces.get(name)!;
      if (axis === null) {
        feeds.set(name, parts[0]);
        rest.set(name, parts);
        continue;
      }
      const all = joinRows(parts, axis);
      feeds.set(name, count === samples.length ? all : gatherRows(all, range(0, count), axis));
      rest.set(name, count === samples.length ? [] : [gatherRows(all, range(count, samples.length), axis)]);
    }
    const taken = samples.splice(0, count);
    pieces.clear();
    if (samples.length > 0) for (const [name, parts] of rest) pieces.set(name, parts);
    await this.#runStage(stage, feeds, taken);
  }

  async #runStage(stage: number, feeds: ReadonlyMap<string, Values>, samples: readonly number[]): Promise<void> {
    const loaded = this.#network.stages[stage];
    const outputs = await runLoadedStage(loaded, feeds);
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
    if (staying.length > 0) this.#wait(stage, staying, samples, feeds, outputs);
  }

  #wait(
    stage: number,
    staying: readonly number[],
    samples: readonly number[],
    feeds: ReadonlyMap<string, Values>,
    outputs: ReadonlyMap<string, Values>,
  ): void {
    const waiting = this.#waiting[stage + 1];
    for (const { name, axis } of this.#network.stages[stage].live) {
      const whole = outputs.get(name) ?? feeds.get(name)!;
      if (axis === null) waiting.pieces.set(name, [whole]);
      else {
        const rows = staying.length === samples.length ? whole : gatherRows(whole, staying, axis);
        const parts = waiting.pieces.get(name);
        if (parts === undefined) waiting.pieces.set(name, [rows]);
        else parts.push(rows);
      }
    }
    for (const row of staying) waiting.samples.push(samples[row]);
  }
}

/** Runs one stage on what it reads; the feeds may hold more. */
export function runLoadedStage(stage: LoadedStage, feeds: ReadonlyMap<string, Values>): Promise<Map<string, Values>> {
  return stage.session.run(new Map(stage.reads.map((name) => [name, feeds.get(name)!])));
}

/** Every stage on every row, as if there were no exits; the last exit's logits are what the full network answers. */
export async function runAllStages(network: StagedNetwork, feeds: ReadonlyMap<string, Values>): Promise<Values> {
  let known = feeds;
  let outputs = new Map<string, Values>();
  for (const stage of network.stages) {
    outputs = await runLoadedStage(stage, known);
    const { live } = stage;
    known = new Map(live.map(({ name }) => [name, outputs.get(name) ?? known.get(name)!]));
  }
  return outputs.get(network.stages[network.stages.length - 1].exit)!;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
