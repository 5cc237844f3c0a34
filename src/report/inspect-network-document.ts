import { confidenceFormula } from "../exits/confidence-name.ts";
import type { ConfidenceSummary, ExitSummary, NetworkSummary } from "../exits/network-summary.ts";
import type { ReportCaution, ReportColumn, ReportDocument, ReportFact, ReportTable } from "./document.ts";
import { formatCount, formatList, formatPercent } from "./format.ts";
import { filesText } from "./inspect-arrays-document.ts";
import type { InspectedFile } from "./inspected-file.ts";
import { exitPanel } from "./panels/exit-panel.ts";

export interface NetworkFacts {
  readonly files: readonly InspectedFile[];
  readonly samples: number;
  /** Rows left out by their label. */
  readonly ignored: number;
  /** Dense outputs, whose samples are images: the pixels left out by their label; null elsewhere. */
  readonly ignoredPixels: number | null;
  readonly exits: number;
  readonly exitNames: readonly string[] | null;
  readonly classes: number | null;
  readonly values: "logits" | "probs" | null;
  /** The loss whose monotonicity is told. */
  readonly risk: string | null;
  readonly summary: NetworkSummary;
}

/** Above this share of confidences that are exactly 1 the thresholds near 1 are coarse. */
const MANY_SATURATED = 0.01;

/** What logits or an exit table show: inspect JSON, version 1, kind "exits", and the same for people. */
export function inspectNetworkDocument(facts: NetworkFacts): ReportDocument {
  const { summary, exitNames } = facts;
  return {
    title: `eexit inspect: ${formatCount(facts.samples, "sample")}, ${facts.exits} exits`,
    verdict: null,
    statements: statements(facts),
    facts: listedFacts(facts),
    tables: [exitTable(summary, exitNames), confidenceTable(summary), lossTable(summary, exitNames)].filter(
      ({ rows, columns }) => rows.length > 0 && columns.length > 1,
    ),
    checks: [],
    cautions: summary.confidences.filter(({ saturatedShare }) => saturatedShare >= MANY_SATURATED).map(saturated),
    json: jsonAnswer(facts),
    panels: () => [exitPanel(summary.exits, exitNames)],
  };
}

function statements({ summary, risk, ignoredPixels }: NetworkFacts): string[] {
  const { overthinking, confidences } = summary;
  const found = [qualityStatement(summary, ignoredPixels !== null)];
  if (overthinking) {
    const ofErrors =
      overthinking.shareOfErrors === null ? "" : `, ${formatPercent(overthinking.shareOfErrors)} of its errors`;
    found.push(
      `Overthinking: ${formatPercent(overthinking.share)} of the samples are right at an earlier exit and wrong at the last${ofErrors}.`,
    );
  }
  const broken = confidences.filter(({ nonMonotoneShare }) => nonMonotoneShare);
  if (broken.length > 0) {
    const shares = broken.map(({ name, nonMonotoneShare }) => `${formatPercent(nonMonotoneShare as number)} (${name})`);
    found.push(
      `${risk} is not monotone in the threshold for ${formatList(shares)} of the samples; ucb and ltt need no monotonicity.`,
    );
  }
  return found;
}

/** Whether deeper exits are better, by what the labels allow to say. */
function qualityStatement(summary: NetworkSummary, images: boolean): string {
  const { accuracyDrops, meanIouDrops, brierRises } = summary;
  const drops = images ? (meanIouDrops ?? null) : accuracyDrops;
  if (drops === null) {
    const wanted = images ? "--labels, one class per pixel, for the mean IoU" : "--labels for accuracy";
    return `No labels: exits are compared with the full network. Give ${wanted}.`;
  }
  const brier = brierRises ? `; ${trend("the Brier score", "rises", brierRises)}` : "";
  return `${trend(images ? "The mean IoU" : "Accuracy", "falls", drops)}${brier}.`;
}

function trend(what: string, verb: string, exits: readonly number[]): string {
  return exits.length === 0
    ? `${what} never ${verb} with depth`
    : `${what} ${verb} at exit ${formatList(exits.map(String))}`;
}

function saturated({ name, saturatedShare }: ConfidenceSummary): ReportCaution {
  return {
    code: "saturated",
    message: `${formatPercent(saturatedShare)} of the ${name} confidences of early exits are exactly 1: no threshold can tell these apart`,
  };
}

