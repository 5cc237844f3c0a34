import { EexitError } from "../src/errors.ts";
import type { ExitTable } from "../src/exits/types.ts";
import { expandInputs } from "../src/io/expand-inputs.ts";
import type { InputFacts, InputRequest } from "../src/io/input-request.ts";
import { labelFeed } from "../src/io/label-feed.ts";
import type { LogitView } from "../src/io/logit-view.ts";
import type { Inputs } from "../src/io/read-inputs.ts";
import { scorePart } from "../src/io/score-part.ts";
import type { ModelFlags } from "./model-options.ts";
import type { Session } from "./session.ts";
import { type ExitLogits, openWhole, sideBySide } from "./whole-model.ts";

/** The rows of a model as inputs of `score`: its logits are scored batch by batch and never kept. */
export async function openModelInputs(
  path: string,
  flags: ModelFlags,
  request: InputRequest,
  session: Session,
): Promise<Extract<Inputs, { kind: "exits" }>> {
  const model = await openWhole(path, flags, session);
  const facts: InputFacts = {
    inputValues: null,
    ignoredCount: 0,
    exitNames: [...model.exitNames],
    costs: null,
    notes: [],
  };
  return {
    kind: "exits",
    facts,
    names: [path],
    stepCount: model.batchCount,
    async *chunks(onStep = () => {}): AsyncGenerator<ExitTable> {
      const labels = await labelFeed(await expandInputs(request.labels), 1, request.labelColumn, request.readStdin);
      try {
        for await (const batch of model.logits()) {
          const part = {
            view: viewOf(batch, path, model.exitNames),
            origin: null,
            labels: (count: number) => labels.next(count, 0),
            columns: [],
          };
          yield* scorePart(part, request, facts);
          onStep();
        }
        labels.finish();
      } finally {
        await model.close();
      }
    },
  };
}

function viewOf(batch: ExitLogits, path: string, exitNames: readonly string[]): LogitView {
  const [classCount, ...pixels] = batch.shape;
  if (pixels.length > 0) {
    throw new EexitError(
      "not-supported-yet",
      `${path}: dense logits [C, ${pixels.join(", ")}] come with a later release, expected [N, C] per exit`,
      "write them with eexit extract",
    );
  }
  const rows = sideBySide(batch);
  const width = batch.exits.length * classCount;
  return {
    name: path,
    sampleCount: batch.rowCount,
    exitCount: batch.exits.length,
    classCount,
    exitNames,
    values: null,
    type: rows instanceof Float32Array ? Float32Array : Float64Array,
    readRows: (start, count) => rows.subarray(start * width, (start + count) * width),
    prepare: () => Promise.resolve(),
    shareable: false,
  };
}
