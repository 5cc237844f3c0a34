import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openInputs, readExitTable } from "../src/io/read-inputs.ts";
import type { Bench, BenchModule } from "./bench-module.ts";
import { type Contestant, interleaved, ratioText, spreadText, type Timing } from "./interleaved.ts";
import { plainRequest } from "./plain-request.ts";
import { writeSyntheticLogits } from "./synthetic-logits.ts";

const [exitCount, classCount] = [5, 1000];

/**
 * W1: logits of 1 GB (50 000 samples, 5 exits, 1000 classes) to an exit table on disk, whole processes: CPU and memory beside numpy's one
 * pass (the plain twin where there is no numpy), wall time of two threads beside one, and the cost of twice the samples.
 *
 * @returns a table in Markdown
 */
export async function benchW1(bench: Bench, { sampleCount = 50_000, rounds = 5 } = {}): Promise<string> {
  const folder = join(bench.folder, "w1");
  try {
    const logitsOf = (name: string, count: number) => {
      mkdirSync(join(folder, name), { recursive: true });
      return writeSyntheticLogits(join(folder, name), { sampleCount: count, exitCount, classCount });
    };
    const whole = logitsOf("whole", sampleCount);
    const half = logitsOf("half", Math.floor(sampleCount / 2));
    const usageFile = (name: string) => join(folder, `usage-${name}.json`);
    const table = (name: string) => join(folder, `${name}.arrow`);
    const score = (name: string, { logits, labels }: typeof whole, threads: number, program = bench.eexit) => ({
      name,
      argv: [...program, "score", logits, "--labels", labels, "-o", table(name), "-q", "--threads", `${threads}`],
    });
    // by a module that is loaded before the program, into each of its threads: not while time is taken
    const remembering = (name: string, threads: number): Contestant => ({
      ...score(name, whole, threads, reporting(bench)),
      usageFile: usageFile(name),
    });
    const numpy = ["python3", bench.peer("one_pass_numpy.py"), join(folder, "whole"), usageFile("peer")];
    const peer = bench.python
      ? { name: "peer", argv: numpy, usageFile: usageFile("peer") }
      : { ...remembering("peer", 1), env: { EEXIT_SIMD: "0" } };
    const contestants = [
      score("one", whole, 1),
      peer,
      score("two", whole, 2),
      score("half", half, 1),
      remembering("one, memory", 1),
      remembering("two, memory", 2),
    ];
    const timings = interleaved(contestants, rounds);
    if (bench.python) await assertSameWork(table("one"), JSON.parse(readFileSync(usageFile("peer"), "utf8")).check);
    return text(timings, bench.python ? "numpy, one pass" : "plain twin (python3 with numpy is absent)");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The program, which leaves its peak memory in a usage file at its end. */
function reporting({ eexit: [node, program], script }: Bench): string[] {
  return [node, "--import", pathToFileURL(script("report-usage.js")).href, program];
}

function text(timings: ReadonlyMap<string, readonly Timing[]>, peerName: string): string {
  type Quantity = (timing: Timing) => number;
  const cpu: Quantity = (timing) => timing.cpu;
  const wall: Quantity = (timing) => timing.wall;
  const memory: Quantity = (timing) => timing.peakMegabytes as number;
  const row = (what: string, unit: string, ours: string, beside: string, quantity: Quantity, goal: string) => {
    const [own, other] = [ours, beside].map((name) => timings.get(name)!.map(quantity));
    const besideName = { peer: peerName, one: ours === "half" ? "all samples" : "one thread" }[beside];
    const cells = [
      what,
      spreadText(own, unit),
      `${besideName}: ${spreadText(other, unit)}`,
      ratioText(other, own),
      goal,
    ];
    return `| ${cells.join(" | ")} |`;
  };
  return [
    "| what | ours | beside | ratio | goal |",
    "|---|---|---|---|---|",
    row("W1 CPU", "s", "one", "peer", cpu, "≥ 3"),
    row("W1 peak memory", "MB", "one, memory", "peer", memory, "≤ 100 MB"),
    row("W1 peak memory, two threads", "MB", "two, memory", "peer", memory, "≤ 100 MB"),
    row("W1 wall, two threads", "s", "two", "one", wall, "≥ 1.4"),
    row("W1 CPU, two threads", "s", "two", "one", cpu, "—"),
    row("W1 CPU, half the samples", "s", "half", "one", cpu, "≤ 2.2"),
  ].join("\n");
}

/** Both must have done the same work: their mean top-1 agrees to float32. */
async function assertSameWork(table: string, check: number): Promise<void> {
  const inputs = await openInputs({ ...plainRequest, inputs: [table], confidences: "all", risks: "all" });
  if (inputs.kind !== "exits") throw new Error(`${table} is no exit table`);
  const top1 = (await readExitTable(inputs)).confidences.get("top1") as Float32Array;
  const mean = top1.reduce((sum, value) => sum + value, 0) / top1.length;
  if (!(Math.abs(mean - check) < 1e-6)) throw new Error(`mean top-1 ${mean}, numpy found ${check}: not the same work`);
}

/** W1 as a section of the results. */
export const w1: BenchModule = {
  name: "W1: 1 GB of logits to an exit table",
  run: benchW1,
  profile: `W1 falls just short of 3 × in CPU, and of 1.4 × of wall time by a second thread. Of some 0.65 s the kernel takes 0.31, reading 0.1 to 0.15, Node
itself 0.07, loading the package that writes Arrow 0.03, everything else 0.12. Two processes at once do 1.76 times the work of one here; a second
thread scores 70 ms after the first, which loads and does the writing, and flushing the table to the disk (25 ms) and the end of the process
(20 ms) take as long for two threads as for one ([decision 37](../docs/decisions/0037-a-second-of-scoring.md)).`,
};
