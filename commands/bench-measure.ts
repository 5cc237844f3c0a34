import { pixelScorer } from "../src/io/pixel-kernel-file.ts";
import { type ProbeRows, probeRowCount } from "../src/onnx/graph/probe-inputs.ts";
import { timeWays, type Ways, type WayTimes, waysOf } from "../src/onnx/measure-network.ts";
import { exitJudge } from "../src/onnx/run/judge-exit.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import type { BenchTiming } from "../src/report/bench-document.ts";
import { type ContenderModels, loadContenders } from "./bench-contenders.ts";
import { BenchProcesses } from "./bench-processes.ts";
import { canStartChildren } from "./child-processes.ts";
import type { InferRule } from "./infer-share.ts";
import type { ProcessPlan } from "./plan-processes.ts";

/** What is measured, and how often. */
export interface Measurement {
  readonly models: ContenderModels;
  readonly options: SessionOptions;
  readonly plan: ProcessPlan;
  readonly rule: Omit<InferRule, "batchSize">;
  readonly rows: ProbeRows;
  readonly batchSizes: readonly number[];
  readonly runs: { readonly counted: number; readonly warmup: number };
}

/** Times every way at every batch size: in one process, and where the plan has several also in all of them at once. */
export async function measure(job: Measurement, onRun: () => void): Promise<BenchTiming[]> {
  const { models, options, plan, rule, rows, batchSizes, runs } = job;
  const judge = exitJudge(rule.confidence, rule.values, models.staged.exitShape, models.staged.name, pixelScorer);
  const alone = await loadContenders(models, options);
  const shares = plan.processCount > 1 && canStartChildren ? await startShares(job) : null;
  try {
    const timings: BenchTiming[] = [];
    for (const batchSize of batchSizes) {
      const one = waysOf(alone, judge, rule.threshold, rows, batchSize);
      await shares?.others.setBatchSize(batchSize);
      const contests = [one.run, ...(shares === null ? [] : [shares.ways(batchSize)])];
      const [inOperators, inRows] = await timeWays(contests, runs, onRun);
      const count = probeRowCount(rows);
      timings.push({
        batchSize,
        rows: count,
        exitCounts: one.exitCounts,
        inOperators: perSample(inOperators, count),
        inRows: inRows ? perSample(inRows, count * plan.processCount) : null,
      });
    }
    return timings;
  } finally {
    await shares?.others.end();
  }
}

/** Loads the contenders here and in the other processes. */
async function startShares({ models, options, plan, rule, rows }: Measurement) {
  const others = new BenchProcesses(plan.processCount - 1);
  try {
    const each = { ...options, threads: plan.threadsEach };
    await others.load(models, each, { rule, rows });
    const here = await loadContenders(models, each);
    const judge = exitJudge(rule.confidence, rule.values, models.staged.exitShape, models.staged.name, pixelScorer);
    const ways = (batchSize: number): Ways["run"] =>
      others.withOthers(waysOf(here, judge, rule.threshold, rows, batchSize).run);
    return { others, ways };
  } catch (error) {
    await others.end();
    throw error;
  }
}

function perSample(times: WayTimes, count: number): BenchTiming["inOperators"] {
  const share = (time: number | null) => time && time / count;
  return {
    full: times.full! / count,
    staged: times.staged! / count,
    baked: share(times.baked),
    stagedNever: times.stagedNever! / count,
    bakedNever: share(times.bakedNever),
  };
}
