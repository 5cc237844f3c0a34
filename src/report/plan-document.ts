import { methodLabel } from "../control/methods.ts";
import type { ResolvedMethod } from "../control/types.ts";
import type { ReportCaution, ReportCell, ReportColumn, ReportDocument } from "./document.ts";
import { formatCount, formatList, formatNumber } from "./format.ts";

/** One method under one risk and level; either `samples` were asked for and `epsilon` found, or the other way round. */
export interface PlannedRow {
  readonly risk: string;
  readonly method: ResolvedMethod;
  /** Null when no ε below the loss bound can be certified. */
  readonly epsilon: number | null;
  /** Null for methods without δ. */
  readonly delta: number | null;
  /** Samples with which zero losses are certified; null where ε was asked for. */
  readonly minimumSamples: number | null;
  /** Samples for the observed risk and power (null: never enough), or the given number. */
  readonly samples: number | null;
}

export interface PlanFacts {
  readonly rows: readonly PlannedRow[];
  readonly observedRisk: number | null;
  readonly power: number;
  /** Risks whose loss can be negative, which the model leaves out. */
  readonly signedRisks: readonly string[];
  /** The given n when the smallest ε was asked for. */
  readonly givenSamples: number | null;
}

/** Plan JSON, version 1, and its table. */
export function planDocument(facts: PlanFacts): ReportDocument {
  const { rows, observedRisk, power, givenSamples } = facts;
  return {
    title:
      givenSamples === null
        ? "eexit plan: samples that a calibration needs"
        : `eexit plan: smallest ε that ${formatCount(givenSamples, "sample")} can certify`,
    verdict: null,
    statements: statements(facts),
    facts: [],
    tables: [{ title: "", columns: columns(facts), rows: rows.map((row) => cells(row, facts)) }],
    checks: [],
    cautions: cautions(facts),
    json: {
      format: "eexit-plan",
      version: 1,
      observedRisk,
      power: observedRisk === null ? null : power,
      rows: rows.map(({ risk, method, epsilon, delta, minimumSamples, samples }) => ({
        risk,
        method: method.name,
        bound: method.bound,
        crc: method.crc,
        epsilon,
        delta,
        minimumSamples,
        samples,
      })),
    },
  };
}

function statements({ rows, observedRisk, power, givenSamples }: PlanFacts): string[] {
  const modelled = "Modelled: every loss is 0 or B, the largest loss.";
  if (observedRisk === null) {
    return givenSamples === null
      ? [
          "With fewer samples than the minimum the answer is always never-exit, even if no loss occurs. Real data need more: give " +
            "--observed-risk for the count at the risk that you expect.",
        ]
      : [
          "At zero losses, the best case. Give --observed-risk for the ε that is within reach at the risk that you expect.",
        ];
  }
  const certified = `a threshold whose true risk is ${formatNumber(observedRisk)} is certified with probability ${power}`;
  if (givenSamples !== null) return [`At this ε ${certified}. ${modelled}`];
  const dash = rows.some(({ samples }) => samples === null)
    ? " A dash: the risk is not below ε, or a million samples are too few."
    : "";
  return [`With the samples of the last column ${certified}. ${modelled}${dash}`];
}

function columns({ observedRisk, power, givenSamples }: PlanFacts): ReportColumn[] {
  const risked = observedRisk === null ? "" : ` at risk ${formatNumber(observedRisk)}, power ${power}`;
  const common: ReportColumn[] = [
    { key: "risk", label: "risk", align: "left" },
    { key: "method", label: "method", align: "left" },
  ];
  const level: ReportColumn[] = [
    { key: "epsilon", label: givenSamples === null ? "ε" : `smallest ε${risked}`, align: "right" },
    { key: "delta", label: "δ", align: "right" },
  ];
  if (givenSamples !== null) return [...common, { key: "samples", label: "samples", align: "right" }, ...level];
  return [
    ...common,
    ...level,
    { key: "minimumSamples", label: "minimum samples", align: "right" },
    ...(observedRisk === null
      ? []
      : ([{ key: "samples", label: `samples${risked}`, align: "right" }] satisfies ReportColumn[])),
  ];
}

function cells(row: PlannedRow, { observedRisk, givenSamples }: PlanFacts): ReportCell[] {
  const common = [row.risk, methodLabel(row.method)];
  const level = [row.epsilon, row.delta];
  if (givenSamples !== null) return [...common, row.samples, ...level];
  return [...common, ...level, row.minimumSamples, ...(observedRisk === null ? [] : [row.samples])];
}

function cautions({ rows, signedRisks, observedRisk }: PlanFacts): ReportCaution[] {
  const found: ReportCaution[] = [];
  if (observedRisk !== null && signedRisks.length > 0) {
    found.push({
      code: "gains-not-modelled",
      message:
        `${formatList(signedRisks)} can be negative: at the same mean, gains beside losses spread wider than modelled, ` +
        "so more samples are needed",
    });
  }
  if (rows.some(({ method }) => method.name === "crc")) {
    found.push({
      code: "expectation-only",
      message:
        "crc needs fewer samples because it promises less: the risk is at most ε on average over calibrations only",
    });
  }
  if (rows.some(({ method }) => method.name === "naive")) {
    found.push({ code: "no-guarantee", message: "naive promises nothing, whatever the number of samples" });
  }
  return found;
}
