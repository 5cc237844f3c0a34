import type { ThresholdFile } from "../src/control/threshold-file.ts";
import type { ClassMapFile } from "../src/io/class-map-file.ts";
import type { ModelRows } from "../src/io/model-rows.ts";
import { pixelScorer } from "../src/io/pixel-kernel-file.ts";
import { thresholdOf } from "../src/io/threshold-file.ts";
import { exitJudge } from "../src/onnx/run/judge-exit.ts";
import { runAllStages, runLoadedStage, StageRunner } from "../src/onnx/run/run-stages.ts";
import { loadModels, type StagedNetwork, type StageModels } from "../src/onnx/run/staged-network.ts";
import type { Values } from "../src/onnx/session.ts";
import { quantile } from "../src/stats/describe.ts";
import type { AnswerSink } from "./answer-sink.ts";
import { AnswersInOrder } from "./answers-in-order.ts";
import { canStartChildren } from "./child-processes.ts";
import { noClassMaps } from "./infer-logits.ts";
import { inferInProcesses, type SharedInference } from "./infer-processes.ts";
import { type InferRule, inferShare } from "./infer-share.ts";
import { batchSize, type ModelFlags, openRows, sessionOptions } from "./model-options.ts";
import { planProcesses } from "./plan-processes.ts";
import { startProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { cautionUnused, ruleConfidence } from "./threshold-rule.ts";

/** What running a model told besides the answers. */
export interface ModelRun {
  readonly exitCounts: Float64Array;
  /** Time of the full network over the time with exits, per sample; null where it was not measured. */
  readonly speedup: number | null;
}

const TIMED_RUNS = 5;

/** Runs the rows of `--input` through the stages; answers go to the sink in input order. */
export async function inferModel(
  models: StageModels,
  file: ThresholdFile,
  flags: ModelFlags,
  sink: AnswerSink,
  maps: ClassMapFile | null,
  session: Session,
): Promise<ModelRun> {
  if (maps !== null && models.exitShape.length === 1) throw noClassMaps(models.name);
  const confidence = ruleConfidence(file, models);
  const rule: InferRule = {
    confidence,
    values: file.inputValues ?? "logits",
    threshold: thresholdOf(file),
    batchSize: batchSize(flags),
  };
  cautionUnused(flags, file, confidence, session);
  const rows = await openRows(flags, models.inputs, session);
  const progress = await startProgress("inferring", rows.batchCount(rule.batchSize), session);
  const exitCounts = new Float64Array(models.stages.length);
  const answers = new AnswersInOrder(sink, ({ exits }) => {
    for (const exit of exits) exitCounts[exit - 1]++;
    progress.tick();
  });
  let network: StagedNetwork | null = null;
  try {
    const options = sessionOptions(flags, session);
    const { processCount, threadsEach } = planProcesses(
      flags,
      options,
      models,
      rule.batchSize,
      { ...rows, shareable: rows.shareable && canStartChildren },
      (note) => session.say(note),
    );
    network = await inferIn(processCount, {
      models,
      options: { ...options, threads: threadsEach },
      rule,
      inputs: flags.input!,
      rows,
      answers,
      putMap: maps && (({ sample, map, height, width }) => maps.put(sample, map, height, width)),
    });
    progress.stop();
    return { exitCounts, speedup: session.quiet ? null : await timeFirstBatch(network, rule, rows) };
  } finally {
    progress.stop();
    rows.close();
    await network?.release();
  }
}

/** @returns the loaded network */
async function inferIn(processCount: number, work: SharedInference): Promise<StagedNetwork> {
  if (processCount > 1) return inferInProcesses(work, processCount);
  const { models, options, rule, rows, answers, putMap } = work;
  const network = await loadModels(models, options);
  models.forget();
  try {
    const outlet = {
      mayStart() {},
      deliver: (batches: Parameters<typeof answers.put>[0]) => answers.put(batches),
      putMap,
    };
    await inferShare(network, rule, rows, { index: 0, count: 1 }, outlet);
    return network;
  } catch (error) {
    await network.release();
    throw error;
  }
}

/**
 * How many times faster the first batch runs with exits than without: medians of a few interleaved runs after the whole of the data
 * has warmed everything up.
 */
async function timeFirstBatch(network: StagedNetwork, rule: InferRule, rows: ModelRows): Promise<number> {
  const { value } = await rows.batches(rule.batchSize).next();
  const { rowCount, values } = value as Exclude<typeof value, undefined>;
  const feeds = values as ReadonlyMap<string, Values>;
  const samples = Array.from({ length: rowCount }, (_, row) => row);
  const [full, early]: [number[], number[]] = [[], []];
  const judge = exitJudge(rule.confidence, rule.values, network.exitShape, network.name, pixelScorer);
  const runner = new StageRunner(network, judge, rule.threshold, rowCount, () => {});
  for (let run = 0; run < TIMED_RUNS; run++) {
    full.push(await milliseconds(() => runFull(network, feeds)));
    early.push(
      await milliseconds(async () => {
        await runner.push(feeds, samples);
        await runner.drain();
      }),
    );
  }
  const median = (times: number[]) =>
    quantile(
      times.sort((a, b) => a - b),
      0.5,
    );
  return median(full) / median(early);
}

/** The full network: every stage, or the last one alone where it needs nothing of the others, as in a chain of models. */
function runFull(network: StagedNetwork, feeds: ReadonlyMap<string, Values>): Promise<unknown> {
  const last = network.stages[network.stages.length - 1];
  return last.reads.every((name) => feeds.has(name)) ? runLoadedStage(last, feeds) : runAllStages(network, feeds);
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
