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

/** Ways of running all rows once; the last two with nothing leaving early: what exits cost at worst. */
export const wayNames = ["full", "staged", "baked", "stagedNever", "bakedNever"] as const;
export type WayName = (typeof wayNames)[number];

/** The ways that there are, and where the samples left in the last run of `staged`. */
export interface Ways {
  readonly run: Readonly<Record<WayName, (() => Promise<void>) | null>>;
  /** Samples per exit. */
  readonly exitCounts: readonly number[];
}

/** @param rows at least one batch */
export function waysOf(
  { full, staged, baked, bakedNever }: Contenders,
  judge: ExitJudge,
  threshold: number,
  rows: ProbeRows,
  batchSize: number,
): Ways {
  const batches = batchesOf(rows, batchSize);
  const lastExit = [staged.stages[staged.stages.length - 1].exit];
  const exitCounts = new Array<number>(staged.exits.length).fill(0);
  // One runner for all runs, as one serves all batches of eexit infer: the buffers of waiting rows are made once.
  const early = new StageRunner(staged, judge, threshold, batchSize, ({ exitIndex, samples }) => {
    exitCounts[exitIndex] += samples.length;
  });
  const never = new StageRunner(staged, judge, Number.POSITIVE_INFINITY, batchSize, () => {});
  return {
    run: {
      full: () => each(batches, (feeds) => full.run(feeds, lastExit)),
      staged() {
        exitCounts.fill(0);
        return throughStages(early, batches);
      },
      baked: baked && (() => each(batches, (feeds) => baked.run(feeds))),
      stagedNever: () => throughStages(never, batches),
      bakedNever: bakedNever && (() => each(batches, (feeds) => bakedNever.run(feeds))),
    },
    exitCounts,
  };
}

/** Milliseconds per way; null for a way that there is not. */
export type WayTimes = Readonly<Record<WayName, number | null>>;

/**
 * Times ways one after the other in every run, so that a change of the machine's pace meets all of them alike; the first runs
 * are not counted.
 *
 * @param contests ways that are compared with each other, several times over
 * @returns medians over the counted runs, per contest
 */
export async function timeWays(
  contests: readonly Ways["run"][],
  runs: { readonly counted: number; readonly warmup: number },
  onRun: () => void = () => {},
): Promise<WayTimes[]> {
  const times = contests.map(() => new Map<WayName, number[]>(wayNames.map((name) => [name, []])));
  for (let run = 0; run < runs.warmup + runs.counted; run++) {
    for (const name of wayNames) {
      for (const [index, ways] of contests.entries()) {
        const way = ways[name];
        if (way === null) continue;
        const start = performance.now();
        await way();
        if (run >= runs.warmup) times[index].get(name)!.push(performance.now() - start);
      }
    }
    onRun();
  }
  return times.map((byName) =>
    Object.fromEntries(wayNames.map((name) => [name, median(byName.get(name)!)])),
  ) as WayTimes[];
}

function median(times: readonly number[]): number | null {
  if (times.length === 0) return null;
  return quantile(
    [...times].sort((a, b) => a - b),
    0.5,
  );
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
