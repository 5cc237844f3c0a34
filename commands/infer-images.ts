import { setImmediate } from "node:timers/promises";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import type { ImageConfidence } from "../src/exits/confidence-name.ts";
import type { ClassMapFile } from "../src/io/class-map-file.ts";
import type { DenseView } from "../src/io/dense-view.ts";
import { pixelScorer } from "../src/io/pixel-kernel-file.ts";
import type { Inputs } from "../src/io/read-inputs.ts";
import { imagesPerChunk } from "../src/io/score-images.ts";
import { thresholdOf } from "../src/io/threshold-file.ts";
import { defectError } from "../src/kernels/row-defect.ts";
import { type RowJudge, rowJudge } from "../src/kernels/row-judge.ts";
import type { AnswerSink } from "./answer-sink.ts";
import type { Progress } from "./progress.ts";

/**
 * Applies the rule to dense logits, image by image: exits are read in order up to the one that is taken, no further.
 *
 * @returns images per exit, `[L]`
 */
export async function inferImages(
  opened: Pick<Extract<Inputs, { kind: "exits" }>, "names" | "views">,
  wanted: ImageConfidence,
  file: ThresholdFile,
  sink: AnswerSink,
  maps: ClassMapFile | null,
  progress: Progress,
): Promise<Float64Array> {
  const exitCounts = new Float64Array(file.exits as number);
  const kind = file.inputValues ?? "logits";
  let judge: RowJudge | null = null;
  let judged = "";
  let first = 0;
  for await (const view of opened.views!()) {
    assertSameNetwork(view, file);
    const { classCount, height, width } = view;
    const key = [classCount, height, width].join();
    if (judge === null || key !== judged) judge = rowJudge(wanted, kind, [classCount, height, width], pixelScorer);
    judged = key;
    for (let image = 0; image < view.sampleCount; image++, first++) {
      await view.prepare(image);
      const exitIndex = takenExit(view, image, judge, thresholdOf(file));
      exitCounts[exitIndex]++;
      maps?.put(first, judge.classMap as Int32Array, height, width);
      const [exits, confidences] = [Int32Array.of(exitIndex + 1), Float32Array.of(judge.confidence)];
      await sink.append({ first, predictions: Int32Array.of(-1), exits, confidences });
      if (image % (opened.names.length > 1 ? view.sampleCount : imagesPerChunk(view)) === 0) progress.tick();
      // Lets signals and pending output through.
      await setImmediate();
    }
  }
  return exitCounts;
}

/** The first exit whose confidence is above the threshold, else the last; the judge then holds its answer. */
function takenExit(view: DenseView, image: number, judge: RowJudge, threshold: number): number {
  const last = view.exitCount - 1;
  for (let exitIndex = 0; ; exitIndex++) {
    const problem = judge.read(view.exitOf(image, exitIndex), 0);
    if (problem === "patch-too-large") {
      throw new EexitError(
        "confidence-unknown",
        `${view.name}: the patch is larger than its images of ${view.height} × ${view.width} pixels`,
        "use a threshold made for a smaller patch",
      );
    }
    if (problem !== null) throw defectError({ row: 0, exitIndex, problem }, view.name, image, `image ${image}`);
    if (exitIndex === last || judge.confidence > threshold) return exitIndex;
  }
}

function assertSameNetwork({ name, exitCount, classCount }: DenseView, file: ThresholdFile): void {
  const hint = "use logits of the network that was calibrated";
  if (exitCount !== file.exits) {
    const found = `${name}: ${exitCount} exits, expected ${file.exits} as in the threshold file`;
    throw new EexitError("threshold-invalid", found, hint);
  }
  if (file.classes !== undefined && classCount !== file.classes) {
    const found = `${name}: ${classCount} classes, expected ${file.classes} as in the threshold file`;
    throw new EexitError("threshold-invalid", found, hint);
  }
}
