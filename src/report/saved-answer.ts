import type { Spread, SweepRow } from "../control/sweep.ts";
import { sweepCautions } from "../control/sweep-cautions.ts";
import type { ThresholdFile } from "../control/threshold-file.ts";
import type { Bound, CrcVariant, MethodName, Policy } from "../control/types.ts";
import type { NetworkSummary } from "../exits/network-summary.ts";
import { type BenchMeasured, measuredDocument } from "./bench-document.ts";
import { calibrationDocument } from "./calibration-document.ts";
import type { ReportDocument } from "./document.ts";
import { inspectNetworkDocument, type NetworkFacts } from "./inspect-network-document.ts";
import { type SavedCheck, savedCheckDocument } from "./saved-check-document.ts";
import { sweepDocument } from "./sweep-document.ts";

/** JSON answers of version 1, as they are read back; what each field means is said where it is written. */
export type Saved =
  | ThresholdFile
  | SavedSweep
  | SavedCheck
  | ({ readonly format: "eexit-bench" } & Omit<BenchMeasured, "notBaked">)
  | SavedInspect;

interface SavedSweep {
  readonly format: "eexit-sweep";
  readonly samples: number;
  readonly exits: number | null;
  readonly trials: number | null;
  readonly calibrationSize: number | null;
  readonly seed: number;
  readonly audit?: boolean | undefined;
  readonly costUnit?: string | undefined;
  readonly rows: readonly SavedRow[];
}

type Value = number | Spread | null;

interface SavedRow {
  readonly risk: string;
  readonly confidence: string | null;
  readonly method: MethodName;
  readonly bound: Bound | null;
  readonly crc: CrcVariant | null;
  readonly grid: string;
  readonly epsilon: number;
  readonly delta: number | null;
  readonly threshold: Value;
  readonly policy: Policy | Readonly<Record<Policy, number>>;
  readonly empiricalRisk: number;
  readonly testRisk: Value;
  readonly trueRisk?: Value | undefined;
  readonly meanExit: Value;
  readonly meanCost: Value;
  readonly saving: Value;
  readonly violationShare: number | null;
  readonly violationInterval?: readonly [number, number] | null | undefined;
}

interface SavedInspect extends Omit<NetworkFacts, "summary"> {
  readonly format: "eexit-inspect";
  readonly labels: NetworkSummary["labels"];
  readonly overthinking: NetworkSummary["overthinking"];
  readonly monotone: Pick<NetworkSummary, "accuracyDrops" | "brierRises"> & {
    readonly meanIouDrops: readonly number[] | null;
  };
  readonly perExit: NetworkSummary["exits"];
  readonly confidences: NetworkSummary["confidences"];
}

/** The report of a saved answer: the one that the command would have written, less what its JSON does not hold. */
export function savedDocument(saved: Saved): ReportDocument {
  switch (saved.format) {
    case "eexit-threshold":
      return calibrationDocument(saved);
    case "eexit-sweep":
      return savedSweepDocument(saved);
    case "eexit-check":
      return savedCheckDocument(saved);
    case "eexit-bench":
      return measuredDocument({ ...saved, notBaked: null });
    case "eexit-inspect": {
      const { labels, overthinking, monotone, perExit, confidences, ...facts } = saved;
      const { accuracyDrops, brierRises, meanIouDrops } = monotone;
      const summary = { exits: perExit, confidences, overthinking, labels, accuracyDrops, brierRises, meanIouDrops };
      return inspectNetworkDocument({ ...facts, summary });
    }
  }
}

function savedSweepDocument({ rows, audit = false, costUnit = "cost", ...facts }: SavedSweep): ReportDocument {
  const read = rows.map(
    ({ method, bound, crc, trueRisk = null, violationInterval = null, ...row }) =>
      ({ ...row, method: { name: method, bound, crc }, trueRisk, violationInterval }) as SweepRow | SweepRow<Spread>,
  );
  const methods = read.map(({ method }) => method);
  const epsilons = [...new Set(read.map(({ epsilon }) => epsilon))];
  const source = facts.exits === null ? "loss-table" : "exits";
  return sweepDocument(read, { ...facts, audit, costUnit }, sweepCautions(methods, epsilons, source));
}
