import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { environment } from "./environment.ts";

/** A command whose whole process is measured. */
export interface Contestant {
  readonly name: string;
  readonly argv: readonly string[];
  /** How many times the command runs for one measurement; the measurement is of one run. */
  readonly repeat?: number;
  /** In how many of the rounds it takes part, for commands that run for minutes; it is not warmed up then. All by default. */
  readonly rounds?: number;
  /** Set for it alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** A file that it writes as JSON, its `peakMegabytes` among what stands there; its name is in EEXIT_BENCH_USAGE. */
  readonly usageFile?: string;
}

/** What one run cost, in seconds and MB. */
export interface Timing {
  /** User and system time of the process and its children. */
  readonly cpu: number;
  readonly wall: number;
  /** Null for a command that leaves no usage file. */
  readonly peakMegabytes: number | null;
}

/** Runs a command as a child of a POSIX shell, whose `times` tells what its children cost. */
const timed = 'i=0; while [ "$i" -lt "$REPEAT" ]; do "$@" >/dev/null || exit; i=$((i + 1)); done; times >&3';

/**
 * Measures commands in turn, round after round, so that a slow minute of the machine meets all of them. One round before the
 * first is not counted: it fills the page cache.
 */
export function interleaved(contestants: readonly Contestant[], rounds: number): Map<string, Timing[]> {
  const timings = new Map<string, Timing[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const contestant of contestants) {
      const { rounds: own } = contestant;
      if (own !== undefined && (round < 0 || round >= own)) continue;
      const timing = measured(contestant);
      if (round >= 0) timings.get(contestant.name)?.push(timing);
    }
  }
  return timings;
}

function measured({ name, argv, repeat = 1, env, usageFile }: Contestant): Timing {
  const started = performance.now();
  const { status, output } = spawnSync("sh", ["-c", timed, "sh", ...argv], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: {
      ...environment,
      REPEAT: String(repeat),
      ...(usageFile !== undefined && { EEXIT_BENCH_USAGE: usageFile }),
      ...env,
    },
  });
  if (status !== 0) throw new Error(`${name} ended with status ${status}: ${output[2]}`);
  const wall = (performance.now() - started) / 1000;
  // The second line of `times` is the children: 0m1.230s 0m0.040s
  const children = (output[3] ?? "").trim().split("\n").at(-1) ?? "";
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
  );
  const peakMegabytes = usageFile === undefined ? null : JSON.parse(readFileSync(usageFile, "utf8")).peakMegabytes;
  return { cpu: seconds.reduce((sum, x) => sum + x, 0) / repeat, wall: wall / repeat, peakMegabytes };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `2.31 × [2.20 – 2.40]`: median, least and most of the ratios of the rounds. */
export function ratioText(numerators: readonly number[], denominators: readonly number[]): string {
  const ratios = numerators.map((value, round) => value / denominators[round]);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${digits(median(ratios))} × [${digits(least)} – ${digits(most)}]`;
}

/** `1.23 s [1.20 – 1.31]`. */
export function secondsText(values: readonly number[]): string {
  return spreadText(values, "s");
}

/** `76.9 MB [75.8 – 78.6]`: median, least and most of the rounds. */
export function spreadText(values: readonly number[], unit: string): string {
  return `${digits(median(values))} ${unit} [${digits(Math.min(...values))} – ${digits(Math.max(...values))}]`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** A table of processor times, each against the last row, which is ours. */
export function cpuTable(timings: ReadonlyMap<string, readonly Timing[]>, ours: string): string {
  const own = timings.get(ours) as readonly Timing[];
  const rows = Array.from(timings, ([name, runs]) => {
    const cpu = runs.map((run) => run.cpu);
    const ratio =
      name === ours
        ? "1"
        : ratioText(
            cpu,
            own.map((run) => run.cpu),
          );
    return `| ${name} | ${secondsText(cpu)} | ${ratio} |`;
  });
  return ["| whole process | CPU | CPU / ours |", "| --- | ---: | ---: |", ...rows].join("\n");
}
