// Runs trained multi-exit models whole, in stages and baked on their test inputs, and compares the answers row by row.
//
//   npm run evidence:models -- <folder>
//
// <folder> holds one folder per network with model.onnx and inputs_test.npy (or raw/<network>/inputs_test.npy beside them).
// Prints a Markdown table; the one of the last run is in docs/evidence.md.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { parseConfidenceName } from "../src/exits/confidence-name.ts";
import { openModelRows } from "../src/io/model-rows.ts";
import { type Baked, bakeAndCheck } from "../src/onnx/bake/bake-and-check.ts";
import { withThreshold } from "../src/onnx/bake/baked-model.ts";
import { type Answers, bakedAnswers, confidenceTolerance, stagedAnswers } from "../src/onnx/bake/check-baked.ts";
import { declaredInputs } from "../src/onnx/graph/declared-inputs.ts";
import type { ProbeRows } from "../src/onnx/graph/probe-inputs.ts";
import { modelBytes, opsetOf, readModel } from "../src/onnx/model.ts";
import { type Network, openNetwork } from "../src/onnx/network.ts";
import { asFloats, exitJudge } from "../src/onnx/run/judge-exit.ts";
import { product } from "../src/onnx/run/rows.ts";
import { loadStages } from "../src/onnx/run/staged-network.ts";
import { defaultSession, openSession } from "../src/onnx/session.ts";

const networks = ["digits", "fashion-msd", "calm-char", "camvid-seg"];
const measures = ["top1", "top-diff", "entropy"];
/** λ at these quantiles of the first exit's confidence, besides never and always. */
const levels = [0.2, 0.5, 0.9];
const batchSizes = [1, 7, 64];
const mostRows = { vectors: 1000, images: 60 };

async function testRows(folder: string, network: string, path: string): Promise<ProbeRows> {
  const own = join(folder, network, "inputs_test.npy");
  const input = existsSync(own) ? own : join(folder, "raw", network, "inputs_test.npy");
  const rows = await openModelRows([input], declaredInputs(readModel(path)), () =>
    Promise.reject(new Error("no stdin here")),
  );
  const most = network === "camvid-seg" ? mostRows.images : mostRows.vectors;
  for await (const { values } of rows.batches(most)) return values as ProbeRows;
  throw new Error(`${input}: no rows`);
}

/** The plain twin: the whole model, and the exits chosen afterwards. */
async function afterwards(
  network: Network,
  rows: ProbeRows,
  confidence: string,
): Promise<(threshold: number) => Answers> {
  const whole = await openSession(modelBytes(network.model.path, network.model.proto), network.model.path);
  const outputs = await whole.run(rows, network.exits);
  const judge = exitJudge(parseConfidenceName(confidence), "logits", network.exitShape, network.model.path);
  const logits = network.exits.map((exit) => outputs.get(exit)!);
  const count = logits[0].dims[0];
  const samples = Array.from({ length: count }, (_, row) => row);
  const judged = logits.map((values, exit) => judge.judge(values, null, exit, samples).confidences);
  const width = product(network.exitShape);
  await whole.release();
  return (threshold) => {
    const exit = Int32Array.from(
      samples,
      (row) =>
        1 +
        chosen(
          judged.map((column) => column[row]),
          threshold,
        ),
    );
    const confidences = Float32Array.from(samples, (row) => judged[exit[row] - 1][row]);
    const values = new Float64Array(count * width);
    for (const row of samples)
      values.set(asFloats(logits[exit[row] - 1]).subarray(row * width, (row + 1) * width), row * width);
    return { exit, confidence: confidences, logits: values };
  };
}

function chosen(confidences: readonly number[], threshold: number): number {
  const early = confidences.slice(0, -1).findIndex((confidence) => confidence > threshold);
  return early < 0 ? confidences.length - 1 : early;
}

