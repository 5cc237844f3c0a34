import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openInputs, readExitTable } from "../src/io/read-inputs.ts";
import type { BenchModule } from "./bench-module.ts";
import { plainRequest } from "./plain-request.ts";
import { writeSyntheticLogits } from "./synthetic-logits.ts";

/** Median and range over the rounds. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** One line of the results: ours beside a peer's, interleaved, and how many times ours is better. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly peerName: string;
  readonly peer: Spread | null;
  /** Paired by round: peer / ours. */
  readonly ratio: Spread | null;
  readonly goal: string;
}

interface Usage {
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly wallSeconds: number;
  /** Mean top-1, from the numpy peer. */
  readonly check?: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = fileURLToPath(new URL("../bin/eexit.js", import.meta.url));
const usageReporter = new URL("./report-usage.js", import.meta.url).href;

/** Whether `python3` with numpy is here. */
export function hasNumpy(): boolean {
  return spawnSync("python3", ["-c", "import numpy"], { stdio: "ignore" }).status === 0;
}

/**
 * W1: logits of 1 GB (50 000 samples, 5 exits, 1000 classes) to an exit table on disk, whole processes: CPU and memory beside numpy's one
 * pass (the plain twin where there is no numpy), wall time of two threads beside one, and the cost of twice the samples.
 */
export async function benchW1({ sampleCount = 50_000, rounds = 5 } = {}): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "eexit-w1-"));
  try {
    const shape = { exitCount: 5, classCount: 1000 };
    const made = (name: string) => mkdirSync(join(folder, name), { recursive: true }) as string;
    const whole = writeSyntheticLogits(made("whole"), { sampleCount, ...shape });
    const half = writeSyntheticLogits(made("half"), { sampleCount: Math.floor(sampleCount / 2), ...shape });
    const table = join(folder, "table.arrow");
    const usageFile = join(folder, "usage.json");
    const score = ({ logits, labels }: typeof whole, threads: number, env: Record<string, string> = {}) =>
      measured(
        process.execPath,
        [
          "--import",
          usageReporter,
          program,
          "score",
          logits,
          "--labels",
          labels,
          "-o",
          table,
          "-q",
          "--threads",
          `${threads}`,
        ],
        usageFile,
        env,
      );
    const numpy = hasNumpy();
    const peer = () =>
      numpy
        ? measured(
            "python3",
            [join(root, "bench/peers/one_pass_numpy.py"), join(folder, "whole"), usageFile],
            usageFile,
          )
        : score(whole, 1, { EEXIT_SIMD: "0" });
    const runs = { one: [] as Usage[], two: [] as Usage[], half: [] as Usage[], peer: [] as Usage[] };
    // one round to warm the page cache, which is not counted
    for (let round = 0; round <= rounds; round++) {
      const now = { one: score(whole, 1), peer: peer(), two: score(whole, 2), half: score(half, 1) };
      if (round === 0) continue;
      for (const name of ["one", "two", "half", "peer"] as const) runs[name].push(now[name]);
    }
    if (numpy) await assertSameWork(table, score, whole, runs.peer[0].check as number);
    return rows(runs, numpy ? "numpy, one pass" : "plain twin (python3 with numpy is absent)");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rows(runs: Record<"one" | "two" | "half" | "peer", Usage[]>, peerName: string): BenchRow[] {
  const cpu = (usage: Usage) => usage.cpuSeconds;
  const memory = (usage: Usage) => usage.peakMegabytes;
  const wall = (usage: Usage) => usage.wallSeconds;
  return [
    row("W1 CPU", "s", runs.one.map(cpu), peerName, runs.peer.map(cpu), "≥ 3"),
    row("W1 peak memory", "MB", runs.one.map(memory), peerName, runs.peer.map(memory), "≤ 100 MB"),
    row("W1 peak memory, two threads", "MB", runs.two.map(memory), peerName, runs.peer.map(memory), "≤ 100 MB"),
    row("W1 wall, two threads", "s", runs.two.map(wall), "one thread", runs.one.map(wall), "≥ 1.4"),
    row("W1 CPU, two threads", "s", runs.two.map(cpu), "one thread", runs.one.map(cpu), "—"),
    row("W1 CPU, half the samples", "s", runs.half.map(cpu), "all samples", runs.one.map(cpu), "≤ 2.2"),
  ];
}

function row(name: string, unit: string, ours: number[], peerName: string, peer: number[], goal: string): BenchRow {
  const ratio = spread(ours.map((value, round) => peer[round] / value));
  return { name, unit, ours: spread(ours), peerName, peer: spread(peer), ratio, goal };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { median, lowest: sorted[0], highest: sorted[sorted.length - 1] };
}

function measured(
  command: string,
  argv: readonly string[],
  usageFile: string,
  env: Record<string, string> = {},
): Usage {
  const start = process.hrtime.bigint();
  const options = { env: { ...process.env, EEXIT_BENCH_USAGE: usageFile, ...env }, encoding: "utf8" } as const;
  const { status, stderr } = spawnSync(command, argv, options);
  const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0) throw new Error(`${command} ${argv.join(" ")}: status ${status}\n${stderr}`);
  return { ...(JSON.parse(readFileSync(usageFile, "utf8")) as Usage), wallSeconds };
}

/** Both must have done the same work: their mean top-1 agrees to float32. */
async function assertSameWork<T>(
  table: string,
  score: (input: T, threads: number) => Usage,
  input: T,
  check: number,
): Promise<void> {
  score(input, 1);
  const inputs = await openInputs(tableRequest(table));
  if (inputs.kind !== "exits") throw new Error(`${table} is no exit table`);
  const top1 = (await readExitTable(inputs)).confidences.get("top1") as Float32Array;
  const mean = top1.reduce((sum, value) => sum + value, 0) / top1.length;
  if (!(Math.abs(mean - check) < 1e-6)) throw new Error(`mean top-1 ${mean}, numpy found ${check}: not the same work`);
}

function tableRequest(path: string) {
  return { ...plainRequest, inputs: [path], confidences: "all", risks: "all" } as const;
}

/** W1 as a section of the results. */
export const w1: BenchModule = {
  name: "W1: 1 GB of logits to an exit table",
  async run() {
    const lines = (await benchW1()).map(({ name, unit, ours, peerName, peer, ratio, goal }) =>
      [
        name,
        shown(ours, unit),
        `${peerName}: ${peer ? shown(peer, unit) : "—"}`,
        ratio ? shown(ratio, "×") : "—",
        goal,
      ].join(" | "),
    );
    return [
      "| what | ours | beside | ratio | goal |",
      "|---|---|---|---|---|",
      ...lines.map((line) => `| ${line} |`),
    ].join("\n");
  },
};

function shown({ median, lowest, highest }: Spread, unit: string): string {
  const text = (value: number) => value.toPrecision(3);
  return `${text(median)} ${unit} [${text(lowest)} – ${text(highest)}]`;
}
