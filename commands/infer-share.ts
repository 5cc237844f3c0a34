import { setImmediate } from "node:timers/promises";
import type { ComputedConfidence } from "../src/exits/confidence-name.ts";
import type { ModelRows, Share } from "../src/io/model-rows.ts";
import { pixelScorer } from "../src/io/pixel-kernel-file.ts";
import { freeMemory } from "../src/onnx/run/free-memory.ts";
import { exitJudge } from "../src/onnx/run/judge-exit.ts";
import { type Leavers, StageRunner } from "../src/onnx/run/run-stages.ts";
import type { StagedNetwork } from "../src/onnx/run/staged-network.ts";
import type { Values } from "../src/onnx/session.ts";
import { type AnsweredBatch, AnsweredBatches } from "./answered-batches.ts";

/** Batches that may be opened, of those of one process, before the slowest row of the first is pushed through. */
export const MOST_BATCHES_HELD = 64;

/** How rows are judged and taken together; plain data, the same in every process. */
export interface InferRule {
  /** null when the model supplies it. */
  readonly confidence: ComputedConfidence | null;
  readonly values: "logits" | "probs";
  readonly threshold: number;
  readonly batchSize: number;
}

/** The class map of one image. */
export interface ClassMap {
  readonly sample: number;
  /** Row-major `[height, width]`. */
  readonly map: Int32Array;
  readonly height: number;
  readonly width: number;
}

/** Where the answers of a share go. */
export interface ShareOutlet {
  /** Waits until this batch may be started: nobody may run ahead of the others without end. */
  mayStart(batch: number): Promise<void> | void;
  /** Batches that are complete, in any number; none is left behind when `isDrained`. */
  deliver(batches: readonly AnsweredBatch[], isDrained: boolean): Promise<void>;
  /** null where nobody wants class maps. */
  readonly putMap: ((map: ClassMap) => void) | null;
}

/**
 * Runs one process's share of the batches through the stages. What runs together depends on the share alone, so the answers do not
 * depend on how fast anyone is.
 */
export async function inferShare(
  network: StagedNetwork,
  rule: InferRule,
  rows: ModelRows,
  share: Share,
  outlet: ShareOutlet,
): Promise<void> {
  const judge = exitJudge(rule.confidence, rule.values, network.exitShape, network.name, pixelScorer);
  const answered = new AnsweredBatches();
  const runner = new StageRunner(network, judge, rule.threshold, rule.batchSize, (leavers) => {
    const { exitIndex, samples, rows: at, judged } = leavers;
    if (outlet.putMap !== null) for (const map of mapsOf(leavers)) outlet.putMap(map);
    for (const [index, sample] of samples.entries()) {
      answered.put(sample, judged.predictions[at[index]], exitIndex + 1, judged.confidences[at[index]]);
    }
  });
  for await (const { number, first, rowCount, values } of rows.batches(rule.batchSize, share)) {
    await outlet.mayStart(number);
    const feeds = values as ReadonlyMap<string, Values>;
    answered.open(number, first, rowCount);
    await runner.push(
      feeds,
      Array.from({ length: rowCount }, (_, row) => first + row),
    );
    // Read for this batch alone, and what goes on was copied: the next batch finds its pages warm.
    for (const input of feeds.values()) freeMemory(input);
    const isDrained = answered.span > MOST_BATCHES_HELD;
    if (isDrained) await runner.drain();
    await outlet.deliver(answered.take(), isDrained);
    // Lets signals and pending output through: the runtime blocks while it works.
    await setImmediate();
  }
  await runner.drain();
  await outlet.deliver(answered.take(), true);
}

function* mapsOf({ samples, rows, judged, logits }: Leavers): Generator<ClassMap> {
  const [, , height, width] = logits.dims;
  const size = height * width;
  for (const [index, sample] of samples.entries()) {
    const map = (judged.classMaps as Int32Array).subarray(rows[index] * size, (rows[index] + 1) * size);
    yield { sample, map, height, width };
  }
}
