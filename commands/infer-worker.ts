import { openModelRows, type Share, type WantedInput } from "../src/io/model-rows.ts";
import { loadModels, type StageModels } from "../src/onnx/run/staged-network.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import type { AnsweredBatch } from "./answered-batches.ts";
import { serveParent, tellError, tellParent } from "./child-side.ts";
import { type ClassMap, type InferRule, inferShare } from "./infer-share.ts";
import { BATCHES_AT_ONCE } from "./share-window.ts";

/** To a child: everything but the stages' bytes, which follow one by one. */
export interface InferJob {
  readonly models: Omit<StageModels, "stages" | "forget"> & {
    readonly stages: readonly Omit<StageModels["stages"][number], "bytes">[];
  };
  readonly options: SessionOptions;
  readonly rule: InferRule;
  /** Values of `--input`. */
  readonly inputs: readonly string[];
  readonly share: Share;
  /** Whether class maps are wanted. */
  readonly maps: boolean;
}

export type InferOrder =
  | { readonly job: InferJob }
  | { readonly stage: Uint8Array }
  /** Batches below this number may be started. */
  | { readonly until: number };

/** From a child, with the class maps of images that have left since the last. */
export interface InferAnswer {
  readonly batches: readonly AnsweredBatch[];
  readonly maps: readonly ClassMap[];
}

let job: InferJob | null = null;
const stages: Uint8Array[] = [];
let until = 0;
let wake = () => {};

serveParent<InferOrder>(async (order) => {
  if ("job" in order) job = order.job;
  else if ("stage" in order) stages.push(order.stage);
  else {
    until = order.until;
    wake();
  }
  // Not awaited: orders keep coming while the share is worked on.
  if ("stage" in order && stages.length === job!.models.stages.length) void work(job!).catch(tellError);
});

async function work({ models, options, rule, inputs, share, maps: wantsMaps }: InferJob): Promise<void> {
  const bytes = stages.splice(0);
  const loadable = models.stages.map((stage, index) => ({ ...stage, bytes: () => bytes[index] }));
  const network = await loadModels({ ...models, stages: loadable, forget() {} }, options);
  bytes.length = 0;
  const rows = await openModelRows(inputs, models.inputs as readonly WantedInput[], noStdin);
  // Small batches are told of together: a message costs as much as a few rows.
  const batchesPerMessage = Math.ceil(BATCHES_AT_ONCE / rule.batchSize);
  let batches: AnsweredBatch[] = [];
  let maps: ClassMap[] = [];
  let started = 0;
  await inferShare(network, rule, rows, share, {
    async mayStart(batch) {
      started++;
      while (batch >= until) await new Promise<void>((resolve) => (wake = resolve));
    },
    async deliver(complete, isDrained) {
      batches.push(...complete);
      if (!isDrained && started % batchesPerMessage !== 0) return;
      if (batches.length === 0 && maps.length === 0) return;
      await tellParent({ batches, maps } satisfies InferAnswer);
      [batches, maps] = [[], []];
    },
    putMap: wantsMaps ? (map) => maps.push({ ...map, map: map.map.slice() }) : null,
  });
}

function noStdin(): Promise<Uint8Array> {
  return Promise.reject(new Error("stdin belongs to the first process"));
}
