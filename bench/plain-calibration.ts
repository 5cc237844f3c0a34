import { readdirSync, readFileSync } from "node:fs";
import { seededRandom } from "../src/stats/random.ts";
import { wsrLogWealth } from "../src/stats/wsr.ts";

/**
 * The plain twin of calibrate_strong.py, where there is no numpy: WSR on a fixed grid, every loss vector made anew and every
 * wealth played from its first bet.
 *
 *   node dist/bench/plain-calibration.js <folder> <trials> <calibration size> <grid>
 */
const [folder, trials, size, grid] = process.argv.slice(2).map((word, k) => (k === 0 ? word : Number(word))) as [
  string,
  number,
  number,
  number,
];
const exitCount = 5;
const delta = 0.1;
const lambdas = Array.from({ length: grid }, (_, k) => 1 - k / (grid - 1));
const epsilons = Array.from({ length: 50 }, (_, k) => (k + 1) / 100);

/** The values of an NPY file that this benchmark wrote. */
function values(path: string, type: typeof Float32Array | typeof Float64Array): Float32Array | Float64Array {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  return new type(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
}

const confidence = values(`${folder}/confidence.npy`, Float32Array);
const files = readdirSync(folder).filter((name) => /^loss-.*\.npy$/.test(name));
const losses = files.map((name) => ({
  bound: name.includes("brier") ? 2 : 1,
  of: values(`${folder}/${name}`, Float64Array),
}));

function exitAt(sample: number, lambda: number): number {
  let exit = 0;
  while (exit < exitCount - 1 && !(confidence[sample * exitCount + exit] > lambda)) exit++;
  return exit;
}

let chosen = 0;
for (let trial = 0; trial < trials; trial++) {
  const drawn = seededRandom(0, trial)
    .permutation(confidence.length / exitCount)
    .subarray(0, size);
  const exits = lambdas.map((lambda) => Uint8Array.from(drawn, (sample) => exitAt(sample, lambda)));
  for (const { bound, of } of losses) {
    let row = 0;
    for (const epsilon of epsilons) {
      // A larger ε certifies whatever a smaller one did.
      for (; row < grid; row++) {
        const x = Float64Array.from(drawn, (sample, j) => of[sample * exitCount + exits[row][j]]);
        if (wsrLogWealth(x, epsilon, delta, bound) <= -Math.log(delta)) break;
      }
      chosen += row;
    }
  }
}
process.stdout.write(`${chosen}\n`);
