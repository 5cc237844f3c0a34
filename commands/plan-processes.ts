import type { ModelRows } from "../src/io/model-rows.ts";
import type { StageModels } from "../src/onnx/run/staged-network.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import type { ModelFlags } from "./model-options.ts";
import { parseCount } from "./parse-values.ts";

/** How the threads are used: by processes that share the batches, and inside the operators of each. */
export interface ProcessPlan {
  readonly processCount: number;
  readonly threadsEach: number;
}

/** Below this many multiply-accumulates, some ten seconds of one core, starting processes costs as much as they save. */
const LEAST_MACS = 1e12;
/** Batches per process, so that the last ones do not leave the others idle. */
const LEAST_BATCHES = 4;
/** For weights and what the runtime makes of a batch, in all processes together. */
const MOST_BYTES = 2 ** 30;
/** Tensors as wide as the widest boundary between stages that a batch has at work. */
const WIDE_TENSORS = 8;

/**
 * Rows in parallel, or operators? Told from the model, the rows and the options alone, so that one command line always gives the
 * same bytes. `--processes` decides where it is given, as far as there are batches.
 */
export function planProcesses(
  flags: Pick<ModelFlags, "processes">,
  { threads, provider }: Pick<SessionOptions, "threads" | "provider">,
  models: StageModels,
  batchSize: number,
  rows: Pick<ModelRows, "rowCount" | "batchCount" | "shareable">,
  say: (note: string) => void,
): ProcessPlan {
  const asked = flags.processes === undefined ? null : parseCount("--processes", flags.processes, { example: 2 });
  const batchCount = rows.batchCount(batchSize);
  const worthwhile = () => mostProcesses(provider, models, batchSize, rows.rowCount, batchCount);
  let processCount = Math.max(1, Math.min(asked ?? Math.min(threads, worthwhile()), batchCount));
  if (processCount > 1 && !rows.shareable) {
    if (asked !== null) say("note: these rows can be read by one process only (a pipe, or compressed): there is one");
    processCount = 1;
  }
  return { processCount, threadsEach: Math.max(1, Math.floor(threads / processCount)) };
}

/** Processes that pay: enough work to start them, enough batches to go round, and memory that stays within bounds. */
function mostProcesses(
  provider: string,
  models: StageModels,
  batchSize: number,
  rowCount: number,
  batchCount: number,
): number {
  const macs = models.fullMacs ?? models.macs?.at(-1) ?? 0;
  if (provider !== "cpu" || macs * rowCount < LEAST_MACS) return 1;
  return Math.min(Math.floor(batchCount / LEAST_BATCHES), mostInMemory(models, batchSize, models.weightBytes));
}

function mostInMemory(models: StageModels, batchSize: number, weightBytes: number): number {
  return Math.floor(MOST_BYTES / (weightBytes + WIDE_TENSORS * batchSize * widestBoundary(models)));
}

/** Copies of the weights in a process that measures: full network, stages, and two baked models. */
const MEASURED_MODELS = 4;

/** The same for a measurement, which is not asked whether it pays: as many processes as there are threads, and memory for. */
export function planBench(
  flags: Pick<ModelFlags, "processes">,
  { threads, provider }: Pick<SessionOptions, "threads" | "provider">,
  models: StageModels,
  largestBatch: number,
): ProcessPlan {
  const asked = flags.processes === undefined ? null : parseCount("--processes", flags.processes, { example: 2 });
  const inMemory = provider === "cpu" ? mostInMemory(models, largestBatch, MEASURED_MODELS * models.weightBytes) : 1;
  const processCount = Math.max(1, asked ?? Math.min(threads, inMemory));
  return { processCount, threadsEach: Math.max(1, Math.floor(threads / processCount)) };
}

/** Bytes of one row of the widest boundary between two stages; sizes that the model leaves open count as 1. */
function widestBoundary({ stages }: StageModels): number {
  const rowBytes = (shape: readonly (number | null)[]) =>
    shape.reduce<number>((size, length) => size * (length ?? 1), Float32Array.BYTES_PER_ELEMENT);
  return Math.max(...stages.map(({ live }) => live.reduce((sum, { shape }) => sum + rowBytes(shape), 0)));
}
