import type { ExitTable } from "../src/exits/types.ts";
import { noteLeftOut } from "../src/io/dense-inputs.ts";
import { denseOfExits } from "../src/io/dense-view.ts";
import { expandInputs } from "../src/io/expand-inputs.ts";
import type { InputFacts, InputRequest } from "../src/io/input-request.ts";
import { type LabelFeed, labelFeed } from "../src/io/label-feed.ts";
import type { LogitView } from "../src/io/logit-view.ts";
import { memoryTensor } from "../src/io/memory-tensor.ts";
import { pixelLabelFeed } from "../src/io/pixel-labels.ts";
import type { Inputs } from "../src/io/read-inputs.ts";
import { ImagesScorer } from "../src/io/score-images.ts";
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
      const files = await expandInputs(request.labels);
      const scoreImages = imageScoring(path, files, model.exitNames, request, facts);
      let labels: LabelFeed | null = null;
      try {
        for await (const batch of model.logits()) {
          if (batch.shape.length > 1) {
            yield* scoreImages.tables(batch);
            onStep();
            continue;
          }
          labels ??= await labelFeed(files, 1, request.labelColumn, request.readStdin);
          const part = {
            view: viewOf(batch, path, model.exitNames),
            origin: null,
            labels: (count: number) => labels!.next(count, 0),
            columns: [],
          };
          yield* scorePart(part, request, facts);
          onStep();
        }
        labels?.finish();
        scoreImages.finish();
      } finally {
        await model.close();
      }
    },
  };
}

function viewOf(batch: ExitLogits, path: string, exitNames: readonly string[]): LogitView {
  const [classCount] = batch.shape;
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
    prepare: null,
    shareable: false,
  };
}

/** The same for dense outputs: images are scored batch by batch, label maps read as their images come. */
function imageScoring(
  path: string,
  labelFiles: readonly string[],
  exitNames: readonly string[],
  request: InputRequest,
  facts: InputFacts,
) {
  const labels = pixelLabelFeed(labelFiles, 1, request);
  let scorer: ImagesScorer | null = null;
  let before = 0;
  return {
    async *tables({ rowCount, exits, shape }: ExitLogits): AsyncGenerator<ExitTable> {
      scorer ??= new ImagesScorer(request, facts);
      const arrays = exits.map((values) => memoryTensor(path, [rowCount, ...shape], values));
      const view = denseOfExits(arrays, exitNames, { layout: null });
      yield* scorer.tables(view, labels && ((room) => labels.next(view, 0, room)), [], before);
      before += rowCount;
    },
    finish() {
      labels?.finish();
      noteLeftOut(facts);
    },
  };
}
