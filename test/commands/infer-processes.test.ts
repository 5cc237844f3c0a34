import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { thresholdText } from "../../src/io/threshold-file.ts";
import { residual } from "../onnx/models/dense-layers.ts";
import { npyRows, npyWords, wordModel } from "../support/model-files.ts";
import { bytesOf } from "../support/onnx-graphs.ts";
import { runCli } from "../support/run-cli.ts";
import { scratchFolder, succeed } from "../support/scratch.ts";
import { thresholdFile } from "../support/threshold-files.ts";

// Child processes run the compiled program.
const program = "dist/bin/eexit.js";
const built = existsSync(program);
const scratch = scratchFolder();
const model = scratch.write("model.onnx", bytesOf(residual({})));
const rows = scratch.write("x.npy", npyRows(1500));
const many = scratch.write("many.npy", npyRows(150_000));
const some = scratch.write("some.npy", npyRows(30_000));
const rule = scratch.write("rule.json", thresholdText(thresholdFile({ threshold: 0.8, classes: 4 })));
const base = ["infer", "-t", rule, "--model", model];

function eexit(argv: readonly string[], stdin?: Uint8Array) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...(stdin && { input: stdin }),
  });
  return { status, stdout, stderr };
}

/** What one process answers: without any other to start it needs none of its own. */
async function answersAlone(...argv: string[]): Promise<string> {
  return (await succeed([...argv, "--processes", "1", "-q"])).stdout;
}

function answersOf(...argv: string[]): string {
  const { status, stdout, stderr } = eexit([...argv, "-q"]);
  expect(status, stderr).toBe(0);
  return stdout;
}

/** Number of a process → number of its parent; Linux only. */
function parents(): Map<number, number> {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(
    numbers.flatMap((number): [number, number][] => {
      try {
        const text = readFileSync(`/proc/${number}/stat`, "utf8");
        const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
        return state === "Z" ? [] : [[Number(number), Number(parent)]];
      } catch {
        return [];
      }
    }),
  );
}

const childrenOf = (pid: number) => [...parents()].filter(([, parent]) => parent === pid).map(([child]) => child);
const isRunning = (pid: number) => parents().has(pid);

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1500) throw new Error("waited in vain");
    await new Promise((ready) => setTimeout(ready, 10));
  }
}

