import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { npyHeader } from "../src/io/npy-write.ts";
import { seededRandom } from "../src/stats/random.ts";

/** Logits of a made-up network with several exits, like those of ImageNet: deeper exits are surer and more often right. */
export interface SyntheticLogits {
  readonly sampleCount: number;
  readonly exitCount: number;
  readonly classCount: number;
}

/** Rows made at a time; the file may be larger than memory. */
const BLOCK = 500;
/** Normals are drawn once and then picked: 300 million of them would take longer than what is measured. */
const NORMALS = 2 ** 16;

/**
 * Writes `<folder>/logits.npy` (float32 `[N, L, C]`) and `<folder>/labels.npy` (int64 `[N]`), block by block. The same
 * numbers on every machine.
 */
export function writeSyntheticLogits(folder: string, shape: SyntheticLogits): { logits: string; labels: string } {
  const { sampleCount, exitCount, classCount } = shape;
  const logits = `${folder}/logits.npy`;
  const labels = `${folder}/labels.npy`;
  const file = openSync(logits, "w");
  const answers = new BigInt64Array(sampleCount);
  try {
    writeSync(file, npyHeader("float32", [sampleCount, exitCount, classCount]));
    const draw = sampleMaker(shape);
    const block = new Float32Array(BLOCK * exitCount * classCount);
    for (let start = 0; start < sampleCount; start += BLOCK) {
      const count = Math.min(BLOCK, sampleCount - start);
      for (let i = 0; i < count; i++) answers[start + i] = BigInt(draw(block, i * exitCount * classCount));
      writeSync(file, new Uint8Array(block.buffer, 0, count * exitCount * classCount * 4));
    }
  } finally {
    closeSync(file);
  }
  writeNpy(labels, answers, [sampleCount]);
  return { logits, labels };
}

/** Draws one sample's logits into `out` at `at` and returns its label. */
function sampleMaker({ exitCount, classCount }: SyntheticLogits): (out: Float32Array, at: number) => number {
  const random = seededRandom(7);
  const normals = Float32Array.from({ length: NORMALS }, () => random.normal());
  const shared = new Float32Array(classCount);
  return (out, at) => {
    const label = random.integer(classCount);
    const rival = random.integer(classCount);
    const difficulty = -Math.log(random.uniform() + 1e-9) - Math.log(random.uniform() + 1e-9);
    let place = random.integer(NORMALS);
    for (let c = 0; c < classCount; c++) shared[c] = normals[(place + 7 * c) % NORMALS];
    for (let l = 0; l < exitCount; l++) {
      place = random.integer(NORMALS);
      const row = at + l * classCount;
      for (let c = 0; c < classCount; c++)
        out[row + c] = 1.3 * (0.9 * shared[c] + 0.6 * normals[(place + c) % NORMALS]);
      const gain = 3.5 + (5.5 * l) / (exitCount - 1) + 1.2 * (1.5 - difficulty);
      out[row + label] += 1.3 * gain;
      out[row + rival] += 1.3 * 3;
    }
    return label;
  };
}

/** Writes a whole array as an NPY file. */
export function writeNpy(
  path: string,
  values: Float32Array | Float64Array | BigInt64Array,
  shape: readonly number[],
): void {
  const type = values instanceof Float32Array ? "float32" : values instanceof Float64Array ? "float64" : "int64";
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  writeFileSync(path, Buffer.concat([npyHeader(type, shape), bytes]));
}
