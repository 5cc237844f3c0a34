import { tableEfficiency } from "../src/control/calibrate.ts";
import { type Deployed, deploy, deployRow } from "../src/control/deployed.ts";
import type { ThresholdFile } from "../src/control/threshold-file.ts";
import type { Caution } from "../src/control/types.ts";
import { EexitError } from "../src/errors.ts";
import { type Efficiency, type ExitCosts, efficiency, exitsAsCosts } from "../src/exits/efficiency.ts";
import { isBuiltInRisk, lossKind } from "../src/exits/loss-kinds.ts";
import { absoluteLosses } from "../src/exits/relative-loss.ts";
import type { ExitTable, LossKind } from "../src/exits/types.ts";
import { sketchOverlap } from "../src/io/row-hash.ts";
import { thresholdOf } from "../src/io/threshold-file.ts";
import { binomialUpperTail } from "../src/stats/binomial.ts";
import { type InputFlags, inputRequest } from "./input-options.ts";
import { digestOf, type Loaded, load, rowHashesOf } from "./load-problem.ts";
import type { Session } from "./session.ts";

/** Fresh rows under a deployed threshold file: losses in the file's own terms. */
export interface FreshData {
  readonly loaded: Loaded;
  readonly kind: LossKind;
  readonly deployed: Deployed;
  readonly efficiency: Efficiency | null;
}

/** The declared kind of a threshold file's loss, clipping included. */
export function kindOf(file: ThresholdFile): LossKind {
  if (isBuiltInRisk(file.risk) && !file.source) return lossKind(file.risk, file.clip);
  const [lower, upper] = file.lossRange;
  return { name: file.risk, lower, upper, binary: file.binary ?? false };
}

/**
 * Reads data as the threshold file wants it: its risk, its confidence, its ignored labels, its declared range. Nothing
 * that calibration and deployment must share is taken from flags.
 */
export async function loadFor(
  file: ThresholdFile,
  inputs: readonly string[],
  flags: InputFlags,
  session: Session,
): Promise<Loaded> {
  const table = file.source === "loss-table";
  const shared: InputFlags = {
    ...flags,
    ...(file.ignoreLabel && { ignoreLabel: file.ignoreLabel.map(String) }),
    ...(file.iou && { iou: file.iou }),
    ...(!isBuiltInRisk(file.risk) && { lossRange: declaredRange(file), binary: file.binary ?? false }),
    ...(table && {
      lambdaDirection: file.lambdaDirection ?? "down",
      referenceLambda: file.reference?.lambda,
      clip: file.clip,
      scores: file.scores ?? false,
      ...(file.efficiency && { costUnit: file.efficiency.costUnit }),
    }),
  };
  const wanted = table
    ? { confidences: "default" as const, risks: "default" as const }
    : { confidences: [confidenceArgument(file, flags)], risks: [file.risk] };
  const loaded = await load(inputRequest(inputs, shared, wanted, session), shared, session);
  if (table !== (loaded.kind === "loss-table")) {
    const [found, expected] = table
      ? ["logits or an exit table", "a loss table"]
      : ["a loss table", "logits or an exit table"];
    throw new EexitError(
      "shape-mismatch",
      `${loaded.names[0]}: ${found}, expected ${expected} as in the calibration`,
      "give the same kind of data as eexit explain shows for the threshold file",
    );
  }
  const iou = loaded.facts.dense?.iou;
  if (file.iou !== undefined && iou !== undefined && iou !== file.iou) {
    throw new EexitError(
      "shape-mismatch",
      `${loaded.names[0]}: mean IoU over ${iou} classes, expected ${file.iou} as in the threshold file`,
      `score the logits with --iou ${file.iou}`,
    );
  }
  if (loaded.kind === "exits" && loaded.table.exitCount !== file.exits) {
    throw new EexitError(
      "shape-mismatch",
      `${loaded.names[0]}: ${loaded.table.exitCount} exits, expected ${file.exits} as in the threshold file`,
      "give the network's own threshold file, or calibrate again",
    );
  }
  return loaded;
}

/** A clipped file knows only the clipped range; the losses come unclipped. */
function declaredRange({ lossRange: [lower, upper], clip }: ThresholdFile): string {
  return `${clip ? -Number.MAX_VALUE : lower}:${upper}`;
}

