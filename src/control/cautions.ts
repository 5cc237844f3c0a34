import type { Decision } from "./decide.ts";
import { isBetting } from "./methods.ts";
import { minimumSamples } from "./minimum-samples.ts";
import type { Problem } from "./problem.ts";
import type { CalibrationRequest, Caution, Guarantee } from "./types.ts";

/** What is known of a calibration beyond its decision. */
export interface CautionFacts {
  readonly guarantee: Guarantee;
  /** Share in [0, 1] of samples whose loss is not monotone in λ. */
  readonly nonMonotoneShare: number;
  /** Mean loss of a loss table's reference row; null where it is 0 by definition. */
  readonly referenceRisk: number | null;
}

/** Every strained assumption of a calibration, with advice, in a fixed order. */
export function cautionsOf(
  decision: Decision,
  problem: Problem,
  request: CalibrationRequest,
  { guarantee, nonMonotoneShare, referenceRisk }: CautionFacts,
): readonly Caution[] {
  return [
    nothingCertified(decision, problem, request),
    everythingPasses(decision, guarantee),
    notMonotone(decision, guarantee, nonMonotoneShare),
    averageOnly(decision, guarantee),
    noGuarantee(guarantee),
    clippedByBound(decision, problem),
    fileOrder(decision, problem),
    referenceNotZero(referenceRisk),
    aboveReference(decision, problem),
  ].filter((caution) => caution !== null);
}

function nothingCertified(
  { policy, method }: Decision,
  problem: Problem,
  { level }: CalibrationRequest,
): Caution | null {
  if (policy !== "never-exit") return null;
  const n = problem.sampleCount;
  const needed = minimumSamples(method, level, problem.kind);
  if (method.name === "crc" && n < needed) {
    const least = Number((problem.kind.upper / (n + 1)).toPrecision(3));
    return {
      code: "too-few-samples",
      message: `ε = ${level.epsilon} is below B/(n+1) = ${least}: crc cannot choose any threshold; at least ${countWords(needed)} samples are needed`,
    };
  }
  if (n < needed) {
    return {
      code: "too-few-samples",
      message: `${n} samples cannot certify ε = ${level.epsilon} even with zero losses: ${method.bound} needs at least ${countWords(needed)} (see eexit plan)`,
    };
  }
  return {
    code: "nothing-certified",
    message: `not even the safest threshold passes at ε = ${level.epsilon}: collect more samples, allow a larger ε, or use another confidence (see eexit inspect)`,
  };
}

function countWords(count: number): string {
  return Number.isFinite(count) ? String(count) : "16 million";
}

function everythingPasses({ policy, method }: Decision, guarantee: Guarantee): Caution | null {
  if (policy !== "first-exit") return null;
  if (guarantee === "none" || method.crc === "last-pass") {
    return {
      code: "lowest-passes",
      message: `the lowest threshold passes, whatever those above it do; ${method.crc ?? method.name} looks for the last that passes and certifies none`,
    };
  }
  return {
    code: "everything-certified",
    message:
      "every threshold passes, so all samples may leave at the first exit: ε is loose for this network, or the exits are equally good",
  };
}

function notMonotone({ method }: Decision, guarantee: Guarantee, share: number): Caution | null {
  if (method.name !== "crc" || method.crc === "monotone" || share === 0) return null;
  const remedy =
    guarantee === "heuristic"
      ? "use --crc monotone for a promise on average, or --method ucb"
      : "covered here: one early exit, all thresholds swept";
  return {
    code: "not-monotone",
    message: `losses are not monotone in the threshold for ${Number((100 * share).toPrecision(2))} % of the samples; ${remedy}`,
  };
}

function averageOnly({ policy }: Decision, guarantee: Guarantee): Caution | null {
  if (policy === "never-exit" || (guarantee !== "expectation" && guarantee !== "heuristic")) return null;
  const subject =
    guarantee === "expectation" ? "a promise on average leaves" : "a method that aims at the average leaves";
  return {
    code: "expectation-only",
    message: `${subject} often 10 to 47 % of single calibrations above ε (simulations); use --method ucb for high probability`,
  };
}

function noGuarantee(guarantee: Guarantee): Caution | null {
  if (guarantee !== "none") return null;
  return { code: "no-guarantee", message: "naive exceeds ε in about half of all calibrations; use --method ucb" };
}

function clippedByBound({ method }: Decision, { kind }: Problem): Caution | null {
  if (method.bound !== "hb" || kind.lower >= 0) return null;
  return {
    code: "clipped-by-bound",
    message: `hb tests max(0, ${kind.name}), so samples that early exits improve do not pay for others; --bound star uses them and exits earlier`,
  };
}

/** Betting bounds read the rows in order: files are often sorted by class, and then early rows say little about later ones. */
function fileOrder({ method }: Decision, { shuffled }: Problem): Caution | null {
  if (shuffled || !isBetting(method)) return null;
  return {
    code: "file-order",
    message: `${method.bound} reads the rows in file order: the promise needs an order that says nothing about the losses (not sorted by class or time)`,
  };
}

function referenceNotZero(risk: number | null): Caution | null {
  if (risk === null) return null;
  return {
    code: "reference-not-zero",
    message: `the reference row itself has a mean loss of ${Number(risk.toPrecision(3))}: the losses are taken as they are, not relative to that row`,
  };
}

function aboveReference({ piece }: Decision, { table }: Problem): Caution | null {
  if (!table || piece < 0 || piece >= table.referenceRow) return null;
  return {
    code: "above-reference",
    message: `the certified row ${piece} is safer than the reference row ${table.referenceRow}; deploying the reference row itself has risk 0 by definition and may be cheaper`,
  };
}
