// Which standard operators pass a batch of zero rows in ONNX Runtime's CPU provider: writes zero-rows.json beside this file and
// prints the operators by their worst verdict, for src/onnx/bake/zero-row-operators.ts. By hand, after a build (8 minutes):
//
//   node test/reference/onnx/make-zero-rows.js
//
// Every trial is a graph that first runs on 3 and 5 rows, which says what shape to expect of none; then on none; then on 3 again. It
// runs in a child process, because some operators end theirs (TopK by SIGFPE).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runs } from "./zero-rows/trials.js";

const child = fileURLToPath(new URL("./zero-rows/try-trial.js", import.meta.url));
/** Places handed to one child: few enough that memory of sessions does not pile up. */
const chunk = 300;
/** A trial that says nothing for so long has hung, if it does so twice: a machine may sleep in between. */
const patience = 30_000;

const plan = runs();
const verdicts = new Map();
const suspects = new Set();
const chunks = Array.from({ length: Math.ceil(plan.length / chunk) }, (_, index) => index * chunk);
await Promise.all(Array.from({ length: availableParallelism() }, work));

const invalid = plan.filter((_, place) => verdicts.get(place).startsWith("invalid"));
for (const run of invalid) {
  process.stderr.write(`${run.trial.subject}, ${run.trial.form}, ${run.opset}: ${verdicts.get(plan.indexOf(run))}\n`);
}
writeFileSync(new URL("./zero-rows.json", import.meta.url), `${tableText(table())}\n`);
for (const [rank, operators] of Object.entries(ranked())) process.stdout.write(`${rank}:\n  ${operators.join(" ")}\n`);
process.exit(invalid.length > 0 ? 1 : 0);

async function work() {
  for (let start = chunks.shift(); start !== undefined; start = chunks.shift()) {
    let places = Array.from({ length: Math.min(chunk, plan.length - start) }, (_, index) => start + index);
    while (places.length > 0) {
      const ended = await tryPlaces(places);
      if (ended !== null) verdicts.set(ended.place, ended.verdict);
      places = places.filter((place) => !verdicts.has(place));
    }
    process.stderr.write(`${verdicts.size} of ${plan.length}\n`);
  }
}

/** Runs places in a child. @returns the trial that ended it, or null when it got through all or is to go on with the rest */
async function tryPlaces(places) {
  const running = spawn(process.execPath, [child, ...places.map(String)], { stdio: ["ignore", "pipe", "inherit"] });
  let current = null;
  let hung = false;
  const alarm = () =>
    setTimeout(() => {
      hung = true;
      running.kill("SIGKILL");
    }, patience);
  let timer = alarm();
  const lines = createInterface({ input: running.stdout });
  lines.on("line", (text) => {
    const { place, verdict } = JSON.parse(text);
    clearTimeout(timer);
    timer = alarm();
    current = verdict === undefined ? place : null;
    if (verdict !== undefined) verdicts.set(place, verdict);
  });
  // A child may end right after a line: what it said is complete when the lines are.
  const [[status, signal]] = await Promise.all([once(running, "exit"), once(lines, "close")]);
  clearTimeout(timer);
  if (status === 0) return null;
  if (hung && !suspects.has(current)) {
    suspects.add(current);
    return null;
  }
  if (current === null) throw new Error(`the child ended between trials: ${signal ?? status}`);
  return { place: current, verdict: hung ? "hangs" : `crash: ${signal ?? `exit status ${status}`}` };
}

/** Subject → operator set → "ok", or each way to fail with the forms that fail so. */
function table() {
  const bySubject = {};
  for (const [place, { trial, opset }] of plan.entries()) {
    const failures = ((bySubject[trial.subject] ??= {})[opset] ??= new Map());
    const verdict = verdicts.get(place);
    if (verdict !== "ok") failures.set(verdict, [...(failures.get(verdict) ?? []), trial.form]);
  }
  const text = (failures) =>
    [...failures].map(([verdict, forms]) => `${verdict} <${forms.join("; ")}>`).join(" | ") || "ok";
  return mapValues(bySubject, (row) => mapValues(row, text));
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/** One subject a line. */
function tableText(results) {
  const lines = Object.entries(results).map(([subject, row]) => `  ${JSON.stringify(subject)}: ${JSON.stringify(row)}`);
  return `{\n${lines.join(",\n")}\n}`;
}

/** Operators by their worst verdict; graphs, whose names have a space, are left out. */
function ranked() {
  const ranks = { "always pass": [], "may throw or give a wrong shape": [], "may end the process": [] };
  const names = Object.keys(ranks);
  const worst = new Map();
  for (const [place, { trial }] of plan.entries()) {
    const verdict = verdicts.get(place);
    const rank = verdict === "ok" ? 0 : /^(crash|hangs)/.test(verdict) ? 2 : 1;
    worst.set(trial.subject, Math.max(rank, worst.get(trial.subject) ?? 0));
  }
  for (const [subject, rank] of worst) if (/^\w+$/.test(subject)) ranks[names[rank]].push(subject);
  return mapValues(ranks, (operators) => operators.sort());
}
