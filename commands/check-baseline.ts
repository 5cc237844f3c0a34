import { comparePaired } from "../src/control/check.ts";
import type { RowOrder } from "../src/control/problem.ts";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import { EexitError } from "../src/errors.ts";
import type { LossKind } from "../src/exits/types.ts";
import { readThresholdFile } from "../src/io/threshold-file.ts";
import type { BaselineResult } from "../src/report/check-document.ts";
import { absoluteFresh, deployFresh, type FreshData, loadFor } from "./check-data.ts";
import type { InputFlags } from "./input-options.ts";
import type { Loaded } from "./load-problem.ts";
import { parseChoice, parsePercent } from "./parse-values.ts";
import type { Session } from "./session.ts";

export interface BaselineFlags {
  baseline?: string[];
  margin?: string;
  baselineLabels?: string[];
  baselineThreshold?: string;
  baselineConfidence?: string[];
  compare?: string;
  /** Supplied confidence of the data under test. */
  confidence?: string[];
}

interface Levels extends Comparison {
  readonly delta: number;
  readonly alpha: number;
  readonly order: RowOrder;
}

/** What is asked of the comparison; the losses to compare are chosen by the networks when they are not named. */
export interface Comparison {
  readonly margin: number;
  readonly compare: "relative" | "absolute" | null;
}

/** Checked before anything is read. */
export function parseComparison(flags: BaselineFlags): Comparison {
  assertBaselineNamed(flags);
  return {
    margin: flags.margin === undefined ? 0 : parsePercent("--margin", flags.margin),
    compare:
      flags.compare === undefined
        ? null
        : parseChoice<"relative" | "absolute">("--compare", flags.compare, ["relative", "absolute"]),
  };
}

/** A comparison that is described but not asked for would be a gate that never closes. */
function assertBaselineNamed(flags: BaselineFlags): void {
  if (flags.baseline || flags.baselineThreshold) return;
  const options = ["margin", "compare", "baselineLabels", "baselineConfidence"] as const;
  const given = options.find((name) => name in flags);
  if (given === undefined) return;
  throw new EexitError(
    "bad-usage",
    `--${given.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}: expected --baseline or --baseline-threshold with it`,
    "name what to compare with",
  );
}

/**
 * Paired comparison with a baseline on the same rows in the same order: two thresholds of one network by relative losses,
 * two networks by absolute ones, because relative losses hide a regression of the full network itself.
 */
export async function compareWithBaseline(
  file: ThresholdFile,
  fresh: FreshData,
  inputs: readonly string[],
  flags: InputFlags & BaselineFlags,
  { margin, compare, ...levels }: Levels,
  session: Session,
): Promise<BaselineResult> {
  const given = flags.baselineThreshold ? await readThresholdFile(flags.baselineThreshold) : file;
  // The baseline's own rule, judged by the risk of the file under test.
  const oldFile: ThresholdFile = { ...given, risk: file.risk, lossRange: file.lossRange, clip: file.clip };
  const oldInputs = flags.baseline ?? inputs;
  const oneNetwork = oldInputs.join() === inputs.join();
  const sameData =
    oneNetwork &&
    oldFile.confidence === file.confidence &&
    flags.baselineConfidence === undefined &&
    flags.baselineLabels === undefined;
  const old = sameData ? fresh.loaded : await loadBaseline(oldFile, oldInputs, oneNetwork, flags, session);
  const oldFresh = deployFresh(oldFile, old);
  assertSameRows(oldFresh, fresh, oldInputs);
  const mode = compare ?? (oneNetwork ? "relative" : "absolute");
  const kind = mode === "absolute" ? absoluteKind(file, fresh.kind) : fresh.kind;
  assertMargin(margin, kind.upper - kind.lower);
  const losses = (rule: ThresholdFile, data: FreshData) =>
    mode === "absolute" ? absoluteFresh(rule, data) : data.deployed.losses;
  return {
    mode,
    margin,
    ...comparePaired(losses(file, fresh), losses(oldFile, oldFresh), kind, { margin, ...levels }),
  };
}

/** @throws confidence-unknown when the baseline would silently be judged by the other network's confidences */
function loadBaseline(
  oldFile: ThresholdFile,
  oldInputs: readonly string[],
  oneNetwork: boolean,
  flags: InputFlags & BaselineFlags,
  session: Session,
): Promise<Loaded> {
  const labels = flags.baselineLabels ?? flags.labels;
  const confidence = flags.baselineConfidence ?? (oneNetwork ? flags.confidence : undefined);
  if (flags.confidence && confidence === undefined) {
    throw new EexitError(
      "confidence-unknown",
      `--baseline ${oldInputs.join(", ")}: another network, expected a confidence file of its own`,
      `give --baseline-confidence ${oldFile.confidence}=file:…`,
    );
  }
  const { confidence: _, labels: __, ...rest } = flags;
  return loadFor(
    oldFile,
    oldInputs,
    { ...rest, ...(labels && { labels }), ...(confidence && { confidence }) },
    session,
  );
}

function assertSameRows(oldFresh: FreshData, fresh: FreshData, oldInputs: readonly string[]): void {
  const count = fresh.deployed.losses.length;
  const found = oldFresh.deployed.losses.length;
  if (found === count) return;
  throw new EexitError(
    "baseline-mismatch",
    `--baseline ${oldInputs.join(", ")}: ${found} rows, expected ${count}, the same rows in the same order`,
    "run both models on the same data; without --baseline only the threshold is checked",
  );
}

function assertMargin(margin: number, width: number): void {
  if (margin > -width && margin < width) return;
  throw new EexitError(
    "bad-number",
    `--margin ${margin}: expected between ${-width} and ${width}, the range of a difference`,
    "use for example --margin 0.01",
  );
}

/** 0/1 errors, or Brier scores in [0, 2]. */
function absoluteKind({ risk }: ThresholdFile, kind: LossKind): LossKind {
  return { ...kind, lower: 0, upper: risk === "brier-gap" ? 2 : 1 };
}