describe.skipIf(!built)("infer in several processes", () => {
  let alone = "";
  beforeAll(async () => {
    alone = await answersAlone(...base, "--input", rows, "--threads", "1");
  });

  test("gives the answers of one process, in order, for any number of them", async () => {
    for (const [processes, batch] of [
      ["2", "64"],
      ["3", "7"],
      ["5", "64"],
    ]) {
      const argv = [...base, "--input", rows, "--batch", batch];
      expect(answersOf(...argv, "--processes", processes, "--threads", "2"), `${processes}, ${batch}`).toBe(
        batch === "64" ? alone : await answersAlone(...argv),
      );
    }
  });

  test("takes stages, other formats, and rows that only one process can read", async () => {
    const stages = scratch.path("stages");
    await succeed(["split", model, "-o", stages]);
    const folder = ["infer", "-t", rule, "--model", stages];
    expect(answersOf(...folder, "--input", rows, "--processes", "2")).toBe(alone);
    const piped = eexit([...base, "--input", "-", "--processes", "3"], readFileSync(rows));
    expect([piped.status, piped.stdout]).toEqual([0, alone]);
    expect(piped.stderr).toContain("can be read by one process only");
    const [one, two] = ["one.arrow", "two.arrow"].map(scratch.path);
    await answersAlone(...base, "--input", rows, "-o", one);
    answersOf(...base, "--input", rows, "--processes", "2", "-o", two);
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
  });

  test("refuses a number of processes that is none", async () => {
    expect(await runCli([...base, "--input", rows, "--processes", "0"])).toMatchObject({ status: 2, stdout: "" });
  });

  test("says what one process says when the model fails, and leaves no file", async () => {
    const words = scratch.write("words.onnx", bytesOf(wordModel()));
    const file = scratch.write("words.json", thresholdText(thresholdFile({ threshold: 0.5 })));
    for (const bad of [5, 1499]) {
      const input = scratch.write(`bad-${bad}.npy`, npyWords(1500, bad));
      const target = scratch.path("answers.csv");
      const argv = ["infer", "-t", file, "--model", words, "--input", input, "--batch", "16"];
      const alone = await runCli([...argv, "--processes", "1", "-o", target]);
      expect(alone.stderr).toMatch(/^eexit: .*the model fails on this input.*\nhint: .*\n$/);
      const others = ["2", "3"].map((processes) => eexit([...argv, "--processes", processes, "-o", target]));
      for (const { status, stderr } of [alone, ...others]) {
        expect({ status, stderr }).toEqual({ status: 2, stderr: alone.stderr });
      }
      expect(existsSync(target)).toBe(false);
      expect(readdirSync(dirname(target)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    }
  });
});

const shared = ["--processes", "3", "--batch", "2", "-q"];
const long = [...base, "--input", many, ...shared];

describe.skipIf(!built || !existsSync("/proc/self/stat"))("the processes of a long infer", () => {
  /** Starts it and waits until its children run and answers come. */
  async function started(argv: readonly string[], onData: (chunk: Buffer) => void = () => {}) {
    const child = spawn(process.execPath, [program, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const ended = new Promise<number | string | null>((done) =>
      child.on("exit", (code, signal) => done(code ?? signal)),
    );
    await new Promise((ready) => child.stdout.once("data", ready));
    child.stdout.on("data", onData);
    const others = childrenOf(child.pid!);
    expect(others).toHaveLength(2);
    return { child, others, ended, said: () => stderr };
  }

  async function gone(others: readonly number[]): Promise<void> {
    await until(() => !others.some(isRunning));
  }

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("end with it on %s, status %i", async (signal, status) => {
    const { child, others, ended } = await started(long);
    child.kill(signal);
    expect(await ended).toBe(status);
    await gone(others);
  });

  test("end when it is killed", async () => {
    const { child, others, ended } = await started(long);
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    await gone(others);
  });

  test("end with it when the reader of the answers goes", async () => {
    const { child, others, ended } = await started(long);
    child.stdout!.destroy();
    expect(await ended).toBe(0);
    await gone(others);
  });

  test("are missed when one is killed: one line, status 2, no file", async () => {
    const target = scratch.path("lost.csv");
    const child: ChildProcess = spawn(process.execPath, [program, ...long, "-o", target], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr!.on("data", (chunk) => (stderr += chunk));
    const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
    await until(() => childrenOf(child.pid!).length === 2);
    const others = childrenOf(child.pid!);
    process.kill(others[1], "SIGKILL");
    expect(await ended).toBe(2);
    expect(stderr).toMatch(
      /^eexit: process [23] of 3 ended \(SIGKILL\) before its rows were answered, .*\nhint: .*\n$/,
    );
    expect(existsSync(target)).toBe(false);
    await gone(others);
  });

  test("wait for a slow reader instead of piling answers up", async () => {
    const { child, others, ended } = await started([...base, "--input", some, ...shared]);
    child.stdout!.pause();
    const memory = () => [child.pid!, ...others].map((pid) => residentKilobytes(pid)).reduce((sum, kb) => sum + kb, 0);
    // All rows would take seconds; after a while nobody works any more.
    await until(() => [child.pid!, ...others].every((pid) => isIdle(pid)));
    const before = memory();
    await new Promise((ready) => setTimeout(ready, 500));
    expect(memory() - before).toBeLessThan(20_000);
    let bytes = 0;
    child.stdout!.on("data", (chunk: Buffer) => (bytes += chunk.length));
    child.stdout!.resume();
    expect(await ended).toBe(0);
    expect(bytes).toBeGreaterThan(30_000 * 40);
    await gone(others);
  }, 120_000);
});

function residentKilobytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Whether a process has used no processor time for 300 ms. */
const seen = new Map<number, { ticks: string; since: number }>();
function isIdle(pid: number): boolean {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const ticks = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .join();
  const last = seen.get(pid);
  if (last?.ticks !== ticks) seen.set(pid, { ticks, since: performance.now() });
  return last?.ticks === ticks && performance.now() - last.since > 300;
}
