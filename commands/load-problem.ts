import { exitTableSource, lossTableSource, type Source } from "../src/control/source.ts";
import { offerWalks } from "../src/control/walk-engines.ts";
import { EexitError } from "../src/errors.ts";
import { type ExitCosts, exitsAsCosts } from "../src/exits/efficiency.ts";
import { orderLossTable, type RawLossTable } from "../src/exits/loss-table.ts";
import type { ExitTable, LossColumn, LossKind, LossTable } from "../src/exits/types.ts";
import { lossTableDigest, sampleHashes, type TableDigest, tableDigest } from "../src/io/digest.ts";
import type { InputFacts, InputRequest } from "../src/io/input-request.ts";
import { openInputs, readExitTable } from "../src/io/read-inputs.ts";
import { type RowHashes, rowHashes } from "../src/io/row-hash.ts";
import { simdWalks } from "../src/io/walk-kernel-file.ts";
import { type CostFlags, givenCosts } from "./costs-option.ts";
import { type InputFlags, parseDirection, parseReference } from "./input-options.ts";
import { startProgress } from "./progress.ts";
import type { Session } from "./session.ts";

offerWalks(simdWalks);

/** Everything read and in order: an exit table with its costs, or a loss table. */
export type Loaded = {
  readonly facts: InputFacts;
  readonly names: readonly string[];
} & (
  | { readonly kind: "exits"; readonly table: ExitTable; readonly costs: ExitCosts; readonly ownCosts: boolean }
  | { readonly kind: "loss-table"; readonly table: LossTable }
);

/** What else decides how a loss table is read. */
export interface TableFlags {
  clip?: boolean;
  /** The reference row's λ of a threshold file. */
  referenceLambda?: number;
  costUnit?: string;
}

/** Reads the inputs of a command and says on stderr what was noticed on the way. */
export async function load(
  request: InputRequest,
  flags: InputFlags & CostFlags & TableFlags,
  session: Session,
): Promise<Loaded> {
  const costsFor = await givenCosts(flags, request.readStdin);
  const inputs = await openInputs(request);
  const { facts, names } = inputs;
  if (inputs.kind === "loss-table") {
    for (const note of facts.notes) session.say(`note: ${note}`);
    return { kind: "loss-table", facts, names, table: orderLossTable(inputs.table, tableOptions(flags, inputs.table)) };
  }
  const progress = await startProgress("reading", inputs.stepCount, session);
  const table = await readExitTable(inputs, () => progress.tick()).finally(() => progress.stop());
  for (const note of facts.notes) session.say(`note: ${note}`);
  if (facts.ignoredCount > 0) session.say(`note: ${facts.ignoredCount} rows left out by their label`);
  const own =
    facts.costs && flags.costs === undefined
      ? { costs: facts.costs.costs, unit: flags.costUnit ?? facts.costs.unit }
      : null;
  const given = costsFor ? costsFor(table.exitCount) : own;
  return {
    kind: "exits",
    facts,
    names,
    table,
    costs: given ?? exitsAsCosts(table.exitCount),
    ownCosts: given !== null,
  };
}

function tableOptions(flags: InputFlags & TableFlags, raw: RawLossTable) {
  return {
    direction: parseDirection(flags),
    referenceRow: parseReference(flags),
    referenceLambda: flags.referenceLambda,
    clip: flags.clip,
    costUnit: flags.costUnit,
    kind: tableKind(flags, raw),
  };
}

/** The declared kind of a table's losses: 0:1, −1:1 for scores, or what --loss-range says. */
function tableKind(flags: InputFlags & TableFlags, raw: RawLossTable): LossKind {
  const binary = flags.binary ?? false;
  const [lower, upper] = flags.lossRange?.split(":").map(Number) ?? (raw.scores && !binary ? [-1, 1] : [0, 1]);
  const least = flags.clip ? Math.max(0, lower) : lower;
  return { name: raw.scores ? "score-drop" : "loss", lower: least, upper, binary };
}

/** The one risk and confidence of a table that was read for exactly one of each. */
export function onlyColumns(table: ExitTable): { confidence: string; risk: string } {
  const [confidence] = table.confidences.keys();
  const [risk] = table.losses.keys();
  if (confidence === undefined)
    throw new EexitError(
      "confidence-unknown",
      "the table holds several confidences, expected a choice",
      "name one with --confidence",
    );
  if (risk === undefined)
    throw new EexitError(
      "risk-unknown",
      "the input holds no losses and no predictions to make some from",
      "see eexit inspect",
    );
  return { confidence, risk };
}

/** A source for every risk × confidence of what was read. */
export function sourcesOf(loaded: Loaded, clip: boolean): Source[] {
  if (loaded.kind === "loss-table") return [lossTableSource(loaded.table, clip)];
  const { table, costs } = loaded;
  return [...table.losses.keys()].flatMap((risk) =>
    [...table.confidences.keys()].map((confidence) => exitTableSource(table, confidence, risk, clip, costs)),
  );
}

/** What data are identified by: one confidence and one risk of an exit table; null for a loss table. */
export type UsedColumns = { readonly confidence: string; readonly risk: string } | null;

/** Hashes of the rows as used, clipped if asked. */
export function rowHashesOf(loaded: Loaded, columns: UsedColumns, clip: boolean): RowHashes {
  if (loaded.kind === "loss-table") {
    // Clipped already where it is, when its rows were put in order.
    const { sampleCount, lambdas, losses } = loaded.table;
    return sampleHashes(sampleCount, lambdas.length, losses);
  }
  const { sampleCount, exitCount, confidences, losses } = usedArrays(loaded.table, columns, clip);
  return rowHashes(sampleCount, exitCount, confidences, losses);
}

/**
 * Digest of the data as used: one confidence, one risk, clipped if asked.
 *
 * @param rows their `rowHashesOf`
 */
export function digestOf(
  loaded: Loaded,
  columns: UsedColumns,
  clip: boolean,
  rows: RowHashes = rowHashesOf(loaded, columns, clip),
): TableDigest {
  if (loaded.kind === "loss-table") {
    const { sampleCount, lambdas, losses } = loaded.table;
    return lossTableDigest(sampleCount, lambdas, losses, rows);
  }
  const { sampleCount, exitCount, confidences, losses } = usedArrays(loaded.table, columns, clip);
  return tableDigest(sampleCount, exitCount, confidences, losses, rows);
}

function usedArrays(table: ExitTable, columns: UsedColumns, clip: boolean) {
  const { confidence, risk } = columns as NonNullable<UsedColumns>;
  const { values } = table.losses.get(risk) as LossColumn;
  return {
    sampleCount: table.sampleCount,
    exitCount: table.exitCount,
    confidences: table.confidences.get(confidence) as Float32Array,
    losses: clip ? values.map((loss) => Math.max(0, loss)) : values,
  };
}
