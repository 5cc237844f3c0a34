import { EexitError } from "../errors.ts";
import { isBuiltInRisk, lossKind } from "./loss-kinds.ts";
import { assertLosses, rangeSlack } from "./loss-range.ts";
import type { ExitTable, LossColumn, LossKind } from "./types.ts";

/** A table that logits are scored into: its arrays are filled in place, row by row. */
export interface ExitTableColumns extends ExitTable {
  readonly classCount: number;
  readonly predictions: Int32Array;
}

/** What a table shall hold. */
export interface ExitTableShape {
  readonly sampleCount: number;
  readonly exitCount: number;
  readonly classCount: number;
  readonly measures: readonly string[];
  readonly risks: readonly LossKind[];
  /** Whether there are labels. */
  readonly labels: boolean;
  /** Whether to keep the absolute Brier scores (needs labels). */
  readonly brier: boolean;
}

/** An exit table of the given shape with every value 0, ready to be written. */
export function allocateExitTable(shape: ExitTableShape): ExitTableColumns {
  const { sampleCount, exitCount, classCount } = shape;
  const cells = sampleCount * exitCount;
  return {
    sampleCount,
    exitCount,
    classCount,
    confidences: new Map(shape.measures.map((measure) => [measure, new Float32Array(cells)])),
    predictions: new Int32Array(cells),
    labels: shape.labels ? new Int32Array(sampleCount) : null,
    losses: new Map(shape.risks.map((kind) => [kind.name, { kind, values: new Float64Array(cells) }])),
    brier: shape.brier ? new Float64Array(cells) : null,
  };
}

/** The memory of a table, which may be handed to another thread instead of being copied. */
export function columnBuffers(table: ExitTableColumns): ArrayBuffer[] {
  const columns = [table.predictions, table.labels, table.brier, ...table.confidences.values()];
  const losses = Array.from(table.losses.values(), ({ values }) => values);
  return [...columns, ...losses].flatMap((column) => (column === null ? [] : [column.buffer as ArrayBuffer]));
}

type Column = Float32Array | Float64Array | Int32Array;

/** The same table with every column replaced; `width` is the values per sample: exitCount, or 1 for labels. */
function mapColumns(
  table: ExitTable,
  sampleCount: number,
  map: <T extends Column>(c: T, width: number) => T,
): ExitTable {
  const wide = <T extends Column>(column: T) => map(column, table.exitCount);
  return {
    sampleCount,
    exitCount: table.exitCount,
    classCount: table.classCount,
    confidences: new Map(Array.from(table.confidences, ([name, values]) => [name, wide(values)])),
    predictions: table.predictions && wide(table.predictions),
    labels: table.labels && map(table.labels, 1),
    losses: new Map(Array.from(table.losses, ([name, { kind, values }]) => [name, { kind, values: wide(values) }])),
    brier: table.brier && wide(table.brier),
    ...(table.meanIou && { meanIou: wide(table.meanIou) }),
  };
}

/** Samples `start` up to, not including, `end`; the columns are views on the same memory. */
export function sliceRows(table: ExitTable, start: number, end: number): ExitTable {
  return mapColumns(
    table,
    end - start,
    (column, width) => column.subarray(start * width, end * width) as typeof column,
  );
}

/** The same table in memory of its own. */
export function copyOf(table: ExitTable): ExitTable {
  return mapColumns(table, table.sampleCount, (column) => column.slice() as typeof column);
}

/** The samples at `indices` (0-based, any order, repeats allowed), copied in that order. */
export function selectRows(table: ExitTable, indices: ArrayLike<number>): ExitTable {
  return mapColumns(table, indices.length, (column, width) => selectCells(column, indices, width));
}

/** The same of one column with `width` values per sample. */
export function selectCells<T extends Column>(column: T, indices: ArrayLike<number>, width: number): T {
  const chosen = new (column.constructor as new (length: number) => T)(indices.length * width);
  let to = 0;
  for (let i = 0; i < indices.length; i++) {
    let from = indices[i] * width;
    for (const end = from + width; from < end; from++) chosen[to++] = column[from];
  }
  return chosen;
}

/**
 * The samples of all tables, one after the other: how shards are put together. A single table is returned as it is.
 *
 * @param tables at least one, with the same exits, classes, measures, risks and optional columns
 * @throws EexitError `shape-mismatch` naming the first difference and the table (1-based) that has it
 */
export function appendTables(tables: readonly ExitTable[]): ExitTable {
  const first = tables[0];
  if (tables.length === 1) return first;
  for (const [index, table] of tables.entries()) assertSameColumns(first, table, "input 1", `input ${index + 1}`);
  const total = tables.reduce((sum, table) => sum + table.sampleCount, 0);
  const joined = tableLike(first, total);
  let row = 0;
  for (const table of tables) {
    const at = row;
    copyRows(table, joined, at);
    row += table.sampleCount;
  }
  return joined;
}

