import { parentPort, workerData } from "node:worker_threads";
import { trialOutcomes } from "../src/control/trial-outcomes.ts";
import { type TrialOrder, trialPlan } from "./trial-plan.ts";

/** A worker thread's share of the trials: every `stride`-th from `first` on. */
export interface TrialShare {
  readonly order: TrialOrder;
  readonly first: number;
  readonly stride: number;
  readonly trials: number;
}

export interface TrialAnswer {
  readonly trial: number;
  readonly outcomes: Float64Array;
}

const { order, first, stride, trials } = workerData as TrialShare;
const plan = trialPlan(order);
for (let trial = first; trial < trials; trial += stride) {
  const outcomes = trialOutcomes(plan, trial);
  parentPort?.postMessage({ trial, outcomes } satisfies TrialAnswer, [outcomes.buffer as ArrayBuffer]);
}
