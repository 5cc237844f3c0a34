import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readStageFolder } from "../../src/onnx/manifest.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { digits, fresh, labelled, scratchFolder } from "../support/scratch.ts";

/**
 * Real child processes of every command that writes files are killed with SIGKILL: just before operations on the file
 * system chosen at random (all of them in the long run), and after random times. What then stands under the output's name
 * is the old file or the new one, byte for byte, and the next run leaves nothing else behind.
 */
const program = resolve("dist/bin/eexit.js");
const killer = resolve("test/support/kill-at.js");
export const built = existsSync(program);
if (!built) process.stderr.write("test/reliability: not run, dist/bin/eexit.js is missing (npm run build)\n");

const threshold = digits("threshold.json");
const images = ["--input", digits("inputs_cal.npy")];

interface Writer {
  readonly name: string;
  /** What it writes, as names in its folder; a name ending in "/" is a folder of stages. */
  readonly outputs: readonly string[];
  argv(folder: string): string[];
  /** Another run of it, for other outputs of the same names. */
  other(folder: string): string[];
}

const writersWith = (key: string): readonly Writer[] => [
  writer(
    "calibrate -o --sign",
    ["t.json", "t.json.sig"],
    (f) => ["calibrate", ...labelled, "-o", `${f}/t.json`, "--sign", key],
    ["-e", "0.05"],
    ["-e", "0.1"],
  ),
  writer("score -o", ["t.arrow"], (f) => ["score", ...labelled, "-o", `${f}/t.arrow`], [], ["--confidence", "top1"]),
  writer(
    "sweep --report",
    ["r.csv", "r.html"],
    (f) => ["sweep", ...labelled, "--report", `${f}/r.csv`, "--report", `${f}/r.html`],
    ["-e", "0.05"],
    ["-e", "0.1"],
  ),
  writer(
    "check --report",
    ["r.xml"],
    (f) => ["check", "-t", threshold, ...fresh, "--report", `${f}/r.xml`],
    [],
    ["--alpha", "0.01"],
  ),
  writer(
    "extract",
    ["l.npy"],
    (f) => ["extract", digits("model.onnx"), ...images, "-o", `${f}/l.npy`],
    [],
    ["--exits", "exit_1,exit_4"],
  ),
  writer(
    "infer -o --summary",
    ["a.csv", "s.json"],
    (f) => ["infer", "-t", threshold, digits("logits_cal.npy"), "-o", `${f}/a.csv`, "--summary", `${f}/s.json`],
    [],
    ["--ignore-label", "3", "--labels", digits("labels_cal.npy")],
  ),
  writer(
    "bake",
    ["b.onnx"],
    (f) => ["bake", digits("model.onnx"), "-t", threshold, "-o", `${f}/b.onnx`, "--force"],
    [],
    ["--if"],
  ),
  writer(
    "split",
    ["stages/"],
    (f) => ["split", digits("model.onnx"), "-o", `${f}/stages`, "--force"],
    ["--exits", "exit_1,exit_3,exit_4"],
    [],
  ),
];

function writer(
  name: string,
  outputs: readonly string[],
  argv: (folder: string) => string[],
  own: readonly string[],
  other: readonly string[],
): Writer {
  return { name, outputs, argv: (f) => [...argv(f), ...own, "-q"], other: (f) => [...argv(f), ...other, "-q"] };
}

