import { Worker } from "node:worker_threads";
import { EexitError, type ErrorCode } from "../errors.ts";
import type { ExitTableColumns } from "../exits/exit-table.ts";
import { builtFile } from "./built-file.ts";
import { type ChunkScorer, type ChunkTask, chunkRows } from "./chunk-scorer.ts";
import type { InputFacts, LogitRequest } from "./input-request.ts";
import type { LogitOrigin } from "./logit-origin.ts";
import type { LogitView } from "./logit-view.ts";

/** To a thread: score a chunk of a view, which the first task of a part describes. */
export interface ThreadTask {
  readonly id: number;
  readonly part: PartOfTasks;
  readonly task: ChunkTask;
}

/** What the tasks of one part have in common; told apart by its number. */
export interface PartOfTasks {
  readonly number: number;
  readonly origin: LogitOrigin;
  readonly request: LogitRequest;
  readonly inputValues: InputFacts["inputValues"];
}

/** From a thread: the table, or what is wrong with the first row that cannot be scored. */
export type ThreadAnswer = { readonly id: number } & (
  | { readonly table: ExitTableColumns }
  | { readonly refused: { readonly code: ErrorCode; readonly message: string; readonly hint: string | null } }
  | { readonly failed: string }
);

/** Scores chunks in other threads; `ahead` chunks may be under way while the first of them is waited for. */
export type ThreadedScore = ((task: ChunkTask) => Promise<ExitTableColumns>) & { readonly ahead: number };

/** Below this many values (40 MB of float32, some 30 ms of work) starting a thread costs more than it saves. */
const leastValues = 10_000_000;

interface Waiting {
  resolve(table: ExitTableColumns): void;
  reject(error: Error): void;
}

/**
 * Worker threads that score the rows of large files that any thread can read: each with its own file descriptor and its own SIMD memory;
 * tables come back without a copy. They start when the first such file comes, and `close` ends them whatever they are doing.
 */
export class ScoreThreads {
  readonly #count: number;
  readonly #workers: Worker[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #nextPart = 0;

  /** @param count of threads; with 1 everything is done in the calling thread */
  constructor(count: number) {
    this.#count = count;
  }

  /** How to score the chunks of a part in these threads, or null where that is impossible or does not pay. */
  openPart(
    { view, origin }: { readonly view: LogitView; readonly origin: LogitOrigin | null },
    scorer: ChunkScorer,
    request: LogitRequest,
    facts: InputFacts,
  ): ThreadedScore | null {
    const values = view.sampleCount * view.exitCount * view.classCount;
    const isWorthIt = values >= leastValues && view.sampleCount >= 2 * chunkRows(view);
    if (this.#count < 2 || origin === null || !view.shareable || !isWorthIt || !this.#start()) return null;
    const { layout, values: kind, exits, part } = request;
    let shared: PartOfTasks | null = null;
    const score = (task: ChunkTask) => {
      if (shared === null) {
        scorer.settle();
        const plainRequest = { layout, values: kind, exits, part };
        shared = { number: this.#nextPart++, origin, request: plainRequest, inputValues: facts.inputValues };
      }
      return this.#send(shared, task);
    };
    return Object.assign(score, { ahead: 2 * this.#workers.length });
  }

  /** Ends all threads, at once. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #start(): boolean {
    if (this.#workers.length > 0) return true;
    // as it is compiled: Node runs no TypeScript, so from the sources alone there is one thread
    const entry = import.meta.url.endsWith(".ts") ? null : builtFile("src/io/score-worker.js");
    if (entry === null) return false;
    for (let i = 0; i < this.#count; i++) this.#workers.push(this.#worker(entry));
    return true;
  }

  #worker(entry: string): Worker {
    const worker = new Worker(entry, { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.on("message", (answer: ThreadAnswer) => this.#receive(answer));
    worker.on("error", (error) => this.#fail(error));
    return worker;
  }

  #send(part: PartOfTasks, task: ChunkTask): Promise<ExitTableColumns> {
    const id = this.#nextId++;
    const message: ThreadTask = { id, part, task };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#workers[id % this.#workers.length].postMessage(message);
    });
  }

  #receive(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("table" in answer) waiting?.resolve(answer.table);
    else if ("failed" in answer) waiting?.reject(new Error(answer.failed));
    else waiting?.reject(new EexitError(answer.refused.code, answer.refused.message, answer.refused.hint));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
