// Feeds damaged files to every reader, and counts what becomes of them.
//
//   npm run fuzz -- <format|all> [cases] [seed] [first]        (100000 cases of seed 1, from number 0, by default)
//
// Cases are numbered and independent: the same format, seed and number give the same bytes. They run in a child process that is ended
// and replaced when it hangs, crashes or runs out of memory, so that one bad case costs one case. Whatever is not a clean
// refusal is kept in fuzz-findings/. Status 1 when there is any.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formats } from "./fuzz/formats.ts";
import { hangAfter, heapCap, tallyFields } from "./fuzz/tally.ts";

interface Counts {
  refused: number;
  accepted: number;
  failed: number;
  overMemory: number;
  slowest: number;
  crashed: number;
  hung: number;
}

const findings = "fuzz-findings";
const loop = join(import.meta.dirname, "fuzz/case-loop.js");
const [wanted = "all", cases = "100000", seed = "1", start = "0"] = process.argv.slice(2);
const names = wanted === "all" ? Object.keys(formats) : wanted.split(",");
const unknown = names.find((name) => !Object.hasOwn(formats, name));
if (unknown !== undefined || ![cases, seed, start].every((text) => /^\d+$/.test(text))) {
  process.stderr.write(`usage: npm run fuzz -- <all|${Object.keys(formats).join("|")}> [cases] [seed] [first]\n`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "eexit-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

process.stdout.write(`| format | tried | refused cleanly | accepted | crashed | hung | over memory | slowest case |\n`);
process.stdout.write("|---|---|---|---|---|---|---|---|\n");
for (const name of names) {
  const counts = await fuzz(name, Number(cases));
  const { refused, accepted, failed, crashed, hung, overMemory, slowest } = counts;
  process.stdout.write(
    `| ${name} | ${cases} | ${refused} | ${accepted} | ${crashed + failed} | ${hung} | ${overMemory} | ${Math.round(slowest)} ms |\n`,
  );
  if (crashed + failed + hung + overMemory > 0 || refused + accepted !== Number(cases)) process.exitCode = 1;
}

async function fuzz(name: string, total: number): Promise<Counts> {
  const counts: Counts = { refused: 0, accepted: 0, failed: 0, overMemory: 0, slowest: 0, crashed: 0, hung: 0 };
  const last = Number(start) + total;
  for (let first = Number(start); first < last; ) {
    const { tally, ended } = await child(name, first, last);
    for (const field of ["refused", "accepted", "failed", "overMemory"] as const) counts[field] += tally[field];
    counts.slowest = Math.max(counts.slowest, tally.slowest);
    if (ended === "done") break;
    first = tally.current + 1;
    // On a busy machine five seconds may pass without a step: alone and with more time it shows.
    const again = ended === "hung" ? await child(name, tally.current, first, 12 * hangAfter) : null;
    if (again?.ended === "done") {
      for (const field of ["refused", "accepted", "failed", "overMemory"] as const) counts[field] += again.tally[field];
      continue;
    }
    counts[ended]++;
    process.stderr.write(`${name}: case ${tally.current} of seed ${seed} ${ended}\n`);
  }
  return counts;
}

type Tally = Record<(typeof tallyFields)[number], number>;

/** Runs cases from `first` on until all are done, or the child dies, or no case has ended for five seconds. */
function child(
  name: string,
  first: number,
  last: number,
  limit = hangAfter,
): Promise<{ tally: Tally; ended: "done" | "crashed" | "hung" }> {
  const tallyPath = join(folder, "tally");
  const descriptor = openSync(tallyPath, "w+");
  // Until it is at work: loading the readers is no case.
  writeSync(descriptor, new Uint8Array(Float64Array.of(Number.NaN).buffer));
  const argv = [`--max-old-space-size=${heapCap}`, loop, name, String(first), String(last), seed, findings];
  const running = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe", descriptor] });
  let said = "";
  running.stderr?.on("data", (text) => {
    said = `${said}${text}`.slice(-2000);
  });
  let hung = false;
  let before = { current: -1, at: Date.now() };
  const watch = setInterval(() => {
    const { current } = tallyOf(descriptor);
    if (!Object.is(current, before.current)) before = { current, at: Date.now() };
    else if (Date.now() - before.at > (Number.isNaN(current) ? 12 * limit : limit)) {
      hung = true;
      running.kill("SIGKILL");
    }
  }, 250);
  return new Promise((resolve) => {
    running.on("exit", (code) => {
      clearInterval(watch);
      const tally = tallyOf(descriptor);
      // It died before its first case: nothing to go on from.
      if (Number.isNaN(tally.current)) throw new Error(said);
      closeSync(descriptor);
      if (code === 0) resolve({ tally, ended: "done" });
      else {
        if (!hung) process.stderr.write(said);
        resolve({ tally, ended: hung ? "hung" : "crashed" });
      }
    });
  });
}

function tallyOf(descriptor: number): Tally {
  const bytes = new Float64Array(tallyFields.length);
  readSync(descriptor, new Uint8Array(bytes.buffer), 0, bytes.byteLength, 0);
  return Object.fromEntries(tallyFields.map((field, index) => [field, bytes[index]])) as Tally;
}
