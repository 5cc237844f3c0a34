import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import { type ComputedConfidence, type ImageConfidence, parseConfidenceName } from "../src/exits/confidence-name.ts";
import { exitsTaken } from "../src/exits/exit-rule.ts";
import type { ExitTable } from "../src/exits/types.ts";
import type { ClassMapFile } from "../src/io/class-map-file.ts";
import { type Inputs, openInputs } from "../src/io/read-inputs.ts";
import { thresholdOf } from "../src/io/threshold-file.ts";
import type { AnswerSink } from "./answer-sink.ts";
import { inferImages } from "./infer-images.ts";
import type { Inferred } from "./inferred.ts";
import { type InputFlags, inputRequest } from "./input-options.ts";
import { type Progress, startProgress } from "./progress.ts";
import type { Session } from "./session.ts";

/** Applies the rule to logits or an exit table: what the model would have answered had it left early. */
export async function inferLogits(
  inputs: readonly string[],
  file: ThresholdFile,
  flags: InputFlags,
  sink: AnswerSink,
  maps: ClassMapFile | null,
  session: Session,
): Promise<Inferred> {
  const confidence = file.confidence as string;
  const values = flags.values ?? file.inputValues;
  const request = inputRequest(
    inputs,
    { ...flags, ...(values && { values }) },
    { confidences: [confidence], risks: "default" },
    session,
  );
  const opened = await openInputs(request);
  if (opened.kind !== "exits") {
    throw new EexitError(
      "array-missing",
      `${opened.names[0]}: a loss table, expected logits or an exit table`,
      "see eexit help formats",
    );
  }
  // What the values are is said by --values, else by the threshold file.
  const said = request.values === "auto" ? file : { ...file, inputValues: request.values };
  const progress = await startProgress("inferring", opened.stepCount, session);
  const computed = parseConfidenceName(confidence);
  try {
    const exitCounts =
      opened.views && computed !== null
        ? await inferImages(opened, imageRule(computed, file, opened.names[0]), said, sink, maps, progress)
        : await inferTables(opened, file, sink, maps, progress);
    for (const note of opened.facts.notes) session.say(`note: ${note}`);
    return { exitCounts, costs: null, speedup: null, cautions: [] };
  } finally {
    progress.stop();
  }
}

/** One prediction per sample, or confidences that came with the data. */
async function inferTables(
  opened: Extract<Inputs, { kind: "exits" }>,
  file: ThresholdFile,
  sink: AnswerSink,
  maps: ClassMapFile | null,
  progress: Progress,
): Promise<Float64Array> {
  if (maps !== null) throw noClassMaps(opened.names[0]);
  const exitCounts = new Float64Array(file.exits as number);
  let first = 0;
  for await (const table of opened.chunks(() => progress.tick())) {
    const answers = answered(table, file, opened.names[0]);
    for (const exit of answers.exits) exitCounts[exit - 1]++;
    await sink.append({ first, ...answers });
    first += table.sampleCount;
  }
  return exitCounts;
}

/** @throws confidence-unknown for a threshold of one prediction per sample */
function imageRule({ measure, aggregation }: ComputedConfidence, file: ThresholdFile, name: string): ImageConfidence {
  if (aggregation !== null) return { measure, aggregation };
  throw new EexitError(
    "confidence-unknown",
    `confidence ${file.confidence}: ${name} holds dense logits, expected a confidence per image such as ${measure}@mean`,
    "calibrate on dense logits of this network",
  );
}

/** @returns the error for `--predictions` where no dense logits are read */
export function noClassMaps(name: string): EexitError {
  return new EexitError(
    "bad-usage",
    `--predictions: ${name} gives no class per pixel, expected dense logits [N, L, C, H, W] or a model that computes them`,
    "the answers themselves hold the predictions; -o writes them",
  );
}

function answered(table: ExitTable, file: ThresholdFile, name: string) {
  const { sampleCount, exitCount, predictions } = table;
  if (exitCount !== file.exits) {
    throw new EexitError(
      "threshold-invalid",
      `${name}: ${exitCount} exits, expected ${file.exits} as in the threshold file`,
      "use logits of the network that was calibrated",
    );
  }
  const all = table.confidences.get(file.confidence as string);
  if (all === undefined) {
    throw new EexitError(
      "confidence-unknown",
      `${name}: holds no confidence ${file.confidence}, expected logits or a table with the threshold file's confidence`,
      `make the table with eexit score … --confidence ${file.confidence}`,
    );
  }
  const taken = exitsTaken(all, sampleCount, exitCount, thresholdOf(file));
  const cell = (row: number) => row * exitCount + taken[row];
  return {
    exits: Int32Array.from(taken, (exitIndex) => exitIndex + 1),
    predictions: Int32Array.from(taken, (_, row) => predictions?.[cell(row)] ?? -1),
    confidences: Float32Array.from(taken, (_, row) => all[cell(row)]),
  };
}
