import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import { type ComputedConfidence, parseConfidenceName } from "../src/exits/confidence-name.ts";
import { readThresholdFile } from "../src/io/threshold-file.ts";
import type { ModelFlags } from "./model-options.ts";
import type { Session } from "./session.ts";

/** `-t`: the rule to deploy. */
export async function readRule(path: string | undefined, session: Session): Promise<ThresholdFile> {
  if (path === undefined) {
    throw new EexitError(
      "bad-usage",
      "-t, --threshold: missing, expected a threshold file",
      "write one with eexit calibrate … -o threshold.json",
    );
  }
  const file = await readThresholdFile(path, session.readStdin);
  if (file.exits !== null && file.confidence !== null) return file;
  throw new EexitError(
    "threshold-invalid",
    `${path}: made from a loss table, which knows no confidences, expected a threshold for exits`,
    "deploy it in the program that made the table: eexit explain shows the rule",
  );
}

/** Says that outputs were named as confidences which the rule does not compare. */
export function cautionUnused(
  { confidenceOutput }: ModelFlags,
  file: ThresholdFile,
  computed: ComputedConfidence | null,
  session: Session,
): void {
  if (confidenceOutput === undefined || computed === null) return;
  session.caution(
    `--confidence-output ${confidenceOutput.join(",")} is not used: the rule was calibrated on ${file.confidence}, which is computed from the logits`,
  );
}

/** The confidence that the rule compares, as far as it is computed from logits; null where the model has to supply it. */
export function ruleConfidence(
  file: ThresholdFile,
  network: {
    readonly name: string;
    readonly exitShape: readonly number[];
    readonly stages: readonly { readonly confidence: string | null }[];
  },
): ComputedConfidence | null {
  const { exitShape, stages, name } = network;
  if (file.exits !== stages.length) {
    throw new EexitError(
      "threshold-invalid",
      `${name}: ${stages.length} exits, expected ${file.exits} as in the threshold file`,
      "use the model that was calibrated, or name its exits with --exits",
    );
  }
  if (file.classes !== undefined && file.classes !== exitShape[0]) {
    throw new EexitError(
      "threshold-invalid",
      `${name}: ${exitShape[0]} classes, expected ${file.classes} as in the threshold file`,
      "use the model that was calibrated",
    );
  }
  const confidence = file.confidence as string;
  const supplied = stages.slice(0, -1).every((stage) => stage.confidence !== null);
  const computed = parseConfidenceName(confidence);
  // A rule for top1 was calibrated on top1, whatever the model (or its folder of stages) offers besides.
  if (supplied && computed === null) return null;
  const dense = exitShape.length > 1;
  if (computed === null) {
    throw new EexitError(
      "confidence-unknown",
      `confidence ${confidence}: not computed from logits, expected outputs of the model that hold it`,
      "name them, one per early exit: --confidence-output a,b",
    );
  }
  if (dense !== (computed.aggregation !== null)) {
    throw new EexitError(
      "confidence-unknown",
      `confidence ${confidence}: the exits of ${name} have the shape [N, ${exitShape.join(", ")}], expected ${dense ? "a confidence per image such as top1@mean" : "one without @"}`,
      "calibrate on this model's own logits",
    );
  }
  return computed;
}
