import type { ThresholdFile } from "../../src/control/threshold-file.ts";
import { parseConfidenceName } from "../../src/exits/confidence-name.ts";
import { thresholdText } from "../../src/io/threshold-file.ts";
import { type Baked, bakeAndCheck } from "../../src/onnx/bake/bake-and-check.ts";
import { withThreshold } from "../../src/onnx/bake/baked-model.ts";
import { type ProbeRows, probeRowCount, randomRows, selectProbeRows } from "../../src/onnx/graph/probe-inputs.ts";
import { type Model, opsetOf } from "../../src/onnx/model.ts";
import { type Network, openNetwork } from "../../src/onnx/network.ts";
import type { ModelProto } from "../../src/onnx/proto/onnx-pb.ts";
import { asFloats } from "../../src/onnx/run/judge-exit.ts";
import { product } from "../../src/onnx/run/rows.ts";
import { openSession, type Session } from "../../src/onnx/session.ts";
import { bytesOf, inMemory } from "./onnx-graphs.ts";
import { type Answer, chosenExit } from "./onnx-twin.ts";
import { thresholdFile } from "./threshold-files.ts";

export const oneThread = { threads: 1, provider: "cpu", optimize: true };

interface Outputs {
  readonly exits?: readonly string[];
  readonly confidences?: readonly string[];
}

export function openedNetwork(model: Model, { exits, confidences }: Outputs = {}): Promise<Network> {
  return openNetwork(model, { exits: exits ?? null, confidenceOutputs: confidences ?? null, rows: null, seed: 3 });
}

/** Bakes a network as the command does. */
export function baked(network: Network, file: ThresholdFile, nested = false): Promise<Baked> {
  const supplied = network.stages.some(({ confidence }) => confidence !== null);
  const request = {
    file,
    fileText: thresholdText(file),
    confidence: supplied ? null : parseConfidenceName(file.confidence!),
    opset: opsetOf(network.model.proto),
  };
  return bakeAndCheck(network, request, nested, oneThread);
}

/** Opens, bakes; for tests of what the file holds. */
export async function bakedFrom(
  proto: ModelProto,
  file: ThresholdFile,
  outputs: Outputs = {},
  nested = false,
): Promise<Baked> {
  return baked(await openedNetwork(inMemory(proto), outputs), file, nested);
}

/** Rows in [−3, 3) leave at different exits; integers stay 0 and 1. */
export function spreadRows(network: Network, count: number, seed = 9): ProbeRows {
  return new Map(
    Array.from(randomRows(network.graph, count, seed), ([name, values]) => {
      const { data } = values;
      return [name, data instanceof Float32Array ? { ...values, data: data.map((u) => 6 * u - 3) } : values];
    }),
  );
}

/** What one row got from a baked model. */
export interface BakedAnswer {
  /** 1-based. */
  readonly exit: number;
  readonly confidence: number;
  readonly logits: readonly number[];
}

/** Feeds rows to a baked model in batches; nothing of the proof before writing is used. */
export async function runBaked(session: Session, rows: ProbeRows, batchSize: number): Promise<BakedAnswer[]> {
  const count = probeRowCount(rows);
  const answers: BakedAnswer[] = [];
  for (let start = 0; start < count; start += batchSize) {
    const batch = Array.from({ length: Math.min(batchSize, count - start) }, (_, at) => start + at);
    const outputs = await session.run(selectProbeRows(rows, batch));
    const [logits, exit, confidence] = ["logits", "exit", "confidence"].map((name) => outputs.get(name)!);
    if (exit.type !== "int64" || confidence.type !== "float32") throw new Error(`${exit.type}, ${confidence.type}`);
    if ([logits, exit, confidence].some(({ dims }) => dims[0] !== batch.length)) throw new Error("rows are missing");
    if (exit.dims.length !== 1 || confidence.dims.length !== 1) throw new Error("expected one number per row");
    const width = product(logits.dims.slice(1));
    for (const row of batch.keys()) {
      answers.push({
        exit: Number(exit.data[row]),
        confidence: Number(confidence.data[row]),
        logits: Array.from(asFloats(logits).subarray(row * width, (row + 1) * width)),
      });
    }
  }
  return answers;
}

/** Opens the baked model with another default threshold: this runtime cannot override one. */
export function openBaked(proto: ModelProto, threshold: number): Promise<Session> {
  return openSession(bytesOf(withThreshold(proto, threshold)), "baked", oneThread);
}

/** The confidence of one exit's output, by its formula in double precision. */
export type Measure = (values: readonly number[], row: number, exitIndex: number) => number;

/** Every exit of the whole model for every row. */
async function twinOf(
  proto: ModelProto,
  rows: ProbeRows,
  exits: readonly string[],
  measure: Measure,
): Promise<Answer[][]> {
  const whole = await openSession(bytesOf(proto), "whole", oneThread);
  const outputs = await whole.run(rows, exits);
  await whole.release();
  return Array.from({ length: probeRowCount(rows) }, (_, row) =>
    exits.map((exit, exitIndex) => {
      const values = outputs.get(exit)!;
      const width = product(values.dims.slice(1));
      const logits = Array.from(asFloats(values).subarray(row * width, (row + 1) * width));
      return { logits, prediction: indexOfLargest(logits), confidence: measure(logits, row, exitIndex) };
    }),
  );
}

