import { describe, expect, it } from "vitest";
import { type ProbeRows, randomRows } from "../../src/onnx/graph/probe-inputs.ts";
import { openNetwork } from "../../src/onnx/network.ts";
import { proveStages } from "../../src/onnx/prove-stages.ts";
import { loadStages, type StagedNetwork } from "../../src/onnx/run/staged-network.ts";
import { openSession } from "../../src/onnx/session.ts";
import { bytesOf, inMemory } from "../support/onnx-graphs.ts";
import { runStaged } from "../support/onnx-staged-run.ts";
import { type Answer, answersOf, chosenExit } from "../support/onnx-twin.ts";
import { everyForm, handMade } from "./models/all-models.ts";

const options = { threads: 1, provider: "cpu", optimize: true };
const sampleCount = 101;

/** Probe rows lie in [0, 1), where averages hardly differ; rows in [−3, 3) leave at different exits. */
function spread(rows: ProbeRows): ProbeRows {
  return new Map(
    Array.from(rows, ([name, values]) => {
      const data = values.data instanceof Float32Array ? values.data.map((value) => 6 * value - 3) : values.data;
      return [name, { ...values, data }];
    }),
  );
}

/** Loads a model whole and in stages, and lets the twin answer for 101 rows. */
async function opened(name: string, opset: number) {
  const model = inMemory(handMade[name]({ opset }));
  const network = await openNetwork(model, { exits: null, confidenceOutputs: null, rows: null, seed: 3 });
  const whole = await openSession(bytesOf(model.proto), name, options);
  const staged = await loadStages(network, options);
  const rows = spread(randomRows(network.graph, sampleCount, 9));
  const answers = await answersOf(whole, rows, network.exits);
  const close = async () => {
    await whole.release();
    await staged.release();
  };
  return { network, whole, staged, rows, answers, close };
}

/** Between two confidences, where as many rows leave at the first exit as at the last. */
function middleOf(answers: readonly (readonly Answer[])[]): number {
  const early = answers.flatMap((exits) => exits.slice(0, -1).map(({ confidence }) => confidence));
  const sorted = early.sort((a, b) => a - b);
  const imbalance = (threshold: number) => {
    const exits = answers.map((exits) => chosenExit(exits, threshold));
    const last = answers[0].length - 1;
    return Math.abs(exits.filter((exit) => exit === 0).length - exits.filter((exit) => exit === last).length);
  };
  const between = sorted.slice(1).map((confidence, index) => (confidence + sorted[index]) / 2);
  return between.reduce((best, threshold) => (imbalance(threshold) < imbalance(best) ? threshold : best));
}

/** Float sums depend on the batch: rows closer to the threshold than this may leave elsewhere. */
const margins = (half: boolean) => (half ? { logits: 2e-2, confidence: 2e-2 } : { logits: 2e-5, confidence: 5e-5 });

async function compare(
  staged: StagedNetwork,
  rows: Parameters<typeof runStaged>[1],
  answers: readonly (readonly Answer[])[],
  threshold: number,
  batchSize: number,
  half: boolean,
): Promise<number[]> {
  const left = await runStaged(staged, rows, threshold, batchSize);
  const { logits: logitMargin, confidence: near } = margins(half);
  const counts = staged.exits.map(() => 0);
  for (const [sample, leavings] of left.entries()) {
    if (leavings.length !== 1) throw new Error(`sample ${sample} left ${leavings.length} times`);
    const [{ exitIndex, prediction, confidence, logits }] = leavings;
    counts[exitIndex]++;
    const isNear = answers[sample].slice(0, -1).some((answer) => Math.abs(answer.confidence - threshold) < near);
    const chosen = chosenExit(answers[sample], threshold);
    if (!isNear && exitIndex !== chosen) throw new Error(`sample ${sample} left at ${exitIndex}, expected ${chosen}`);
    const twin = answers[sample][exitIndex];
    const apart = logits.map((logit, k) => Math.abs(logit - twin.logits[k]) / Math.max(1, Math.abs(twin.logits[k])));
    if (!(Math.max(...apart) <= logitMargin)) throw new Error(`sample ${sample}: logits are ${apart} apart`);
    if (!(Math.abs(confidence - twin.confidence) <= near))
      throw new Error(`sample ${sample}: confidence ${confidence}`);
    const [top, second] = [...twin.logits].sort((a, b) => b - a);
    if (top - second > 2 * logitMargin * Math.max(1, Math.abs(top)) && prediction !== twin.prediction) {
      throw new Error(`sample ${sample}: prediction ${prediction}, expected ${twin.prediction}`);
    }
  }
  return counts;
}

describe("a network in stages", () => {
  it.each(everyForm)("%s, operator set %i: is proved, and leaves as the twin does", async (name, opset) => {
    const half = name.includes("float16");
    const { network, whole, staged, rows, answers, close } = await opened(name, opset);
    const proof = await proveStages(whole, staged, network.probe, 8, 5);
    expect(proof.rows).toBe(16);
    // 8 patterns more than the 16 rows of the first, of 4 classes at each exit.
    expect(proof.comparedValues).toBeGreaterThan(16 * 4 * network.exits.length);
    expect(proof.tolerance).toBe(half ? 2e-2 : 2e-5);
    expect(proof.largestDifference).toBeLessThanOrEqual(proof.tolerance);
    expect(proof.bitEqual).toBe(proof.largestDifference === 0);
    const counts = await compare(staged, rows, answers, middleOf(answers), 7, half);
    // Enough rows leave early, and enough stay, that every boundary carries compacted batches.
    expect(counts[0]).toBeGreaterThan(9);
    expect(counts.at(-1)).toBeGreaterThan(9);
    await close();
  });

  it.each(Object.keys(handMade))("%s: with any threshold and batch size", async (name) => {
    const half = name.includes("float16");
    const { staged, rows, answers, close } = await opened(name, 17);
    const last = staged.exits.length - 1;
    const all = (exit: number) => staged.exits.map((_, index) => (index === exit ? sampleCount : 0));
    for (const batchSize of [1, 7, 64]) {
      expect(await compare(staged, rows, answers, Number.POSITIVE_INFINITY, batchSize, half)).toEqual(all(last));
      expect(await compare(staged, rows, answers, Number.NEGATIVE_INFINITY, batchSize, half)).toEqual(all(0));
      await compare(staged, rows, answers, middleOf(answers), batchSize, half);
    }
    await close();
  });
});
