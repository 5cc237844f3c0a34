import { quantile } from "../stats/describe.ts";
import { type ProbeRows, probeRowCount, selectProbeRows } from "./graph/probe-inputs.ts";
import type { ExitJudge } from "./run/judge-exit.ts";
import { StageRunner } from "./run/run-stages.ts";
import type { StagedNetwork } from "./run/staged-network.ts";
import type { Session, Values } from "./session.ts";

/** The same rows through three ways of running a network. */
export interface Contenders {
  /** The model as it was exported: all exits computed, the last one's answer taken. */
  readonly full: Session;
  readonly staged: StagedNetwork;
  /** With the calibrated threshold, and with one that nothing passes; null where it cannot be baked. */
  readonly baked: Session | null;
  readonly bakedNever: Session | null;
}

/** Medians over the runs, in milliseconds per sample, at one batch size. */
export interface Timing {
  readonly batchSize: number;
  readonly rows: number;
  readonly full: number;
  readonly staged: number;
  readonly baked: number | null;
  /** With nothing leaving early: what exits cost at worst. */
  readonly stagedNever: number;
  readonly bakedNever: number | null;
  /** Samples per exit. */
  readonly exitCounts: readonly number[];
}

/**
 * Times full, staged and baked on the same rows, one after the other in every run, so that a change of the machine's pace meets all
 * of them alike; the first runs are not counted.
 *
 * @param rows at least one batch
 */
export async function measureNetwork(
  contenders: Contenders,
  judge: ExitJudge,
  threshold: number,
  rows: ProbeRows,
  batchSize: number,
  runs: { readonly counted: number; readonly warmup: number },
  onRun: () => void = () => {},
): Promise<Timing> {
  const { full, staged, baked, bakedNever } = contenders;
  const batches = batchesOf(rows, batchSize);
  const lastExit = [staged.stages[staged.stages.length - 1].exit];
  const exitCounts = new Array<number>(staged.exits.length).fill(0);
  // One runner for all runs, as one serves all batches of eexit infer: the buffers of waiting rows are made once.
  const early = new StageRunner(staged, judge, threshold, batchSize, ({ exitIndex, samples }) => {
    exitCounts[exitIndex] += samples.length;
  });
  const never = new StageRunner(staged, judge, Number.POSITIVE_INFINITY, batchSize, () => {});
  const ways: Record<string, (() => Promise<void>) | null> = {
    full: () => each(batches, (feeds) => full.run(feeds, lastExit)),
    staged: () => throughStages(early, batches),
    baked: baked && (() => each(batches, (feeds) => baked.run(feeds))),
    stagedNever: () => throughStages(never, batches),
    bakedNever: bakedNever && (() => each(batches, (feeds) => bakedNever.run(feeds))),
  };
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let run = 0; run < runs.warmup + runs.counted; run++) {
    exitCounts.fill(0);
    for (const [name, way] of Object.entries(ways)) {
      if (way === null) continue;
      const start = performance.now();
      await way();
      if (run >= runs.warmup) times.get(name)!.push(performance.now() - start);
    }
    onRun();
  }
  const count = probeRowCount(rows);
  const perSample = (name: string) =>
    quantile(
      times.get(name)!.sort((a, b) => a - b),
      0.5,
    ) / count;
  return {
    batchSize,
    rows: count,
    full: perSample("full"),
    staged: perSample("staged"),
    baked: baked && perSample("baked"),
    stagedNever: perSample("stagedNever"),
    bakedNever: bakedNever && perSample("bakedNever"),
    exitCounts,
  };
}

type Feeds = ReadonlyMap<string, Values>;

async function each(batches: readonly Feeds[], run: (feeds: Feeds) => Promise<unknown>): Promise<void> {
  for (const feeds of batches) await run(feeds);
}

async function throughStages(runner: StageRunner, batches: readonly Feeds[]): Promise<void> {
  let done = 0;
  for (const feeds of batches) {
    const count = feeds.values().next().value!.dims[0];
    await runner.push(
      feeds,
      Array.from({ length: count }, (_, row) => done + row),
    );
    done += count;
  }
  await runner.drain();
}

function batchesOf(rows: ProbeRows, size: number): Feeds[] {
  const count = probeRowCount(rows);
  return Array.from({ length: Math.ceil(count / size) }, (_, batch) => {
    const length = Math.min(size, count - batch * size);
    return selectProbeRows(
      rows,
      Array.from({ length }, (_, row) => batch * size + row),
    );
  });
}
