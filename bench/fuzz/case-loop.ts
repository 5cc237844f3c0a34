// The child of bench/fuzz.ts: runs the cases [first, last) of a format, one after the other.
//
//   node dist/bench/fuzz/case-loop.js <format> <first> <last> <seed> <findings folder>
//
// Its counts stand in the file behind descriptor 3 after every case, so that they survive its death.
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../src/stats/random.ts";
import { formats } from "./formats.ts";
import { memoryCap, tallyFields } from "./tally.ts";

const [name, first, last, seed, findings] = process.argv.slice(2) as [string, string, string, string, string];
const format = formats[name];
if (!format) throw new Error(`${name}: unknown format, expected one of ${Object.keys(formats).join(", ")}`);
const consume = format.consumer();
const make = format.maker();
const tally = new Float64Array(tallyFields.length);
const [current, refused, accepted, failed, overMemory, slowest] = tallyFields.map((_, index) => index) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

const peak = () => process.resourceUsage().maxRSS * 1024;
let known = peak();
const record = () => writeSync(3, new Uint8Array(tally.buffer), 0, tally.byteLength, 0);

function keep(number: number, bytes: Uint8Array, why: string): void {
  mkdirSync(findings, { recursive: true });
  writeFileSync(join(findings, `${name}-${seed}-${number}.bin`), bytes);
  writeFileSync(join(findings, `${name}-${seed}-${number}.txt`), `${why}\n`);
}

/** Errors are raised by the thousand and read by nobody: without stacks, until one is of interest. */
Error.stackTraceLimit = 0;

async function stackOf(bytes: Uint8Array, number: number): Promise<string> {
  Error.stackTraceLimit = 30;
  try {
    await consume(bytes, number);
    return "failed once, not again";
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    Error.stackTraceLimit = 0;
  }
}

for (let number = Number(first); number < Number(last); number++) {
  tally[current] = number;
  record();
  const bytes = make(seededRandom(Number(seed), number));
  const started = performance.now();
  try {
    const outcome = await consume(bytes, number);
    tally[outcome === "refused" ? refused : accepted]++;
  } catch {
    tally[failed]++;
    keep(number, bytes, await stackOf(bytes, number));
  }
  tally[slowest] = Math.max(tally[slowest], performance.now() - started);
  // Asking costs as much as a case does: eight of them answer together.
  if (number % 8 !== 7 && number + 1 !== Number(last)) continue;
  const now = peak();
  // The first cases load the readers themselves.
  if (now > known + memoryCap && number > Number(first) + 50) {
    tally[overMemory]++;
    keep(
      number,
      bytes,
      `this case or one of the seven before: ${Math.round((now - known) / 2 ** 20)} MiB more than before`,
    );
  }
  known = Math.max(known, now);
}
tally[current] = Number(last);
record();