export interface Margins {
  readonly logits: number;
  readonly confidence: number;
}

/** Float sums depend on the batch, so rows closer to the threshold than the second margin may leave elsewhere. */
export const floatMargins: Margins = { logits: 2e-5, confidence: 5e-5 };
export const halfMargins: Margins = { logits: 2e-2, confidence: 2e-2 };

/**
 * Compares a baked model's answers, in their order, with exits chosen afterwards.
 *
 * @returns rows per exit
 * @throws Error naming the first row that differs
 */
export function compareWithTwin(
  found: readonly BakedAnswer[],
  twin: readonly (readonly Answer[])[],
  threshold: number,
  { logits: logitMargin, confidence: near }: Margins = floatMargins,
): number[] {
  if (found.length !== twin.length) throw new Error(`${found.length} answers for ${twin.length} rows`);
  const counts = twin[0].map(() => 0);
  for (const [row, { exit, confidence, logits }] of found.entries()) {
    counts[exit - 1]++;
    const chosen = chosenExit(twin[row], threshold) + 1;
    const isNear = twin[row].slice(0, -1).some((answer) => Math.abs(answer.confidence - threshold) < near);
    if (exit !== chosen && !isNear) throw new Error(`row ${row} left at exit ${exit}, expected ${chosen}`);
    const said = twin[row][exit - 1];
    const apart = logits.map((logit, k) => Math.abs(logit - said.logits[k]) / Math.max(1, Math.abs(said.logits[k])));
    if (!(Math.max(...apart) <= logitMargin)) throw new Error(`row ${row}: logits are ${Math.max(...apart)} apart`);
    const same = Number.isNaN(confidence)
      ? Number.isNaN(said.confidence)
      : Math.abs(confidence - said.confidence) <= near;
    if (!same) throw new Error(`row ${row}: confidence ${confidence}, expected ${said.confidence}`);
    const [top, second] = said.logits.toSorted((a, b) => b - a);
    const clear = top - second > 2 * logitMargin * Math.max(1, Math.abs(top));
    if (clear && indexOfLargest(logits) !== said.prediction) throw new Error(`row ${row}: another prediction`);
  }
  return counts;
}

/** A threshold between two confidences of early exits, at which as many rows leave at the first exit as at the last. */
function middleOf(twin: readonly (readonly Answer[])[]): number {
  const early = twin.flatMap((answers) => answers.slice(0, -1).map(({ confidence }) => confidence));
  const sorted = early.sort((a, b) => a - b);
  const imbalance = (threshold: number) => {
    const exits = twin.map((answers) => chosenExit(answers, threshold));
    const last = twin[0].length - 1;
    return Math.abs(exits.filter((exit) => exit === 0).length - exits.filter((exit) => exit === last).length);
  };
  const between = sorted.slice(1).map((confidence, index) => (confidence + sorted[index]) / 2);
  return between.reduce((best, threshold) => (imbalance(threshold) < imbalance(best) ? threshold : best));
}

function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

export function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const terms = logits.map((logit) => Math.exp(logit - largest));
  const sum = terms.reduce((total, term) => total + term, 0);
  return terms.map((term) => term / sum);
}

/** The three measures of probabilities. */
export const ofProbabilities = {
  top1: (p: readonly number[]) => Math.max(...p),
  "top-diff": (p: readonly number[]) => {
    const [first, second] = p.toSorted((a, b) => b - a);
    return first - second;
  },
  entropy: (p: readonly number[]) =>
    1 + p.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0) / Math.log(p.length),
} as const;

/** The confidence top1 of an exit that gives logits. */
export const top1OfLogits: Measure = (logits) => ofProbabilities.top1(softmax(logits));

interface BesideTwin {
  readonly network: Network;
  readonly rows: ProbeRows;
  /** `[rows][exits]` */
  readonly twin: readonly (readonly Answer[])[];
  /** In the middle of the twin's confidences. */
  readonly threshold: number;
}

interface Beside extends Outputs {
  readonly measure?: Measure;
  /** Changes the rows. */
  readonly vary?: (rows: ProbeRows) => ProbeRows;
}

/** A network, rows that leave everywhere, and what its plain twin says of them. */
export async function besideTwin(
  proto: ModelProto,
  rowCount: number,
  { measure = top1OfLogits, vary = (rows) => rows, ...outputs }: Beside = {},
): Promise<BesideTwin> {
  const network = await openedNetwork(inMemory(proto), outputs);
  const rows = vary(spreadRows(network, rowCount));
  const twin = await twinOf(proto, rows, network.exits, measure);
  return { network, rows, twin, threshold: middleOf(twin) };
}

/** Bakes a network of three exits and compares its answers on rows that leave everywhere with exits chosen afterwards. */
export async function answersLikeTheTwin(proto: ModelProto): Promise<void> {
  const { network, rows, twin, threshold } = await besideTwin(proto, 40);
  const { bytes } = await baked(network, thresholdFile({ threshold }));
  const session = await openSession(bytes, "baked", oneThread);
  const counts = compareWithTwin(await runBaked(session, rows, 7), twin, threshold);
  if (!(Math.min(counts[0], counts[2]) > 3)) throw new Error(`rows per exit: ${counts}`);
  await session.release();
}