/** A table with the columns of another, every value 0. */
export function tableLike(table: ExitTable, sampleCount: number): ExitTable {
  return mapColumns(
    table,
    sampleCount,
    (column, width) => new (column.constructor as new (length: number) => typeof column)(sampleCount * width),
  );
}

/** Writes the rows of a table over those of another with the same columns, from `row` on. */
export function copyRows(from: ExitTable, to: ExitTable, row: number): void {
  const cell = row * to.exitCount;
  for (const [measure, values] of from.confidences) to.confidences.get(measure)!.set(values, cell);
  for (const [risk, column] of from.losses) to.losses.get(risk)!.values.set(column.values, cell);
  if (from.predictions) to.predictions!.set(from.predictions, cell);
  if (from.labels) to.labels!.set(from.labels, row);
  if (from.brier) to.brier!.set(from.brier, cell);
  if (from.meanIou) to.meanIou!.set(from.meanIou, cell);
}

/** What must agree before tables can be joined, each as text that a message can show. */
function columnsOf(table: ExitTable): Record<string, string> {
  const risk = ({ kind }: LossColumn) =>
    `${kind.name} in [${kind.lower}, ${kind.upper}]${kind.binary ? " binary" : ""}`;
  return {
    exits: `${table.exitCount}`,
    classes: table.classCount === null ? "not known" : `${table.classCount}`,
    confidences: [...table.confidences.keys()].sort().join(", ") || "none",
    losses: [...table.losses.values()].map(risk).sort().join(", ") || "none",
    predictions: table.predictions ? "present" : "absent",
    labels: table.labels ? "present" : "absent",
    "Brier scores": table.brier ? "present" : "absent",
    "mean IoU": table.meanIou ? "present" : "absent",
  };
}

/**
 * Refuses a table that cannot follow another: other exits, classes, measures, risks or optional columns.
 *
 * @param firstName what to call the first table in the message, and `name` the other
 * @throws EexitError `shape-mismatch` naming the first difference
 */
export function assertSameColumns(first: ExitTable, table: ExitTable, firstName: string, name: string): void {
  const expected = columnsOf(first);
  for (const [thing, found] of Object.entries(columnsOf(table))) {
    if (found === expected[thing]) continue;
    const message = `${name}: ${thing} ${found}, expected ${expected[thing]} as in ${firstName}`;
    throw new EexitError("shape-mismatch", message, "look at each input with eexit inspect");
  }
}

/**
 * Losses clipped per sample, max(0, g): what `--clip` declares. A certificate for them holds for the unclipped losses too.
 *
 * The name is kept; the lower bound becomes 0, and a clipped prediction gap is a 0/1 loss.
 */
export function clipLosses({ kind, values }: LossColumn): LossColumn {
  return { kind: clippedKind(kind), values: values.map((g) => Math.max(g, 0)) };
}

/** What is declared about clipped losses of a kind. */
export function clippedKind(kind: LossKind): LossKind {
  return isBuiltInRisk(kind.name) ? lossKind(kind.name, true) : { ...kind, lower: Math.max(0, kind.lower) };
}

/**
 * Refuses losses outside their declared range, and losses that are not relative (0 at the last exit).
 *
 * @param where what to name in the message, e.g. the file and its array
 * @throws EexitError `value-not-finite` or `loss-out-of-range`, see {@link assertLosses}
 */
export function assertLossRange({ kind, values }: LossColumn, exitCount: number, where: string): void {
  assertLosses(values, kind, where, (index) => cellName(index, exitCount));
  for (let i = exitCount - 1; i < values.length; i += exitCount) {
    if (Math.abs(values[i]) <= rangeSlack) continue;
    throw new EexitError(
      "loss-out-of-range",
      `${where}: loss ${kind.name} ${values[i]} at ${cellName(i, exitCount)}, expected 0 at the last exit`,
      "losses are relative: subtract the loss of the last exit from every exit's",
    );
  }
}

/**
 * Refuses confidences that are NaN or infinite. The last exit's are never read and may be anything.
 *
 * @throws EexitError `value-not-finite` naming measure, row and exit
 */
export function assertConfidences(table: ExitTable, where: string): void {
  const { exitCount } = table;
  for (const [measure, values] of table.confidences) {
    for (let i = 0; i < values.length; i++) {
      if (i % exitCount === exitCount - 1 || Number.isFinite(values[i])) continue;
      const message = `${where}: confidence ${measure} ${values[i]} at ${cellName(i, exitCount)}, expected a finite number`;
      throw new EexitError("value-not-finite", message, "remove or repair that sample, or choose another --confidence");
    }
  }
}

/** Rows are counted from 0 as in the files, exits from 1. */
function cellName(index: number, exitCount: number): string {
  return `row ${Math.floor(index / exitCount)}, exit ${(index % exitCount) + 1}`;
}
