import { expect, it } from "vitest";
import { plainRequest } from "../../bench/plain-request.ts";
import { appendTables, copyOf } from "../../src/exits/exit-table.ts";
import type { ExitTable } from "../../src/exits/types.ts";
import { npyHeader } from "../../src/io/npy-write.ts";
import { openInputs, readExitTable } from "../../src/io/read-inputs.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { scratchFolder } from "../support/scratch.ts";

const scratch = scratchFolder();
/** Three chunks, the last one short. */
const [sampleCount, exitCount, classCount] = [9000, 2, 3];

function file(
  name: string,
  type: "float32" | "float64",
  shape: readonly number[],
  values: Float32Array | Float64Array,
) {
  return scratch.write(name, Buffer.concat([npyHeader(type, shape), new Uint8Array(values.buffer)]));
}

it.each([[[]], [["1"]]])(
  "tables that pass are those that are kept, in one memory (labels %j ignored)",
  async (ignored) => {
    const random = seededRandom(3);
    const logits = new Float32Array(sampleCount * exitCount * classCount).map(() => 3 * random.normal());
    const labels = new Float64Array(sampleCount).map((_, i) => i % classCount);
    const request = {
      ...plainRequest,
      inputs: [file("logits.npy", "float32", [sampleCount, exitCount, classCount], logits)],
      labels: [file("labels.npy", "float64", [sampleCount], labels)],
      ignoreLabels: ignored.map(Number),
      confidences: "all",
      risks: "all",
    } as const;
    const open = async () => {
      const inputs = await openInputs(request);
      if (inputs.kind !== "exits") throw new Error("no exits");
      return inputs;
    };
    const copies: ExitTable[] = [];
    const memories = new Set<ArrayBufferLike>();
    for await (const table of (await open()).chunks(() => {}, { passing: true })) {
      copies.push(copyOf(table));
      memories.add(table.predictions!.buffer);
    }
    expect(copies.length).toBe(3);
    if (ignored.length === 0) expect(memories.size).toBe(2);
    const kept = await readExitTable(await open());
    expect(kept.sampleCount).toBe(ignored.length === 0 ? sampleCount : (sampleCount * 2) / 3);
    expect(appendTables(copies)).toEqual(kept);
  },
);
