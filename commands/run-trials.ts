import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Spread, SweepRow } from "../src/control/sweep.ts";
import { trialOutcomes } from "../src/control/trial-outcomes.ts";
import { TrialRows } from "../src/control/trial-rows.ts";
import { type TrialOrder, trialPlan } from "./trial-plan.ts";
import type { TrialAnswer, TrialShare } from "./trial-worker.ts";

/** What remains must take this long, in milliseconds, before threads are started: one costs about 60 to start. */
const WORTH_THREADS = 1000;
/** Trials that are timed before that is decided. */
const TIMED = 2;

const workerFile = new URL("./trial-worker.js", import.meta.url);

/**
 * Runs trials, on several threads where that pays. A trial depends on its number only and outcomes are added in the order of
 * the numbers, so the rows are the same for any number of threads.
 *
 * @param threads at least 1
 */
export async function runTrials(
  order: TrialOrder,
  trials: number,
  threads: number,
  onTrial: () => void,
): Promise<SweepRow<Spread>[]> {
  const plan = trialPlan(order);
  const rows = new TrialRows(plan);
  const started = performance.now();
  for (let trial = 0; trial < trials; trial++) {
    if (trial === TIMED && canThread(threads)) {
      const remaining = ((performance.now() - started) / TIMED) * (trials - TIMED);
      if (remaining > WORTH_THREADS) {
        await onThreads(order, { first: TIMED, trials, threads: Math.min(threads, trials - TIMED) }, (outcomes) => {
          rows.add(outcomes);
          onTrial();
        });
        break;
      }
    }
    rows.add(trialOutcomes(plan, trial));
    onTrial();
    // A pause, so that an interrupt ends a long sweep at once.
    await setImmediate();
  }
  return rows.rows();
}

/** From its TypeScript sources (in tests) the program has no worker file. */
function canThread(threads: number): boolean {
  return threads > 1 && import.meta.url.endsWith(".js");
}

interface Shares {
  readonly first: number;
  readonly trials: number;
  readonly threads: number;
}

/** Every thread takes each `threads`-th trial; outcomes wait until their turn. */
async function onThreads(
  order: TrialOrder,
  { first, trials, threads }: Shares,
  add: (outcomes: Float64Array) => void,
): Promise<void> {
  const shared = inSharedMemory(order);
  const waiting = new Map<number, Float64Array>();
  let next = first;
  const take = ({ trial, outcomes }: TrialAnswer) => {
    waiting.set(trial, outcomes);
    for (let ready = waiting.get(next); ready; ready = waiting.get(next)) {
      waiting.delete(next++);
      add(ready);
    }
  };
  const workers = Array.from({ length: threads }, (_, k) => {
    const share: TrialShare = { order: shared, first: first + k, stride: threads, trials };
    return new Worker(workerFile, { workerData: share });
  });
  try {
    await Promise.all(workers.map((worker) => ended(worker, take)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function ended(worker: Worker, take: (answer: TrialAnswer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on("message", take);
    worker.on("error", reject);
    worker.on("exit", (status) => {
      if (status === 0) resolve();
      else reject(new Error(`a worker thread ended with status ${status}`));
    });
  });
}

/** The same value with every array of numbers in memory that threads share, so that each does not get a copy. */
function inSharedMemory<T>(value: T): T {
  if (ArrayBuffer.isView(value)) {
    const array = value as unknown as Float64Array;
    const bytes = new Uint8Array(new SharedArrayBuffer(array.byteLength));
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return new (array.constructor as new (buffer: ArrayBufferLike) => T)(bytes.buffer);
  }
  if (value instanceof Map) return new Map(Array.from(value, ([key, entry]) => [key, inSharedMemory(entry)])) as T;
  if (Array.isArray(value)) return value.map((entry) => inSharedMemory(entry)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, inSharedMemory(entry)])) as T;
}
