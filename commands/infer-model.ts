import { setImmediate } from "node:timers/promises";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import type { ClassMapFile } from "../src/io/class-map-file.ts";
import { thresholdOf } from "../src/io/threshold-file.ts";
import { type ExitJudge, exitJudge } from "../src/onnx/run/judge-exit.ts";
import { runAllStages, runLoadedStage, StageRunner } from "../src/onnx/run/run-stages.ts";
import type { StagedNetwork } from "../src/onnx/run/staged-network.ts";
import type { Values } from "../src/onnx/session.ts";
import { quantile } from "../src/stats/describe.ts";
import type { AnswerSink } from "./answer-sink.ts";
import { noClassMaps } from "./infer-logits.ts";
import { batchSize, type ModelFlags, openRows } from "./model-options.ts";
import { OrderedAnswers } from "./ordered-answers.ts";
import { startProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { cautionUnused, ruleConfidence } from "./threshold-rule.ts";

/** What running a model told besides the answers. */
export interface ModelRun {
  readonly exitCounts: Float64Array;
  /** Time of the full network over the time with exits, per sample; null where it was not measured. */
  readonly speedup: number | null;
}

/** Batches that may wait for one slow row before it is pushed through alone. */
const MOST_BATCHES_HELD = 64;
const TIMED_RUNS = 5;

/** Runs the rows of `--input` through the stages; answers go to the sink in input order. */
export async function inferModel(
  network: StagedNetwork,
  file: ThresholdFile,
  flags: ModelFlags,
  sink: AnswerSink,
  maps: ClassMapFile | null,
  session: Session,
): Promise<ModelRun> {
  if (maps !== null && network.exitShape.length === 1) throw noClassMaps(network.name);
  const size = batchSize(flags);
  const confidence = ruleConfidence(file, network);
  cautionUnused(flags, file, confidence, session);
  const judge = exitJudge(confidence, file.inputValues ?? "logits", network.exitShape, network.name);
  const rows = await openRows(flags, network.inputs, session);
  const progress = await startProgress("inferring", Math.ceil(rows.rowCount / size), session);
  const answers = new OrderedAnswers();
  const exitCounts = new Float64Array(network.stages.length);
  const runner = new StageRunner(network, judge, thresholdOf(file), size, (leavers) => {
    const { exitIndex, samples, rows: at, judged, logits } = leavers;
    if (maps !== null) putMaps(maps, samples, at, judged.classMaps as Int32Array, logits.dims);
    exitCounts[exitIndex] += samples.length;
    for (const [index, sample] of samples.entries()) {
      answers.put(sample, judged.predictions[at[index]], exitIndex + 1, judged.confidences[at[index]]);
    }
  });
  let first: ReadonlyMap<string, Values> | null = null;
  let done = 0;
  try {
    for await (const { rowCount, values } of rows.batches(size)) {
      const feeds = values as ReadonlyMap<string, Values>;
      first ??= feeds;
      const samples = Array.from({ length: rowCount }, (_, row) => done + row);
      await runner.push(feeds, samples);
      done += rowCount;
      if (answers.held > MOST_BATCHES_HELD * size) await runner.drain();
      await emit(answers, sink);
      progress.tick();
      await setImmediate();
    }
    await runner.drain();
    await emit(answers, sink);
  } finally {
    progress.stop();
    rows.close();
  }
  const speedup =
    session.quiet || first === null ? null : await timeFirstBatch(network, judge, thresholdOf(file), first);
  return { exitCounts, speedup };
}

function putMaps(
  maps: ClassMapFile,
  samples: readonly number[],
  rows: readonly number[],
  classMaps: Int32Array,
  [, , height, width]: readonly number[],
): void {
  const size = height * width;
  for (const [index, sample] of samples.entries()) {
    maps.put(sample, classMaps.subarray(rows[index] * size, (rows[index] + 1) * size), height, width);
  }
}

async function emit(answers: OrderedAnswers, sink: AnswerSink): Promise<void> {
  const rows = answers.take();
  if (rows !== null) await sink.append(rows);
}

/**
 * How many times faster the first batch runs with exits than without: medians of a few interleaved runs after the whole of the data
 * has warmed everything up.
 */
async function timeFirstBatch(
  network: StagedNetwork,
  judge: ExitJudge,
  threshold: number,
  feeds: ReadonlyMap<string, Values>,
): Promise<number> {
  const samples = Array.from({ length: feeds.values().next().value?.dims[0] ?? 0 }, (_, row) => row);
  const [full, early]: [number[], number[]] = [[], []];
  const runner = new StageRunner(network, judge, threshold, samples.length, () => {});
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
