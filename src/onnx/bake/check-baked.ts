import { EexitError } from "../../errors.ts";
import { type ProbeRows, probeRowCount, selectProbeRows } from "../graph/probe-inputs.ts";
import { stageTolerance } from "../prove-stages.ts";
import { asFloats, type ExitJudge } from "../run/judge-exit.ts";
import { product } from "../run/rows.ts";
import { StageRunner } from "../run/run-stages.ts";
import type { StagedNetwork } from "../run/staged-network.ts";
import type { Session } from "../session.ts";

/** A row may take another exit only this close to the threshold: two float32 recipes differ by an ulp or two. */
export const confidenceTolerance = 5e-5;

export interface BakeProof {
  readonly rows: number;
  readonly batchSizes: readonly number[];
  readonly thresholds: readonly number[];
  /** Rows whose exit differs, all within the tolerance of the threshold. */
  readonly ambiguousRows: number;
  readonly largestLogitDifference: number;
  readonly largestConfidenceDifference: number;
}

/** The answer for every row, as `infer` gives it. */
export interface Answers {
  /** 1-based. */
  readonly exit: Int32Array;
  readonly confidence: Float32Array;
  /** `[rows, width]`. */
  readonly logits: Float64Array;
}

/**
 * Runs the baked model, opened anew with each threshold as its default (onnxruntime-node cannot override an initializer, other
 * runtimes can), and the stages on the same rows: at every threshold and batch size the exits must agree (but for rows within
 * 5e-5 of the threshold), and the logits within the tolerance of float32 sums.
 *
 * @throws EexitError `stages-differ`
 */
export async function checkBaked(
  openBaked: (threshold: number) => Promise<Session>,
  staged: StagedNetwork,
  judge: ExitJudge,
  probe: ProbeRows,
  thresholds: readonly number[],
  batchSizes: readonly number[],
): Promise<BakeProof> {
  const rows = probeRowCount(probe);
  let [ambiguousRows, largestLogitDifference, largestConfidenceDifference] = [0, 0, 0];
  for (const threshold of thresholds) {
    const expected = await stagedAnswers(staged, judge, probe, threshold, 64);
    const baked = await openBaked(threshold);
    for (const batchSize of batchSizes) {
      const found = await bakedAnswers(baked, probe, batchSize, staged.exitShape);
      for (let row = 0; row < rows; row++) {
        const confidence = distance(found.confidence[row], expected.confidence[row]);
        if (found.exit[row] !== expected.exit[row]) {
          if (!isNear(found, row, threshold) && !isNear(expected, row, threshold))
            throw exitDiffers(staged, row, found, expected, threshold, batchSize);
          ambiguousRows++;
          continue;
        }
        largestConfidenceDifference = Math.max(largestConfidenceDifference, confidence);
        const width = product(staged.exitShape);
        for (let k = row * width; k < (row + 1) * width; k++) {
          const difference = distance(found.logits[k], expected.logits[k]) / Math.max(1, Math.abs(expected.logits[k]));
          largestLogitDifference = Math.max(largestLogitDifference, difference);
        }
      }
    }
    await baked.release();
  }
  const half = probeType(staged) === "float16";
  const limit = half ? 2e-2 : stageTolerance;
  if (!(largestLogitDifference <= limit)) throw logitsDiffer(staged, largestLogitDifference, limit);
  return { rows, batchSizes, thresholds, ambiguousRows, largestLogitDifference, largestConfidenceDifference };
}

function probeType(staged: StagedNetwork): string {
  const [stage] = staged.stages;
  return stage.session.outputs.find(({ name }) => name === stage.exit)?.type ?? "float32";
}

/** NaN and NaN are the same answer. */
function distance(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

function isNear({ confidence }: Answers, row: number, threshold: number): boolean {
  return Math.abs(confidence[row] - threshold) < confidenceTolerance;
}

/** What `infer` answers, row by row. */
export async function stagedAnswers(
  staged: StagedNetwork,
  judge: ExitJudge,
  probe: ProbeRows,
  threshold: number,
  batchSize: number,
): Promise<Answers> {
  const answers = emptyAnswers(probeRowCount(probe), staged.exitShape);
  const width = product(staged.exitShape);
  const runner = new StageRunner(
    staged,
    judge,
    threshold,
    batchSize,
    ({ exitIndex, samples, rows, judged, logits }) => {
      const values = asFloats(logits);
      for (const [index, sample] of samples.entries()) {
        answers.exit[sample] = exitIndex + 1;
        answers.confidence[sample] = judged.confidences[rows[index]];
        answers.logits.set(values.subarray(rows[index] * width, (rows[index] + 1) * width), sample * width);
      }
    },
  );
  for (const indices of batches(probeRowCount(probe), batchSize))
    await runner.push(selectProbeRows(probe, indices), indices);
  await runner.drain();
  return answers;
}

/** What the baked model answers, row by row. */
export async function bakedAnswers(
  baked: Session,
  probe: ProbeRows,
  batchSize: number,
  shape: readonly number[],
): Promise<Answers> {
  const answers = emptyAnswers(probeRowCount(probe), shape);
  const width = product(shape);
  for (const indices of batches(probeRowCount(probe), batchSize)) {
    const outputs = await baked.run(selectProbeRows(probe, indices));
    answers.logits.set(asFloats(outputs.get("logits")!), indices[0] * width);
    answers.confidence.set(outputs.get("confidence")!.data as Float32Array, indices[0]);
    answers.exit.set(Int32Array.from(outputs.get("exit")!.data as BigInt64Array, Number), indices[0]);
  }
  return answers;
}

function emptyAnswers(rows: number, shape: readonly number[]): Answers {
  return {
    exit: new Int32Array(rows),
    confidence: new Float32Array(rows),
    logits: new Float64Array(rows * product(shape)),
  };
}

function batches(rows: number, size: number): number[][] {
  const starts = Array.from({ length: Math.ceil(rows / size) }, (_, batch) => batch * size);
  return starts.map((start) => Array.from({ length: Math.min(size, rows - start) }, (_, index) => start + index));
}

function exitDiffers(
  staged: StagedNetwork,
  row: number,
  found: Answers,
  expected: Answers,
  threshold: number,
  batchSize: number,
): EexitError {
  return new EexitError(
    "stages-differ",
    `${staged.name}: baked row ${row} leaves at exit ${found.exit[row]} (confidence ${found.confidence[row]}), expected exit ${expected.exit[row]} (${expected.confidence[row]}) at threshold ${threshold}, batch ${batchSize}`,
    "please report the model: baking it is not safe",
  );
}

function logitsDiffer(staged: StagedNetwork, difference: number, limit: number): EexitError {
  return new EexitError(
    "stages-differ",
    `${staged.name}: baked logits differ by ${difference.toExponential(1)}, expected at most ${limit}`,
    "some operator looks at other rows of the batch, or draws random numbers: export the model in evaluation mode",
  );
}
