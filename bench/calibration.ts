import { spawnSync } from "node:child_process";
import { openInputs, readExitTable } from "../src/io/read-inputs.ts";
import type { Bench, BenchModule } from "./bench-module.ts";
import { cpuTable, interleaved, ratioText } from "./interleaved.ts";
import { plainRequest } from "./plain-request.ts";
import { writeNpy, writeSyntheticLogits } from "./synthetic-logits.ts";

const risks = ["prediction-gap", "brier-gap", "prediction-consistency", "brier-consistency"];
const methods = "naive,crc,ucb:wsr,ucb:star,ucb:hb,ucb:cp";
const [sampleCount, exitCount, classCount] = [50_000, 5, 100];
const [trials, calibrationSize] = [100, 1000];
const rounds = 3;
/** Risk levels of the sweeps without splits. */
const few = "0.05:0.25:0.05";

/** W2: an exit table → thresholds of 4 risks × 6 methods × 50 ε × 100 splits, on the exact grid. */
export const calibration: BenchModule = {
  name: "W2: exit table → thresholds",
  async run(bench) {
    const [table, doubled] = [scored(bench, sampleCount), scored(bench, 2 * sampleCount)];
    await exportArrays(table, bench.folder);
    const ours = `eexit sweep, all thresholds, ${methods}`;
    const name = bench.python ? "strong numpy, 101 thresholds, wsr only" : "plain twin, 101 thresholds, wsr only";
    const peer = bench.python
      ? ["python3", bench.peer("calibrate_strong.py"), bench.folder, `${trials}`, `${calibrationSize}`, "101"]
      : [
          process.execPath,
          bench.script("plain-calibration.js"),
          bench.folder,
          `${trials}`,
          `${calibrationSize}`,
          "101",
        ];
    const timings = interleaved(
      [
        { name, argv: peer },
        {
          name: ours,
          argv: [
            ...sweepOf(bench, table, "0.01:0.5:0.01"),
            "--trials",
            `${trials}`,
            "--calibration-size",
            `${calibrationSize}`,
          ],
        },
      ],
      rounds,
    );
    const growth = interleaved(
      [
        { name: "N", argv: sweepOf(bench, table, few) },
        { name: "2N", argv: sweepOf(bench, doubled, few) },
      ],
      rounds,
    );
    const cpuOf = (size: string) => (growth.get(size) ?? []).map(({ cpu }) => cpu);
    return [
      `${sampleCount} samples, ${exitCount} exits, 4 risks × 50 ε × ${trials} splits of ${calibrationSize} calibration samples, one thread, the table read from an Arrow file.`,
      cpuTable(timings, ours),
      `All thresholds of all rows without splits (4 risks, ${methods}, 5 ε): twice the samples (${2 * sampleCount}) cost ${ratioText(cpuOf("2N"), cpuOf("N"))} the CPU.`,
    ].join("\n\n");
  },
  profile: `W2 falls short of its goal, 0.6 of numpy's CPU. Of some 2.6 s in the main thread envelope games in SIMD take 1.35: 57 000 rounds of up to
eight games of 1000 bets, 3 ns a bet, 9 (WSR) and 12 (STaR) games for each level, split and risk, where one that knew the answer would need 5 and
7 ([decision 38](../docs/decisions/0038-bets-in-float32.md)). The walks around them take 0.15 ([39](../docs/decisions/0039-walks-in-webassembly.md)),
the curves and other methods of 400 problems 0.5, reading the table and the curves of all rows 0.3, garbage collection 0.1, Node and modules
0.1; in the background V8's compiler takes 0.25 and garbage collection 0.1. Numpy tests one bound on 101 thresholds; here are six methods on every
threshold.`,
};

function sweepOf({ eexit }: Bench, table: string, epsilons: string): string[] {
  const asked = ["--confidence", "top1", "--risk", risks.join(","), "--method", methods, "-e", epsilons];
  return [...eexit, "sweep", table, ...asked, "--grid", "exact", "--threads", "1", "--format", "csv", "-q"];
}

function scored({ folder, eexit }: Bench, count: number): string {
  const { logits, labels } = writeSyntheticLogits(folder, { sampleCount: count, exitCount, classCount });
  const table = `${folder}/table-${count}.arrow`;
  const [program, ...argv] = [...eexit, "score", logits, "--labels", labels, "-o", table, "-q"];
  const { status, stderr } = spawnSync(program, argv, { encoding: "utf8" });
  if (status !== 0) throw new Error(`eexit score: ${stderr}`);
  return table;
}

/** The same table as arrays, for those who do not read Arrow. */
async function exportArrays(table: string, folder: string): Promise<void> {
  const inputs = await openInputs({ ...plainRequest, inputs: [table], confidences: ["top1"], risks });
  if (inputs.kind !== "exits") throw new Error(`${table}: expected an exit table`);
  const { confidences, losses } = await readExitTable(inputs);
  const shape = [sampleCount, exitCount];
  writeNpy(`${folder}/confidence.npy`, confidences.get("top1") as Float32Array, shape);
  for (const [risk, { values }] of losses) writeNpy(`${folder}/loss-${risk}.npy`, values, shape);
}
