import type { Worker } from "node:worker_threads";
import { receivedError, type SentError } from "../errors.ts";
import { columnBuffers, type ExitTableColumns } from "../exits/exit-table.ts";
import { builtFile } from "./built-file.ts";
import { type ChunkScorer, type ChunkTask, chunkRows } from "./chunk-scorer.ts";
import type { InputFacts, LogitRequest } from "./input-request.ts";
import type { LogitOrigin } from "./logit-origin.ts";
import type { LogitView } from "./logit-view.ts";
import { rowKernel } from "./row-kernel-file.ts";
import { compiledModule } from "./wasm-kernel.ts";

/** To a thread: score a chunk of a view, which the first task of a part describes. */
export interface ThreadTask {
  readonly id: number;
  readonly part: PartOfTasks;
  readonly task: ChunkTask;
  /** A table that may be filled instead of a new one. */
  readonly used: ExitTableColumns | null;
}

/** What a thread begins with: the kernel as compiled here, code and all. */
export interface ThreadStart {
  readonly kernel: object | null;
}

/** What the tasks of one part have in common; told apart by its number. */
export interface PartOfTasks {
  readonly number: number;
  readonly origin: LogitOrigin;
  readonly request: LogitRequest;
  readonly inputValues: InputFacts["inputValues"];
}

/** From a thread: the table, or what is wrong with the first row that cannot be scored. */
export type ThreadAnswer = { readonly id: number } & ({ readonly table: ExitTableColumns } | SentError);

/**
 * Gives a chunk to another thread, or returns null when all of them have enough to do: the caller may score it then.
 * @param left chunks of the part, this one included
 */
export type ThreadedScore = (
  task: ChunkTask,
  used: ExitTableColumns | null,
  left: number,
) => Promise<ExitTableColumns> | null;

/** Chunks that a thread has at once: one that it scores, and one to go on with. */
const chunksAtOnce = 2;

/** Below this many values (40 MB of float32, some 30 ms of work) starting a thread costs more than it saves. */
const leastValues = 10_000_000;

interface Waiting {
  readonly worker: ScoreWorker;
  resolve(table: ExitTableColumns): void;
  reject(error: Error): void;
}

interface ScoreWorker {
  readonly thread: Worker;
  /** Chunks that it was given and has not answered. */
  open: number;
}

/**
 * Worker threads that help to score the rows of large files that any thread can read: each with its own file descriptor and its own SIMD memory;
 * tables come back without a copy. They start when the first such file is seen, and `close` ends them whatever they are doing.
 */
export class ScoreThreads {
  readonly #count: number;
  readonly #workers: ScoreWorker[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #nextPart = 0;

  /** @param count of threads, the calling one included, which scores, too */
  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Starts the threads if they will pay for this view. A thread needs a tenth of a second until it scores, so this is called as early as can be.
   * @returns whether they are there
   */
  async start(view: LogitView): Promise<boolean> {
    const values = view.sampleCount * view.exitCount * view.classCount;
    const isWorthIt = values >= leastValues && view.sampleCount >= 2 * chunkRows(view);
    if (this.#count < 2 || !view.shareable || !isWorthIt) return false;
    if (this.#workers.length > 0) return true;
    // as it is bundled: Node runs no TypeScript, so from the sources alone there is one thread
    const entry = import.meta.url.endsWith(".ts") ? null : builtFile("src/io/score-worker.cjs");
    if (entry === null) return false;
    const threads = await import("node:worker_threads");
    for (let i = 1; i < this.#count; i++) this.#workers.push({ thread: this.#thread(threads, entry), open: 0 });
    return true;
  }

  /** How to score the chunks of a part in these threads, or null where that is impossible or does not pay. */
  async openPart(
    { view, origin }: { readonly view: LogitView; readonly origin: LogitOrigin | null },
    scorer: ChunkScorer,
    request: LogitRequest,
    facts: InputFacts,
  ): Promise<ThreadedScore | null> {
    if (origin === null || !(await this.start(view))) return null;
    const { layout, values: kind, exits, part } = request;
    let shared: PartOfTasks | null = null;
    return (task, used, left) => {
      // in the end no thread shall hold a chunk that another could begin
      const most = left > this.#count ? chunksAtOnce : 1;
      const free = this.#workers.find(({ open }) => open < most);
      if (free === undefined) return null;
      if (shared === null) {
        scorer.settle();
        const plainRequest = { layout, values: kind, exits, part };
        shared = { number: this.#nextPart++, origin, request: plainRequest, inputValues: facts.inputValues };
      }
      // without a copy of its own a view would take all of its memory along
      const own = { ...task, labels: task.labels?.slice() ?? null };
      return this.#send(free, { id: this.#nextId++, part: shared, task: own, used });
    };
  }

  /** Ends all threads, at once; nobody has to wait for that. */
  close(): void {
    for (const { thread } of this.#workers.splice(0)) void thread.terminate();
  }

  #thread({ Worker }: typeof import("node:worker_threads"), entry: string): Worker {
    const workerData: ThreadStart = { kernel: compiledModule(rowKernel) };
    const worker = new Worker(entry, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.on("message", (answer: ThreadAnswer) => this.#receive(answer));
    worker.on("error", (error) => this.#fail(error));
    return worker;
  }

  #send(worker: ScoreWorker, task: ThreadTask): Promise<ExitTableColumns> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(task.id, { worker, resolve, reject });
      worker.open++;
      worker.thread.postMessage(task, task.used === null ? [] : columnBuffers(task.used));
    });
  }

  #receive(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    waiting.worker.open--;
    if ("table" in answer) waiting.resolve(answer.table);
    else waiting.reject(receivedError(answer) as Error);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
