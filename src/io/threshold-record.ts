import type { RowOrder } from "../control/problem.ts";
import type { ThresholdFile } from "../control/threshold-file.ts";
import type { CalibrationResult, Caution, Level } from "../control/types.ts";
import { confidenceFormula } from "../exits/confidence-name.ts";
import type { ExitCosts } from "../exits/efficiency.ts";
import type { LossKind, LossTable } from "../exits/types.ts";
import { tool } from "../version.ts";
import type { TableDigest } from "./digest.ts";
import type { InputFacts } from "./input-request.ts";
import { thresholdNumber } from "./threshold-file.ts";

/** Everything that a threshold file says, before it is put in its fixed order. */
export interface ThresholdFacts {
  readonly result: CalibrationResult;
  readonly level: Level;
  readonly kind: LossKind;
  readonly clip: boolean;
  readonly order: RowOrder;
  readonly sampleCount: number;
  readonly digest: TableDigest;
  readonly inputFacts: InputFacts;
  readonly ignoreLabels: readonly number[];
  /** Null for a loss table. */
  readonly exits: {
    readonly exitCount: number;
    readonly classCount: number | null;
    readonly confidence: string;
    /** Null when no cost was given: efficiency is in exits. */
    readonly costs: ExitCosts | null;
  } | null;
  readonly lossTable: LossTable | null;
  /** Thresholds of a grid that came from a file. */
  readonly gridValues: Float64Array | null;
  readonly meta: Readonly<Record<string, string>>;
}

/** Threshold JSON, version 1: the key order is part of the contract, so that equal results are equal bytes. */
export function thresholdRecord(facts: ThresholdFacts): ThresholdFile {
  const { result, level, kind, exits, lossTable } = facts;
  const { method } = result;
  const ignoreLabels = facts.ignoreLabels.length > 0 ? facts.ignoreLabels : (facts.inputFacts.ignoreLabels ?? []);
  const rule = lossTable?.direction === "up" ? "threshold > score" : "confidence > threshold";
  const threshold = thresholdNumber(result.policy, result.threshold, rule);
  return {
    format: "eexit-threshold",
    version: 1,
    policy: result.policy,
    threshold,
    ...(exits && { thresholds: Array.from({ length: exits.exitCount - 1 }, () => threshold) }),
    rule,
    exits: exits?.exitCount ?? null,
    confidence: exits?.confidence ?? null,
    ...formulaField(exits?.confidence),
    risk: kind.name,
    epsilon: level.epsilon,
    delta: method.bound === null ? null : level.delta,
    method: method.name,
    bound: method.bound,
    ...(method.crc && { crc: method.crc }),
    grid: result.gridText,
    ...(facts.gridValues && { gridValues: Array.from(facts.gridValues) }),
    guarantee: result.guarantee,
    statement: result.statement,
    lossRange: [kind.lower, kind.upper],
    ...(kind.binary && { binary: true }),
    clip: facts.clip,
    ...(lossTable && tableFields(lossTable)),
    calibration: calibrationFields(facts),
    efficiency: result.efficiency && { ...result.efficiency, exitShare: shares(result.efficiency.exitShare) },
    ...(exits?.costs && { costs: [...exits.costs.costs] }),
    ...(facts.inputFacts.exitNames && { exitNames: [...facts.inputFacts.exitNames] }),
    ...(exits?.classCount && { classes: exits.classCount }),
    ...(facts.inputFacts.inputValues && { inputValues: facts.inputFacts.inputValues }),
    ...(ignoreLabels.length > 0 && { ignoreLabel: [...ignoreLabels] }),
    ...(facts.inputFacts.dense && kind.name === "miou-gap" && { iou: facts.inputFacts.dense.iou }),
    ...(Object.keys(facts.meta).length > 0 && { meta: facts.meta }),
    cautions: [...result.cautions, ...emptyImages(facts)].map(({ code, message }) => ({ code, message })),
    tool: { ...tool },
  };
}

function calibrationFields({
  result,
  order,
  sampleCount,
  digest,
  inputFacts,
}: ThresholdFacts): ThresholdFile["calibration"] {
  const { dense } = inputFacts;
  return {
    samples: sampleCount,
    empiricalRisk: result.empiricalRisk,
    riskUpperBound: result.riskUpperBound,
    seed: order.seed,
    shuffled: order.shuffle,
    sha256: digest.sha256,
    ...(inputFacts.ignoredCount > 0 && { ignored: inputFacts.ignoredCount }),
    ...(dense && dense.ignoredPixels > 0 && { ignoredPixels: dense.ignoredPixels }),
    ...(dense && dense.emptyImages > 0 && { emptyImages: dense.emptyImages }),
    rowSketch: digest.rowSketch,
    uniqueRows: digest.uniqueRows,
    rowDigest: digest.multiset,
  };
}

/** Losses against labels that no network earned make the risk look smaller than it is on labelled images. */
function emptyImages({ inputFacts: { dense }, kind, sampleCount }: ThresholdFacts): Caution[] {
  if (!dense || dense.emptyImages === 0 || (kind.name !== "miou-gap" && kind.name !== "brier-gap")) return [];
  const message = `${dense.emptyImages} of ${sampleCount} images have no pixel with a label; their loss counts as 0 at every exit, so the promise is about such images too`;
  return [{ code: "empty-images", message }];
}

function formulaField(confidence: string | undefined): { confidenceFormula?: string } {
  const formula = confidence === undefined ? null : confidenceFormula(confidence);
  return formula === null ? {} : { confidenceFormula: formula };
}

function tableFields(table: LossTable): Pick<ThresholdFile, "source" | "reference" | "lambdaDirection" | "scores"> {
  return {
    source: "loss-table",
    reference: { row: table.referenceRow, lambda: table.lambdas[table.referenceRow] },
    lambdaDirection: table.direction,
    scores: table.scores,
  };
}

function shares(exitShare: readonly number[] | null): number[] | null {
  return exitShare && [...exitShare];
}
