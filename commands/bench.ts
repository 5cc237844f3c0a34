import type { Command } from "commander";
import { EexitError } from "../src/errors.ts";
import { exitsAsCosts } from "../src/exits/efficiency.ts";
import { thresholdOf, thresholdText } from "../src/io/threshold-file.ts";
import { bakeAndCheck } from "../src/onnx/bake/bake-and-check.ts";
import { bakedThreshold, withThreshold } from "../src/onnx/bake/baked-model.ts";
import { declaredInputs } from "../src/onnx/graph/declared-inputs.ts";
import { modelBytes, opsetOf, readModel } from "../src/onnx/model.ts";
import type { Network } from "../src/onnx/network.ts";
import { stagesOfChain } from "../src/onnx/run/load-chain.ts";
import { type StageModels, stagesOf } from "../src/onnx/run/staged-network.ts";
import type { SessionOptions } from "../src/onnx/session.ts";
import { benchDocument } from "../src/report/bench-document.ts";
import { renderCsv } from "../src/report/csv.ts";
import { renderJson } from "../src/report/json.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { renderText } from "../src/report/text.ts";
import { measure } from "./bench-measure.ts";
import { offer } from "./completion/offer.ts";
import { chainOf } from "./is-model-path.ts";
import { keepInputs } from "./keep-inputs.ts";
import { addModelOptions, inputPaths, type ModelFlags, modelPath, probeRows, sessionOptions } from "./model-options.ts";
import { newCommand } from "./new-command.ts";
import { openWholeModel } from "./open-model.ts";
import { parseChoice, parseCount, parseList } from "./parse-values.ts";
import { planBench } from "./plan-processes.ts";
import { startProgress } from "./progress.ts";
import { addReportOption, plannedReports, withSources } from "./report-option.ts";
import type { Session } from "./session.ts";
import { cautionUnused, readRule, ruleConfidence } from "./threshold-rule.ts";

const details = `
Three ways on the same rows, one after the other in every run: the full network as it was exported,
the stages of eexit infer (rows wait until a batch is full), and the baked model. "promised" is the
full network's multiply-accumulates over the mean ones; "no exits" is the time when nothing leaves
early, relative to the full network. The full network of a chain is its last model alone. Close other
programs: only ratios of one run mean something.

With several threads, all ways run in as many processes at once, as eexit infer does on long inputs:
the time per sample is that of a stream which they share, and the full network's is the better of this
and of one process with the threads inside its operators. A second table has the latter for all ways:
what one session of any runtime does with that many threads.`;

interface Flags extends ModelFlags {
  threshold?: string;
  runs?: string;
  warmup?: string;
  rows?: string;
  format?: string;
  report?: string[];
}

const formats = { text: renderText, json: renderJson, csv: renderCsv, markdown: renderMarkdown } as const;

export function benchCommand(session: Session): Command {
  const command = newCommand("bench", "Measured time of the full network, the stages and the baked model.", {
    examples: [
      "eexit bench sample-data/digits/model.onnx -t threshold.json --input sample-data/digits/inputs_test.npy",
      "eexit bench stages/ -t threshold.json --input x.npy --batch 1,16,256 --runs 20 --format json",
    ],
    details,
  });
  command.argument("[model]", "a multi-exit ONNX model, a folder of stages, or a chain a.onnx,b.onnx,c.onnx");
  addModelOptions(command, {
    batch: "batch sizes (default 1,8,32,128)",
    processes: "processes that run at once, of --threads (default: as many as memory allows)",
  });
  command.optionsGroup("Measurement:");
  command.option("-t, --threshold <file>", "threshold file written by calibrate");
  command.option("--runs <n>", "counted runs, of which medians are taken (default 10)");
  command.option("--warmup <n>", "runs before those (default 2)");
  command.option("--rows <n>", "rows of --input to use (default 512, or all)");
  command.optionsGroup("Output:");
  command.option("--format <name>", "text, json, csv or markdown (default text)");
  offer(command, "--format", Object.keys(formats));
  addReportOption(command);
  command.action((model: string | undefined, flags: Flags) => run(modelPath(model, flags), flags, session));
  return command;
}

