import { z } from "zod";
import type { ThresholdFile } from "../control/threshold-file.ts";
import { printable } from "./printable.ts";

/**
 * Threshold JSON, version 1, as a schema. This module is the one door to zod; it is loaded only by commands that read a
 * threshold file (53 ms). Unknown fields are ignored, so that later versions may add some.
 */
const share = z.number().min(0).max(1);
const count = z.int().min(0);

export const thresholdSchema: z.ZodType<ThresholdFile> = z.object({
  format: z.literal("eexit-threshold"),
  version: z.literal(1),
  policy: z.enum(["threshold", "never-exit", "first-exit"]),
  threshold: z.number().meta({
    description:
      "Always a number, so that a careless `confidence > threshold` fails safe: never-exit writes 1.7976931348623157e308, first-exit its negative. Compare float32 confidences after promotion to float64.",
  }),
  thresholds: z
    .array(z.number())
    .optional()
    .meta({ description: "One per early exit (exits − 1 values), equal today." }),
  rule: z.enum(["confidence > threshold", "threshold > score"]),
  exits: z.int().min(2).nullable(),
  confidence: z.string().nullable(),
  confidenceFormula: z.string().optional(),
  risk: z.string(),
  epsilon: z.number().positive(),
  delta: z.number().gt(0).lt(1).nullable(),
  method: z.enum(["naive", "crc", "ucb", "ltt"]),
  bound: z.enum(["cp", "hb", "wsr", "star"]).nullable(),
  crc: z.enum(["first-failure", "monotone", "last-pass"]).optional(),
  grid: z.string(),
  gridValues: z.array(z.number()).optional().meta({ description: "The thresholds of a grid that came from a file." }),
  guarantee: z.enum(["none", "heuristic", "expectation", "high-probability"]),
  statement: z.string(),
  lossRange: z.tuple([z.number(), z.number()]),
  binary: z.boolean().optional().meta({ description: "Declared 0/1 (a custom loss or a loss table)." }),
  clip: z.boolean(),
  source: z.literal("loss-table").optional(),
  reference: z.object({ row: count, lambda: z.number() }).optional(),
  lambdaDirection: z.enum(["down", "up"]).optional(),
  scores: z.boolean().optional(),
  calibration: z.object({
    samples: z.int().min(1),
    empiricalRisk: z.number(),
    riskUpperBound: z.number().nullable(),
    seed: count,
    shuffled: z.boolean(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    ignored: count.optional().meta({ description: "Rows left out because of their label." }),
    ignoredPixels: count.optional().meta({ description: "Dense outputs: pixels left out because of their label." }),
    emptyImages: count
      .optional()
      .meta({ description: "Dense outputs: images without any other pixel, whose losses against labels count as 0." }),
    rowSketch: z
      .array(z.string().regex(/^[0-9a-f]{16}$/))
      .max(64)
      .optional(),
    uniqueRows: count.optional().meta({ description: "Rows that occur once; the sketch samples these." }),
    rowDigest: z
      .string()
      .optional()
      .meta({ description: "Digest of the rows whatever their order: equal when only the order differs." }),
  }),
  efficiency: z
    .object({
      meanExit: z.number(),
      exitShare: z.array(share).nullable(),
      meanCost: z.number(),
      fullCost: z.number(),
      costUnit: z.string(),
      saving: z.number(),
      measuredOn: z
        .literal("table")
        .optional()
        .meta({ description: "The means are the loss table's own, not of these samples." }),
    })
    .nullable(),
  costs: z.array(z.number()).optional(),
  exitNames: z.array(z.string()).optional(),
  classes: z.int().min(2).optional(),
  inputValues: z.enum(["logits", "probs"]).optional(),
  ignoreLabel: z.array(z.int()).optional(),
  iou: z
    .enum(["present", "all-classes"])
    .optional()
    .meta({ description: "Classes that the mean IoU of miou-gap is over." }),
  model: z.object({ sha256: z.string() }).optional(),
  meta: z.record(z.string(), z.string()).optional(),
  cautions: z.array(z.object({ code: z.string(), message: z.string() })),
  tool: z.object({ name: z.string(), version: z.string() }),
});

/** The published JSON Schema (draft 2020-12). Extra fields stay allowed: readers ignore what they do not know. */
export function thresholdJsonSchema(): object {
  const schema = z.toJSONSchema(thresholdSchema, { io: "input" });
  return { $id: "eexit:threshold-1", title: "eexit threshold file, version 1", ...schema };
}

/** @returns the checked file, or the first problem as `path: found …, expected …` */
export function parseThresholdFile(value: unknown): { file: ThresholdFile } | { problem: string } {
  const result = thresholdSchema.safeParse(value);
  if (result.success) return { file: result.data };
  const [issue] = result.error.issues;
  return { problem: problemText(issue, value) };
}

/** `delta: found 7, expected number to be <1`, from the schema's "Too big: expected number to be <1". */
function problemText({ path, message }: z.core.$ZodIssue, value: unknown): string {
  const field = path.join(".") || "the file";
  const expected = message.replace(/^[^:]*: /, "").replace(/, received .*$/, "");
  const found = path.reduce((inner: unknown, key) => (inner as Record<PropertyKey, unknown> | null)?.[key], value);
  if (found === undefined) return `${field} is missing, ${expected}`;
  const text = JSON.stringify(found);
  return `${field}: found ${printable(text.length > 40 ? `${text.slice(0, 40)}…` : text)}, ${expected}`;
}