interface Agreement {
  comparisons: number;
  /** Another exit although no confidence of the row is near λ. */
  wrong: number;
  /** Another exit with a confidence within 5e-5 of λ. */
  near: number;
  logits: number;
}

function compare(found: Answers, expected: Answers, threshold: number, into: Agreement): void {
  const width = found.logits.length / found.exit.length;
  for (let row = 0; row < found.exit.length; row++) {
    into.comparisons++;
    if (found.exit[row] !== expected.exit[row]) {
      const gap = Math.min(...[found, expected].map(({ confidence }) => Math.abs(confidence[row] - threshold)));
      if (gap < confidenceTolerance) into.near++;
      else into.wrong++;
      continue;
    }
    for (let k = row * width; k < (row + 1) * width; k++) {
      const scale = Math.max(1, Math.abs(expected.logits[k]));
      into.logits = Math.max(into.logits, Math.abs(found.logits[k] - expected.logits[k]) / scale);
    }
  }
}

function ruleOf(confidence: string, threshold: number, exits: number): ThresholdFile {
  const rule = { format: "eexit-threshold", version: 1, policy: "threshold", threshold, exits, confidence };
  return { ...rule, rule: "confidence > threshold", inputValues: "logits" } as unknown as ThresholdFile;
}

async function evidenceFor(folder: string, name: string): Promise<string[]> {
  const path = join(folder, name, "model.onnx");
  const model = readModel(path);
  const rows = await testRows(folder, name, path);
  const network = await openNetwork(model, { exits: null, confidenceOutputs: null, rows, seed: 0 });
  const staged = await loadStages(network, defaultSession);
  const lines: string[] = [];
  for (const measure of measures) {
    const confidence = network.exitShape.length > 1 ? `${measure}@mean` : measure;
    const computed = parseConfidenceName(confidence);
    const expected = await afterwards(network, rows, confidence);
    const first = Float32Array.from(expected(Number.NEGATIVE_INFINITY).confidence).sort();
    const middle = levels.map((level) => first[Math.floor(level * (first.length - 1))]);
    const judge = exitJudge(computed, "logits", network.exitShape, path);
    const request = {
      file: ruleOf(confidence, middle[1], network.exits.length),
      fileText: "",
      confidence: computed,
      opset: opsetOf(model.proto),
    };
    const baked: Baked = await bakeAndCheck(network, request, false, defaultSession);
    const agreement: Record<"staged" | "baked", Agreement> = {
      staged: { comparisons: 0, wrong: 0, near: 0, logits: 0 },
      baked: { comparisons: 0, wrong: 0, near: 0, logits: 0 },
    };
    for (const threshold of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, ...middle]) {
      const session = await openSession(modelBytes(path, withThreshold(baked.proto, threshold)), path);
      for (const batch of batchSizes) {
        compare(
          await stagedAnswers(staged, judge, rows, threshold, batch),
          expected(threshold),
          threshold,
          agreement.staged,
        );
        compare(
          await bakedAnswers(session, rows, batch, network.exitShape),
          expected(threshold),
          threshold,
          agreement.baked,
        );
      }
      await session.release();
    }
    for (const [way, { comparisons, wrong, near, logits }] of Object.entries(agreement)) {
      lines.push(
        `| ${name} | ${confidence} | ${way} | ${comparisons} | ${wrong} | ${near} | ${logits.toExponential(1)} |`,
      );
    }
  }
  await staged.release();
  return lines;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: npm run evidence:models -- <folder>\n");
  process.exitCode = 2;
} else {
  const head = [
    "| network | confidence | way | answers compared | other exit | other exit, within 5e-5 of λ | largest logit difference |",
    "|---|---|---|---|---|---|---|",
  ];
  process.stdout.write(`${head.join("\n")}\n`);
  for (const name of networks) {
    if (existsSync(join(folder, name, "model.onnx")))
      process.stdout.write(`${(await evidenceFor(folder, name)).join("\n")}\n`);
  }
}
