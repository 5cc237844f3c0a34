import { pixelScorer } from "../src/io/pixel-kernel-file.ts";
import type { ProbeRows } from "../src/onnx/graph/probe-inputs.ts";
import { type Contenders, type WayName, type Ways, waysOf } from "../src/onnx/measure-network.ts";
import { exitJudge } from "../src/onnx/run/judge-exit.ts";
import type { StageModels } from "../src/onnx/run/staged-network.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import { type ContenderModels, loadContenders, type NamedModel } from "./bench-contenders.ts";
import { serveParent, tellParent } from "./child-side.ts";
import type { InferRule } from "./infer-share.ts";

/** To a child, once: what is measured, the stages' bytes among it. */
export interface BenchJob {
  readonly models: Omit<ContenderModels, "staged"> & {
    readonly staged: Omit<StageModels, "stages" | "forget"> & {
      readonly stages: readonly (Omit<StageModels["stages"][number], "bytes"> & NamedModel)[];
    };
  };
  readonly options: SessionOptions;
  readonly rule: Omit<InferRule, "batchSize">;
  readonly rows: ProbeRows;
}

export type BenchOrder =
  | { readonly job: BenchJob }
  | { readonly batchSize: number }
  /** Every row once, this way. */
  | { readonly way: WayName };

/** From a child: an order has been carried out. */
export interface BenchDone {
  readonly done: true;
}

let job: BenchJob;
let contenders: Contenders;
let ways: Ways;

serveParent<BenchOrder>(async (order) => {
  if ("job" in order) {
    job = order.job;
    const { staged, ...others } = job.models;
    const stages = staged.stages.map(({ bytes, ...stage }) => ({ ...stage, bytes: () => bytes }));
    contenders = await loadContenders({ ...others, staged: { ...staged, stages, forget() {} } }, job.options);
  } else if ("batchSize" in order) {
    const { confidence, values, threshold } = job.rule;
    const { exitShape, name } = contenders.staged;
    ways = waysOf(
      contenders,
      exitJudge(confidence, values, exitShape, name, pixelScorer),
      threshold,
      job.rows,
      order.batchSize,
    );
  } else await ways.run[order.way]!();
  await tellParent({ done: true } satisfies BenchDone);
});
