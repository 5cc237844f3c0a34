import { type ProbeRows, probeRowCount, selectProbeRows } from "../../src/onnx/graph/probe-inputs.ts";
import { asFloats, exitJudge } from "../../src/onnx/run/judge-exit.ts";
import { StageRunner } from "../../src/onnx/run/run-stages.ts";
import type { StagedNetwork } from "../../src/onnx/run/staged-network.ts";

/** One sample's leaving. */
export interface Left {
  readonly exitIndex: number;
  readonly prediction: number;
  readonly confidence: number;
  readonly logits: readonly number[];
}

/**
 * Runs rows through the stages in batches, as inference does, and returns where each sample left.
 *
 * @returns by sample, every leaving of it: one, if the runner is right
 */
export async function runStaged(
  network: StagedNetwork,
  rows: ProbeRows,
  threshold: number,
  batchSize: number,
): Promise<Left[][]> {
  const count = probeRowCount(rows);
  const left: Left[][] = Array.from({ length: count }, () => []);
  const judge = exitJudge({ measure: "top1", aggregation: null }, "logits", network.exitShape, network.name);
  const runner = new StageRunner(
    network,
    judge,
    threshold,
    batchSize,
    ({ exitIndex, samples, rows, judged, logits }) => {
      const floats = asFloats(logits);
      const width = logits.dims[1];
      for (const [at, sample] of samples.entries()) {
        const row = rows[at];
        left[sample].push({
          exitIndex,
          prediction: judged.predictions[row],
          confidence: judged.confidences[row],
          logits: Array.from(floats.subarray(row * width, (row + 1) * width)),
        });
      }
    },
  );
  for (let start = 0; start < count; start += batchSize) {
    const batch = Array.from({ length: Math.min(batchSize, count - start) }, (_, at) => start + at);
    await runner.push(selectProbeRows(rows, batch), batch);
  }
  await runner.drain();
  return left;
}