/** The file's confidence, or the file:… that supplies a column of the same name. */
function confidenceArgument(file: ThresholdFile, flags: InputFlags & { confidence?: string[] }): string {
  const name = file.confidence as string;
  return flags.confidence?.find((text) => text.startsWith(`${name}=file:`)) ?? name;
}

/** Applies the file's threshold to fresh data. */
export function deployFresh(file: ThresholdFile, loaded: Loaded): FreshData {
  const kind = kindOf(file);
  if (loaded.kind === "loss-table") {
    const { table } = loaded;
    const lambda = file.policy === "never-exit" ? table.lambdas[table.referenceRow] : file.threshold;
    const { row, deployed } = deployRow(table, lambda);
    const losses = clipped(deployed.losses, file.clip);
    return { loaded, kind, deployed: { ...deployed, losses }, efficiency: tableEfficiency(table, row) };
  }
  const { table } = loaded;
  const column = table.losses.get(file.risk) as { kind: LossKind; values: Float64Array };
  const deployed = deploy(table, file.confidence as string, thresholdOf(file), column.values);
  return {
    loaded,
    kind,
    deployed: { ...deployed, losses: clipped(deployed.losses, file.clip) },
    efficiency: efficiency(deployed.exitCounts as Float64Array, costsOf(file, table)),
  };
}

/** Costs are the threshold file's, so that a saving means the same at calibration and at check. */
function costsOf(file: ThresholdFile, table: ExitTable): ExitCosts {
  return file.costs ? { costs: file.costs, unit: file.efficiency?.costUnit ?? "cost" } : exitsAsCosts(table.exitCount);
}

function clipped(losses: Float64Array, clip: boolean): Float64Array {
  return clip ? losses.map((loss) => Math.max(0, loss)) : losses;
}

/** Absolute losses ℓ(o_e, y) under the deployed rule: what two different networks are compared by. */
export function absoluteFresh(file: ThresholdFile, { loaded }: FreshData): Float64Array {
  if (loaded.kind !== "exits")
    throw new EexitError("baseline-mismatch", "loss tables have no absolute losses", "use --compare relative");
  return deploy(loaded.table, file.confidence as string, thresholdOf(file), absoluteLosses(file.risk, loaded.table))
    .losses;
}

/** From here on an estimate above one half is taken at its word; below, it must also be unlikely (5 %) for a half. */
const ENOUGH_COMPARED = 16;

/**
 * Fresh means fresh: the calibration rows know the answer. Refuses the same rows in any order, and data of which more than
 * half was calibrated on; cautions above 5 %.
 *
 * @throws calibration-reused
 */
export function assertFresh(file: ThresholdFile, loaded: Loaded): Caution[] {
  const columns = loaded.kind === "exits" ? { confidence: file.confidence as string, risk: file.risk } : null;
  const { sha256, rowSketch, uniqueRows, rowDigest, samples } = file.calibration;
  const rows = rowHashesOf(loaded, columns, file.clip);
  const digest = digestOf(loaded, columns, file.clip, rows);
  if (digest.sha256 === sha256) throw reused(loaded, "these are the calibration rows (same hash)");
  if (digest.multiset === rowDigest) throw reused(loaded, "these are the calibration rows in another order");
  if (!rowSketch) return [];
  const uniqueShare = (uniqueRows ?? samples) / samples;
  const { share, compared, matched } = sketchOverlap(rowSketch, uniqueShare, rows);
  const percent = Math.round(100 * share);
  if (share > 0.5 && (compared >= ENOUGH_COMPARED || binomialUpperTail(matched, compared, 0.5) <= 0.05)) {
    throw reused(loaded, `about ${percent} % of the rows were calibrated on`);
  }
  if (share <= 0.05) return [];
  return [
    {
      code: "calibration-overlap",
      message: `about ${percent} % of the rows seem to have been calibrated on (${matched} of ${compared} compared): leave them out`,
    },
  ];
}

function reused(loaded: Loaded, found: string): EexitError {
  return new EexitError(
    "calibration-reused",
    `${loaded.names[0]}: ${found}, expected fresh rows`,
    "check needs rows that were not calibrated on; eexit verify is for the calibration rows",
  );
}
