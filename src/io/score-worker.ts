/** The entry of a scoring thread: opens the files it is told to on its own, and answers every task with a table or what is wrong. */
import { parentPort, workerData } from "node:worker_threads";
import { sentError } from "../errors.ts";
import { columnBuffers } from "../exits/exit-table.ts";
import { ChunkScorer } from "./chunk-scorer.ts";
import type { InputFacts } from "./input-request.ts";
import { OriginOpener } from "./logit-origin.ts";
import { rowKernel } from "./row-kernel-file.ts";
import type { PartOfTasks, ThreadAnswer, ThreadStart, ThreadTask } from "./score-threads.ts";
import { useModule } from "./wasm-kernel.ts";

useModule(rowKernel, (workerData as ThreadStart).kernel);
const opener = new OriginOpener();
let current: { readonly number: number; readonly scorer: ChunkScorer } | null = null;
/** Tasks are answered one after the other, though opening a file is asynchronous. */
let queue: Promise<void> = Promise.resolve();

parentPort?.on("message", (message: ThreadTask) => {
  queue = queue.then(() => answer(message));
});

async function answer({ id, part, task, used }: ThreadTask): Promise<void> {
  try {
    if (current?.number !== part.number) current = { number: part.number, scorer: await openScorer(part) };
    const table = await current.scorer.score(task, used);
    send({ id, table }, columnBuffers(table));
  } catch (error) {
    send({ id, ...sentError(error) });
  }
}

async function openScorer({ origin, request, inputValues }: PartOfTasks): Promise<ChunkScorer> {
  const facts: InputFacts = { inputValues, ignoredCount: 0, exitNames: null, costs: null, notes: [] };
  return new ChunkScorer(await opener.open(origin, request), request, facts);
}

function send(answer: ThreadAnswer, buffers: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(answer, buffers);
}
