import { z } from "zod";
import { printable } from "./printable.ts";

/**
 * The JSON answers that `eexit report` reads back, version 1 each. Unknown fields are ignored. Like the threshold schema,
 * this module loads zod and is itself loaded only when an answer is read.
 */
const spread = z.object({ mean: z.number(), std: z.number().nullable() });
const share = z.number().min(0).max(1);
const measured = z.union([z.number(), spread]).nullable();
const policies = z.enum(["threshold", "never-exit", "first-exit"]);
const verdict = z.enum(["holds", "broken", "inconclusive"]);
const caution = z.object({ code: z.string(), message: z.string() });

const sweepRow = z.object({
  risk: z.string(),
  confidence: z.string().nullable(),
  method: z.enum(["naive", "crc", "ucb", "ltt"]),
  bound: z.enum(["cp", "hb", "wsr", "star"]).nullable(),
  crc: z.enum(["first-failure", "monotone", "last-pass"]).nullable(),
  grid: z.string(),
  epsilon: z.number().positive(),
  delta: z.number().nullable(),
  threshold: measured,
  policy: z.union([policies, z.object({ threshold: share, "never-exit": share, "first-exit": share })]),
  empiricalRisk: z.number(),
  testRisk: measured,
  trueRisk: measured.optional(),
  meanExit: measured,
  meanCost: measured,
  saving: measured,
  violationShare: share.nullable(),
  violationInterval: z.tuple([share, share]).nullable().optional(),
});

const sweep = z
  .object({
    format: z.literal("eexit-sweep"),
    version: z.literal(1),
    samples: z.int().min(1),
    exits: z.int().min(2).nullable(),
    trials: z.int().min(1).nullable(),
    calibrationSize: z.int().min(1).nullable(),
    seed: z.int().min(0),
    audit: z.boolean().optional(),
    costUnit: z.string().optional(),
    table: z.object({ reference: z.string(), relative: z.boolean(), ownMeans: z.boolean() }).optional(),
    rows: z.array(sweepRow).min(1),
  })
  .refine(({ trials, rows }) => rows.every(({ policy }) => (typeof policy === "string") === (trials === null)), {
    path: ["rows"],
    message: "expected single values without trials and spreads with them",
  });

const check = z.object({
  format: z.literal("eexit-check"),
  version: z.literal(1),
  verdict,
  risk: z.string(),
  epsilon: z.number().positive(),
  delta: z.number(),
  alpha: z.number(),
  samples: z.int().min(1),
  observedRisk: z.number(),
  pHolds: z.number(),
  pBroken: z.number(),
  samplesNeeded: z.number().nullable(),
  meanExit: z.number().nullable(),
  saving: z.number().nullable(),
  gates: z.array(z.object({ name: z.string(), limit: z.number(), found: z.number(), passed: z.boolean() })),
  baseline: z
    .object({
      verdict,
      compare: z.enum(["relative", "absolute"]),
      margin: z.number(),
      observedDifference: z.number(),
    })
    .nullable(),
  cautions: z.array(caution),
});

const benchSpeeds = z.object({
  fullMs: z.number().positive(),
  stagedMs: z.number().positive(),
  bakedMs: z.number().positive().nullable(),
  stagedSpeedup: z.number().positive(),
  bakedSpeedup: z.number().positive().nullable(),
  stagedReached: z.number(),
  bakedReached: z.number().nullable(),
  stagedNever: z.number(),
  bakedNever: z.number().nullable(),
});

const benchRow = benchSpeeds.extend({
  batch: z.int().min(1),
  samples: z.int().min(1),
  exitShare: z.array(share).min(2),
  promisedSaving: z.number(),
  promisedSpeedup: z.number().positive(),
  inOperators: benchSpeeds.nullable().default(null),
});

const bench = z.object({
  format: z.literal("eexit-bench"),
  version: z.literal(1),
  model: z.string(),
  threads: z.int(),
  processes: z.int().min(1).default(1),
  runs: z.int(),
  costUnit: z.string(),
  rows: z.array(benchRow).min(1),
});

const byName = z.record(z.string(), z.number());
const label = z.object({ label: z.int(), share });

const inspect = z.object({
  format: z.literal("eexit-inspect"),
  version: z.literal(1),
  kind: z.literal("exits"),
  files: z.array(
    z.object({
      name: z.string(),
      format: z.string(),
      partCount: z.int(),
      arrays: z.array(z.object({ name: z.string(), type: z.string(), shape: z.array(z.number()) })),
    }),
  ),
  samples: z.int().min(1),
  ignored: z.int().min(0),
  ignoredPixels: z.int().min(0).nullable().default(null),
  exits: z.int().min(2),
  exitNames: z.array(z.string()).nullable(),
  classes: z.int().nullable(),
  values: z.enum(["logits", "probs"]).nullable(),
  labels: z.object({ count: z.int(), rarest: label, commonest: label }).nullable(),
  risk: z.string().nullable(),
  overthinking: z.object({ share, shareOfErrors: share.nullable() }).nullable(),
  monotone: z.object({
    accuracyDrops: z.array(z.int()).nullable(),
    brierRises: z.array(z.int()).nullable(),
    meanIouDrops: z.array(z.int()).nullable().default(null),
  }),
  perExit: z
    .array(
      z.object({
        exit: z.int().min(1),
        accuracy: share.nullable(),
        agreement: share.nullable(),
        brier: z.number().nullable(),
        meanIou: share.optional(),
        meanConfidence: z.record(z.string(), z.number().nullable()),
        rightHereWrongAtLast: share.nullable(),
        meanLoss: byName,
      }),
    )
    .min(2),
  confidences: z.array(
    z.object({
      name: z.string(),
      lowest: z.number(),
      highest: z.number(),
      saturatedShare: share,
      nonMonotoneShare: share.nullable(),
    }),
  ),
});

const schemas = { "eexit-sweep": sweep, "eexit-check": check, "eexit-bench": bench, "eexit-inspect": inspect } as const;

export type SavedAnswer =
  | z.infer<typeof sweep>
  | z.infer<typeof check>
  | z.infer<typeof bench>
  | z.infer<typeof inspect>;

export const answerFormats: readonly string[] = Object.keys(schemas);

/** @returns the checked answer, or what is wrong with it first */
export function parseAnswer(value: { readonly format: string }): { answer: SavedAnswer } | { problem: string } {
  const result = schemas[value.format as keyof typeof schemas].safeParse(value);
  if (result.success) return { answer: result.data };
  const { path, message } = result.error.issues[0] as z.core.$ZodIssue;
  const found = path.reduce((inner: unknown, key) => (inner as Record<PropertyKey, unknown> | null)?.[key], value);
  const field = path.join(".") || "the answer";
  const expected = message.replace(/^[^:]*: /, "").replace(/, received .*$/, "");
  if (found === undefined) return { problem: `${field} is missing, ${expected}` };
  const text = JSON.stringify(found);
  return { problem: `${field}: found ${printable(text.length > 40 ? `${text.slice(0, 40)}…` : text)}, ${expected}` };
}
