import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, BenchModule, Python } from "./bench-module.ts";
import { calibration } from "./calibration.ts";
import { paperMethod } from "./paper-method.ts";
import { stagedInference } from "./staged-inference.ts";
import { startUp } from "./start-up.ts";
import { w1 } from "./w1.ts";

/**
 * What does it cost? Whole processes against strong numpy, in turn, as ratios of processor time.
 *
 *   npm run bench                 everything; writes bench/RESULTS.md
 *   npm run bench -- start W2     only sections whose title holds one of the words; prints them
 *
 * Needs a POSIX shell and some 500 MB of disk; python3 with numpy for the peers (without it the plain twins stand in).
 */
const modules: readonly BenchModule[] = [w1, calibration, paperMethod, stagedInference, startUp];

const root = new URL("../../", import.meta.url);
const words = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "eexit-bench-"));
const bench: Bench = {
  folder,
  eexit: [process.execPath, fileURLToPath(new URL("dist/bin/eexit.js", root))],
  python: pythonHere(),
  peer: (name) => fileURLToPath(new URL(`bench/peers/${name}`, root)),
  script: (name) => fileURLToPath(new URL(`dist/bench/${name}`, root)),
};
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));

const sections: string[] = [];
for (const { name, run, profile } of modules) {
  if (words.length > 0 && !words.some((word) => name.toLowerCase().includes(word.toLowerCase()))) continue;
  const section = `## ${[name, await measured(run), ...(profile ? [profile] : [])].join("\n\n")}\n`;
  process.stdout.write(`${section}\n`);
  sections.push(section);
}
if (words.length === 0) writeFileSync(new URL("bench/RESULTS.md", root), page());

/** A section that cannot be measured says so in its place, and in the exit status; the others are measured all the same. */
async function measured(run: BenchModule["run"]): Promise<string> {
  try {
    return (await run(bench)).trim();
  } catch (error) {
    process.exitCode = 1;
    return `Not measured here: ${(error as Error).message.trim().split("\n").at(-1)}`;
  }
}

function page(): string {
  const { python } = bench;
  const peers = python
    ? `python3 with numpy ${python.numpy}${python.scipy ? ` and scipy ${python.scipy}` : ""}`
    : "no python3 with numpy, so plain twins instead";
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.versions.node}, ${peers}`;
  return [
    "# What does it cost?",
    `${machine}. Written by \`npm run bench\`: whole processes in turn, median [least – most] of the rounds. Only ratios of one run mean something; the peers are in bench/peers.`,
    "Most of the gain in W2 and end to end is the algorithm, not the language: losses are step functions of the threshold with few steps, order-free bounds are one critical sum each, and betting bounds are proven for many thresholds by one game.",
    ...sections.map((section) => section.trim()),
  ]
    .join("\n\n")
    .concat("\n");
}

function pythonHere(): Python | null {
  const versionOf = (name: string) => {
    const { status, stdout } = spawnSync("python3", ["-c", `import ${name}; print(${name}.__version__)`], {
      encoding: "utf8",
    });
    return status === 0 ? stdout.trim() : null;
  };
  const numpy = versionOf("numpy");
  return numpy === null ? null : { numpy, scipy: versionOf("scipy") };
}
