import { closeSync, openSync, writeSync } from "node:fs";
import { npyHeader } from "../src/io/npy-write.ts";
import { seededRandom } from "../src/stats/random.ts";

/** Normal numbers that all rows are cut from: drawing each anew would take longer than everything that is measured. */
const poolSize = 1 << 20;

/**
 * Writes logits like those of an early-exit network, float32 `[sampleCount, exitCount, classCount]`, and labels: samples of different
 * difficulty, a signal for the true class that grows with the exit, and a class that it is confused with.
 */
export function writeSyntheticLogits(
  prefix: string,
  { sampleCount, exitCount, classCount }: { sampleCount: number; exitCount: number; classCount: number },
): { logits: string; labels: string } {
  const random = seededRandom(7);
  const pool = Float32Array.from({ length: poolSize }, () => random.normal());
  const cut = () => random.integer(poolSize - classCount);
  const paths = { logits: `${prefix}_logits.npy`, labels: `${prefix}_labels.npy` };
  const labels = new Float64Array(sampleCount);
  const file = openSync(paths.logits, "w");
  writeSync(file, npyHeader("float32", [sampleCount, exitCount, classCount]));
  const rows = new Float32Array(exitCount * classCount);
  for (let sample = 0; sample < sampleCount; sample++) {
    const label = random.integer(classCount);
    labels[sample] = label;
    const other = random.integer(classCount);
    const difficulty = -Math.log(1 - random.uniform()) - Math.log(1 - random.uniform());
    const base = cut();
    for (let exit = 0; exit < exitCount; exit++) {
      const noise = cut();
      const at = exit * classCount;
      for (let k = 0; k < classCount; k++) rows[at + k] = 1.17 * pool[base + k] + 0.78 * pool[noise + k];
      const gain = 3.5 + (5.5 * exit) / Math.max(1, exitCount - 1);
      rows[at + label] += 1.3 * (gain + 1.2 * (1.5 - difficulty));
      rows[at + other] += 3.9;
    }
    writeSync(file, rows);
  }
  closeSync(file);
  const labelFile = openSync(paths.labels, "w");
  writeSync(labelFile, npyHeader("float64", [sampleCount]));
  writeSync(labelFile, labels);
  closeSync(labelFile);
  return paths;
}