function listedFacts({
  files,
  samples,
  ignored,
  exits,
  exitNames,
  classes,
  values,
  summary,
  ignoredPixels,
}: NetworkFacts): ReportFact[] {
  const { labels } = summary;
  const entries: [string, string | null][] = [
    ["holds", filesText(files)],
    ["samples", `${samples}${ignored > 0 ? ` (${ignored} left out by label)` : ""}`],
    ["exits", exitNames ? `${exits}: ${exitNames.join(", ")}` : String(exits)],
    ["classes", classes === null ? "not known" : String(classes)],
    ["values", values === null ? null : values === "probs" ? "probabilities" : "logits"],
    ["unit", ignoredPixels === null ? null : "the image: confidences and losses are over its pixels"],
    [
      "labels",
      ignoredPixels !== null
        ? imageLabels(summary, ignoredPixels)
        : labels
          ? `${labels.count} distinct, from ${formatPercent(labels.rarest.share)} (label ${labels.rarest.label}) to ` +
            `${formatPercent(labels.commonest.share)} (label ${labels.commonest.label}) of the samples`
          : "none",
    ],
  ];
  return entries.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

function imageLabels({ exits }: NetworkSummary, ignoredPixels: number): string {
  if (exits[0].meanIou === undefined && exits[0].brier === null) return "none";
  return `one per pixel${ignoredPixels > 0 ? `, ${ignoredPixels} left out` : ""}`;
}

type Cell = (exit: ExitSummary) => number | null;

function exitTable({ exits, confidences }: NetworkSummary, exitNames: readonly string[] | null): ReportTable {
  const optional: [ReportColumn, Cell][] = [
    [{ key: "accuracy", label: "accuracy", align: "right", show: "percent" }, ({ accuracy }) => accuracy],
    [{ key: "agreement", label: "agrees with last", align: "right", show: "percent" }, ({ agreement }) => agreement],
    [{ key: "meanIou", label: "mean IoU", align: "right" }, ({ meanIou }) => meanIou ?? null],
    [{ key: "brier", label: "Brier", align: "right" }, ({ brier }) => brier],
    ...confidences.map(({ name }): [ReportColumn, Cell] => [
      { key: `meanConfidence:${name}`, label: `mean ${name}`, align: "right" },
      ({ meanConfidence }) => meanConfidence[name],
    ]),
    [
      { key: "rightHereWrongAtLast", label: "right here, wrong at last", align: "right", show: "percent" },
      ({ rightHereWrongAtLast }) => rightHereWrongAtLast,
    ],
  ];
  const known = optional.filter(([, cell]) => exits.some((exit) => cell(exit) !== null));
  return {
    title: "Exits",
    columns: [exitColumn, ...known.map(([column]) => column)],
    rows: exits.map((exit, l) => [exitNames?.[l] ?? String(exit.exit), ...known.map(([, cell]) => cell(exit))]),
  };
}

const exitColumn: ReportColumn = { key: "exit", label: "exit", align: "left" };

function confidenceTable({ confidences }: NetworkSummary): ReportTable {
  return {
    title: "Confidences of the early exits",
    columns: [
      { key: "name", label: "confidence", align: "left" },
      { key: "formula", label: "formula", align: "left" },
      { key: "lowest", label: "lowest", align: "right" },
      { key: "highest", label: "highest", align: "right" },
      { key: "saturatedShare", label: "exactly 1", align: "right", show: "percent" },
      { key: "nonMonotoneShare", label: "loss not monotone", align: "right", show: "percent" },
    ],
    rows: confidences.map(({ name, lowest, highest, saturatedShare, nonMonotoneShare }) => [
      name,
      confidenceFormula(name),
      lowest,
      highest,
      saturatedShare,
      nonMonotoneShare,
    ]),
  };
}

function lossTable({ exits }: NetworkSummary, exitNames: readonly string[] | null): ReportTable {
  const risks = Object.keys(exits[0].meanLoss);
  return {
    title: "Mean loss if every sample left there",
    columns: [exitColumn, ...risks.map((risk): ReportColumn => ({ key: risk, label: risk, align: "right" }))],
    rows: exits.map((exit, l) => [exitNames?.[l] ?? String(exit.exit), ...risks.map((risk) => exit.meanLoss[risk])]),
  };
}

function jsonAnswer({ files, summary, ...facts }: NetworkFacts): object {
  const { ignoredPixels, samples, ignored, exits, exitNames, classes, values, risk } = facts;
  const { labels, overthinking, accuracyDrops, brierRises, meanIouDrops } = summary;
  return {
    format: "eexit-inspect",
    version: 1,
    kind: "exits",
    files,
    samples,
    ignored,
    ...(ignoredPixels !== null && { ignoredPixels }),
    exits,
    exitNames,
    classes,
    values,
    labels,
    risk,
    overthinking,
    monotone: {
      accuracy: accuracyDrops && accuracyDrops.length === 0,
      accuracyDrops,
      brier: brierRises && brierRises.length === 0,
      brierRises,
      ...(meanIouDrops && { meanIou: meanIouDrops.length === 0, meanIouDrops }),
    },
    perExit: summary.exits,
    confidences: summary.confidences,
  };
}
