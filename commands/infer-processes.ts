import type { ModelRows } from "../src/io/model-rows.ts";
import { loadModels, type StagedNetwork, type StageModels } from "../src/onnx/run/staged-network.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import type { AnswersInOrder } from "./answers-in-order.ts";
import { ChildProcesses } from "./child-processes.ts";
import { type ClassMap, type InferRule, inferShare } from "./infer-share.ts";
import type { InferAnswer, InferJob } from "./infer-worker.ts";
import { ShareWindow } from "./share-window.ts";

/** What there is to do, and where it goes. */
export interface SharedInference {
  readonly models: StageModels;
  /** Of each process. */
  readonly options: SessionOptions;
  readonly rule: InferRule;
  /** Values of `--input`, and the rows that they hold. */
  readonly inputs: readonly string[];
  readonly rows: ModelRows;
  readonly answers: AnswersInOrder;
  readonly putMap: ((map: ClassMap) => void) | null;
}

/**
 * Batch i goes to process i mod `processCount`, of which this one is the first; every process reads its rows from the files by
 * itself, as sending them would cost more than small models take for them.
 *
 * @param processCount at least 2
 * @returns the network as this process has loaded it, for the caller to release
 */
export async function inferInProcesses(work: SharedInference, processCount: number): Promise<StagedNetwork> {
  const { models, options, rule, rows, answers, putMap } = work;
  const children = new ChildProcesses<InferAnswer>("commands/infer-worker.js", processCount - 1, {
    message(_, { batches, maps }) {
      for (const map of maps) putMap?.(map);
      answers.put(batches).then(window.check, window.fail);
    },
    refused: (child, error) => window.stop(child + 1, error),
  });
  const window = new ShareWindow(answers, processCount, rows.batchCount(rule.batchSize), (until) => {
    void children.sendAll({ until });
  });
  let own: Promise<void> = Promise.resolve();
  let network: StagedNetwork | null = null;
  try {
    await Promise.race([children.lost, sendJobs(work, processCount, children)]);
    network = await loadModels(models, options);
    models.forget();
    window.check();
    const outlet = {
      mayStart: (batch: number) => window.pass(batch),
      deliver: (batches: Parameters<typeof answers.put>[0]) => answers.put(batches).then(window.check),
      putMap,
    };
    const share = { index: 0, count: processCount };
    own = inferShare(network, rule, rows, share, outlet).catch((error) => window.stop(0, error));
    await Promise.race([children.lost, window.finished]);
    return network;
  } catch (error) {
    window.close();
    await own;
    await network?.release();
    throw error;
  } finally {
    await children.end();
  }
}

/** The stages' bytes go one by one, so that not all of them are copied at once. */
async function sendJobs(
  { models, options, rule, inputs, putMap }: SharedInference,
  processCount: number,
  children: ChildProcesses<InferAnswer>,
): Promise<void> {
  const { forget: _, ...facts } = models;
  const stages = models.stages.map(({ bytes: __, ...stage }) => stage);
  for (let index = 1; index < processCount; index++) {
    const share = { index, count: processCount };
    const job: InferJob = { models: { ...facts, stages }, options, rule, inputs, share, maps: putMap !== null };
    await children.send(index - 1, { job });
  }
  for (const { bytes } of models.stages) await children.sendAll({ stage: bytes() });
}