export function killCases(size: "fast" | "long"): void {
  const scratch = scratchFolder();
  const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  const writers = writersWith(scratch.write("key.pem", key as string));
  const tally = { killed: 0, old: 0, new: 0 };

  describe.skipIf(!built || process.platform === "win32")("kill -9 leaves the old output or the new one", () => {
    test.concurrent.each(writers.map((writer, stream) => ({ ...writer, stream })))("$name", async (writer) => {
      const { name, outputs, argv, other, stream } = writer;
      const random = seededRandom(20261125, stream);
      const start = scratch.path(`${name} old`.replaceAll(" ", "-"));
      const work = scratch.path(name.replaceAll(" ", "-"));
      for (const folder of [start, work]) mkdirSync(folder);
      // The fast run takes any old content: what it is does not matter to what is left.
      if (size === "long") await finished(other(start));
      else for (const output of outputs) inventOld(join(start, output));
      const before = contents(start, outputs);
      const began = Date.now();
      const operations = await countOperations(argv(work), `${work}.count`);
      const duration = Date.now() - began;
      const after = contents(work, outputs);
      expect(after).not.toEqual(before);

      const points = chosenPoints(operations, stream, random);
      const delays = Array.from({ length: size === "fast" ? 0 : 20 }, () => random.uniform() * duration);
      for (const kill of [...points.map((at) => ({ at })), ...delays.map((ms) => ({ ms }))]) {
        rmSync(work, { recursive: true });
        cpSync(start, work, { recursive: true });
        await killed(argv(work), kill);
        const found = contents(work, outputs);
        for (const output of outputs) {
          const is = found[output] === before[output] ? "old" : found[output] === after[output] ? "new" : "half";
          expect(is, `${output} after ${JSON.stringify(kill)}`).not.toBe("half");
          tally[is as "old" | "new"]++;
        }
        tally.killed++;
      }
      await finished(argv(work));
      expect(contents(work, outputs)).toEqual(after);
      expect(readdirSync(work).filter((file) => !outputs.includes(file) && !outputs.includes(`${file}/`))).toEqual([]);
      if (outputs.includes("stages/"))
        expect(readdirSync(join(work, "stages")).filter((file) => file.startsWith("."))).toEqual([]);
    });

    test("both happened", () => {
      if (size === "long") process.stderr.write(`kill -9: ${JSON.stringify(tally)}\n`);
      expect(tally.old).toBeGreaterThan(0);
      expect(tally.new).toBeGreaterThan(0);
    });
  });

  /** All operations in the long run; in the fast one any, or for every other command one of the last, among which the commit is. */
  function chosenPoints(operations: number, stream: number, random: ReturnType<typeof seededRandom>): number[] {
    if (size === "long") return Array.from({ length: operations }, (_, i) => i + 1);
    if (stream % 2 === 0) return [1 + random.integer(operations)];
    return [operations - random.integer(Math.min(operations, 3))];
  }
}

function inventOld(path: string): void {
  if (path.endsWith("/")) cpSync(digits("stages"), path, { recursive: true });
  else writeFileSync(path, "old");
}

/** Bytes of the outputs by name, of a folder of stages the manifest that its reader accepts. */
function contents(folder: string, outputs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    outputs.map((output) => {
      const path = join(folder, output);
      if (!output.endsWith("/")) return [output, readFileSync(path).toString("latin1")];
      const { manifest, files } = readStageFolder(path);
      return [output, JSON.stringify([manifest, files.map(({ bytes }) => Buffer.from(bytes).toString("latin1"))])];
    }),
  );
}

async function finished(argv: readonly string[]): Promise<void> {
  const { status, stderr } = await child(argv, {}, null);
  // A verdict is an answer too.
  if (status !== 0 && status !== 1) throw new Error(`status ${status} of eexit ${argv.join(" ")}: ${stderr}`);
}

async function countOperations(argv: readonly string[], file: string): Promise<number> {
  const { status, stderr } = await child(argv, { EEXIT_KILL_AT: "count", EEXIT_KILL_COUNT: file }, null);
  if (status !== 0 && status !== 1) throw new Error(`status ${status} of eexit ${argv.join(" ")}: ${stderr}`);
  return Number(readFileSync(file, "utf8"));
}

async function killed(argv: readonly string[], kill: { at: number } | { ms: number }): Promise<void> {
  if ("at" in kill) {
    const { signal } = await child(argv, { EEXIT_KILL_AT: String(kill.at) }, null);
    expect(signal).toBe("SIGKILL");
  } else await child(argv, {}, kill.ms);
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Ends by itself, by its preloaded killer, or by SIGKILL after `killAfter` milliseconds. */
function child(argv: readonly string[], env: Record<string, string>, killAfter: number | null): Promise<Ended> {
  const preload = Object.keys(env).length > 0 ? ["--import", killer] : [];
  const running = spawn(process.execPath, [...preload, program, ...argv], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, EEXIT_THREADS: "1", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  running.stderr.on("data", (text) => {
    stderr += text;
  });
  const timer = killAfter === null ? null : setTimeout(() => running.kill("SIGKILL"), killAfter);
  return new Promise((done) => {
    running.on("close", (status, signal) => {
      if (timer) clearTimeout(timer);
      done({ status, signal, stderr });
    });
  });
}