async function run(path: string, flags: Flags, session: Session): Promise<void> {
  const file = await readRule(flags.threshold, session);
  const format = parseChoice("--format", flags.format ?? "text", Object.keys(formats) as (keyof typeof formats)[]);
  const batchSizes = parseList("--batch", [flags.batch ?? "1,8,32,128"]).map((text) =>
    parseCount("--batch", text, { example: 32 }),
  );
  const runs = {
    counted: parseCount("--runs", flags.runs ?? "10", { example: 10 }),
    warmup: parseCount("--warmup", flags.warmup ?? "2", { least: 0, example: 2 }),
  };
  const rowLimit = parseCount("--rows", flags.rows ?? "512");
  const reports = plannedReports(flags.report);
  keepInputs([path, ...(chainOf(path) ?? []), flags.threshold as string, ...inputPaths(flags)], flags.report ?? []);
  const options = sessionOptions(flags, session);
  const chain = chainOf(path);
  const network = chain === null ? await openWholeModel(path, flags, session) : null;
  const wanted = declaredInputs(network?.model ?? readModel(chain![0]));
  const rows = await probeRows(flags, wanted, rowLimit, session);
  if (rows === null) {
    throw new EexitError(
      "bad-usage",
      "--input: missing, expected real rows: on random ones no exit share means anything",
      "use for example --input x.npy",
    );
  }
  const staged = network === null ? await stagesOfChain(chain!, rows) : stagesOf(network);
  const confidence = ruleConfidence(file, staged);
  cautionUnused(flags, file, confidence, session);
  const full = { name: path, bytes: modelBytes(path, (network?.model ?? readModel(chain!.at(-1)!)).proto) };
  const { baked, bakedNever, reason } = network
    ? await bakeBoth(network, file, confidence, { ...options, sharing: true })
    : { baked: null, bakedNever: null, reason: "a chain of separate models has no baked form" };
  const rule = { confidence, values: file.inputValues ?? "logits", threshold: thresholdOf(file) } as const;
  const plan = planBench(flags, options, staged, Math.max(...batchSizes));
  const progress = await startProgress("measuring", batchSizes.length * (runs.counted + runs.warmup), session);
  const job = { models: { full, staged, baked, bakedNever }, options, plan, rule, rows, batchSizes, runs };
  const timings = await measure(job, () => progress.tick()).finally(() => progress.stop());
  const facts = {
    model: path,
    threads: options.threads,
    processes: timings[0].inRows === null ? 1 : plan.processCount,
    runs: runs.counted,
    costs: costsOf(staged),
    timings,
    notBaked: reason,
  };
  const document = benchDocument(facts);
  session.answer(formats[format](document));
  await reports.write([withSources(document, [path, ...(flags.threshold ? [flags.threshold] : [])])], session);
}

async function bakeBoth(
  network: Network,
  file: Awaited<ReturnType<typeof readRule>>,
  confidence: ReturnType<typeof ruleConfidence>,
  options: SessionOptions,
) {
  try {
    const request = { file, fileText: thresholdText(file), confidence, opset: opsetOf(network.model.proto) };
    const { proto } = await bakeAndCheck(network, request, false, options);
    const model = (threshold: number) => ({
      name: "baked",
      bytes: modelBytes("baked", withThreshold(proto, threshold)),
    });
    return { baked: model(bakedThreshold(file)), bakedNever: model(Number.POSITIVE_INFINITY), reason: null };
  } catch (error) {
    if (!(error instanceof EexitError && error.code === "bake-unsupported")) throw error;
    return { baked: null, bakedNever: null, reason: error.message };
  }
}

/** Multiply-accumulates where every stage has some, else exits. */
function costsOf({ macs, fullMacs, exits }: StageModels) {
  const increasing = macs?.every((cost, l) => cost > (macs[l - 1] ?? 0)) ?? false;
  return macs !== null && increasing ? { costs: macs, unit: "MACs", full: fullMacs } : exitsAsCosts(exits.length);
}
