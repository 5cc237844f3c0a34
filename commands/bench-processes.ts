import { type WayName, type Ways, wayNames } from "../src/onnx/measure-network.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import type { ContenderModels } from "./bench-contenders.ts";
import type { BenchDone, BenchJob, BenchOrder } from "./bench-worker.ts";
import { ChildProcesses } from "./child-processes.ts";

/** The same measurement in other processes, each with all the rows: together they are a stream of as many times the rows. */
export class BenchProcesses {
  readonly #children: ChildProcesses<BenchDone>;
  readonly #count: number;
  #missing = 0;
  #done: () => void = () => {};
  #fail: (error: Error) => void = () => {};

  /** @param count besides this one, at least 1 */
  constructor(count: number) {
    this.#count = count;
    this.#children = new ChildProcesses("commands/bench-worker.js", count, {
      message: () => {
        if (--this.#missing === 0) this.#done();
      },
      refused: (_, error) => this.#fail(error),
    });
  }

  /** Loads the contenders in every process. */
  load(
    { full, staged, baked, bakedNever }: ContenderModels,
    options: SessionOptions,
    rest: Pick<BenchJob, "rule" | "rows">,
  ): Promise<void> {
    const { forget: _, ...facts } = staged;
    const stages = staged.stages.map((stage) => ({ ...stage, bytes: stage.bytes() }));
    return this.#order({
      job: { models: { full, staged: { ...facts, stages }, baked, bakedNever }, options, ...rest },
    });
  }

  setBatchSize(batchSize: number): Promise<void> {
    return this.#order({ batchSize });
  }

  /** The ways of this process, run in all of them at once. */
  withOthers(own: Ways["run"]): Ways["run"] {
    const both = (way: WayName) => async () => {
      const others = this.#order({ way });
      await own[way]!();
      await others;
    };
    return Object.fromEntries(wayNames.map((way) => [way, own[way] && both(way)])) as Ways["run"];
  }

  end(): Promise<void> {
    return this.#children.end();
  }

  async #order(order: BenchOrder): Promise<void> {
    this.#missing = this.#count;
    const carriedOut = new Promise<void>((resolve, reject) => {
      this.#done = resolve;
      this.#fail = reject;
    });
    carriedOut.catch(() => {});
    void this.#children.sendAll(order);
    await Promise.race([carriedOut, this.#children.lost]);
  }
}
