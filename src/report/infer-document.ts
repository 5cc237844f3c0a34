import type { ThresholdFile } from "../control/threshold-file.ts";
import type { Caution } from "../control/types.ts";
import type { Efficiency } from "../exits/efficiency.ts";
import type { ReportDocument } from "./document.ts";
import { formatCount, formatNumber, formatPercent, formatRule } from "./format.ts";

/** Summary of an inference, version 1, and the same for people. Times are said, not recorded: equal runs give equal files. */
export function inferDocument(
  file: ThresholdFile,
  exitCounts: ArrayLike<number>,
  spent: Efficiency,
  speedup: number | null,
  cautions: readonly Caution[],
): ReportDocument {
  const counts = Array.from(exitCounts);
  const samples = counts.reduce((sum, count) => sum + count, 0);
  const shares = spent.exitShare as readonly number[];
  const calibrated = file.efficiency?.exitShare ?? null;
  const statements = [
    `${formatCount(samples, "sample")}: mean exit ${formatNumber(spent.meanExit)}${calibrated ? ` (calibration ${formatNumber(file.efficiency!.meanExit)})` : ""}, ${formatPercent(spent.saving)} of ${spent.costUnit} saved`,
    `share per exit: ${shares.map((share) => formatPercent(share)).join(", ")}${calibrated ? ` (calibration ${calibrated.map((share) => formatPercent(share)).join(", ")})` : ""}`,
    ...(speedup === null ? [] : [timeSentence(speedup)]),
  ];
  return {
    title: "eexit infer",
    verdict: null,
    statements,
    facts: [{ label: "rule", value: formatRule(file) }],
    tables: [],
    checks: [],
    cautions,
    json: {
      format: "eexit-infer",
      version: 1,
      samples,
      policy: file.policy,
      threshold: file.threshold,
      exitCounts: counts,
      exitShare: [...shares],
      calibrationExitShare: calibrated && [...calibrated],
      meanExit: spent.meanExit,
      meanCost: spent.meanCost,
      fullCost: spent.fullCost,
      costUnit: spent.costUnit,
      saving: spent.saving,
      cautions: cautions.map(({ code, message }) => ({ code, message })),
    },
  };
}

function timeSentence(speedup: number): string {
  if (speedup >= 1.05)
    return `time: ${formatNumber(speedup, 3)} × faster than every stage on every sample (measured here, on the first batch)`;
  return `time: ${formatNumber(speedup, 3)} × the speed of every stage on every sample: exits do not pay here; eexit bench shows why`;
}
