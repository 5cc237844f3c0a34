import { EexitError } from "../errors.ts";
import { damaged, type FlatTable } from "./flat-table.ts";
import type { ElementType } from "./tensor.ts";

/** Arrow's types by their number in the format's `Type` union. */
const kinds = [
  "none null int float binary utf8 bool decimal date time timestamp interval list struct union",
  "fixed-binary fixed-list map duration large-binary large-utf8 large-list run-end binary-view utf8-view",
  "list-view large-list-view",
]
  .join(" ")
  .split(" ");

export interface ArrowField {
  readonly name: string;
  readonly kind: string;
  /** The element type of a number or bool (of the values when dictionary-encoded); null for everything else. */
  readonly element: ElementType | null;
  /** Values per row of a `fixed-list`, else 0. */
  readonly listSize: number;
  /** A dense union has an offsets buffer, a sparse one has none. */
  readonly dense: boolean;
  readonly children: readonly ArrowField[];
  /** Of dictionary-encoded columns: which dictionary, and the type of the indices. */
  readonly dictionary: { readonly id: number; readonly index: ElementType } | null;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface ArrowSchema {
  readonly fields: readonly ArrowField[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** One nested list per axis: real tensors have single digits, and without a limit a damaged file could recurse for ever. */
const deepest = 32;
/** Children may share bytes, so a few hundred of them could unfold into billions of fields. */
const mostFields = 100_000;

/** Decodes the `Schema` table of a schema message or a footer. Throws `file-malformed` or `type-unsupported` (big-endian). */
export function arrowSchema(table: FlatTable): ArrowSchema {
  if (table.int16(0, 0) !== 0) {
    throw new EexitError(
      "type-unsupported",
      `${table.source}: big-endian Arrow, expected little-endian`,
      "write the file again on a little-endian machine",
    );
  }
  const budget = { fields: mostFields };
  return { fields: table.tables(1).map((field) => fieldOf(field, budget, 0)), metadata: keyValues(table, 2) };
}

function fieldOf(table: FlatTable, budget: { fields: number }, depth: number): ArrowField {
  if (depth > deepest || --budget.fields < 0) throw damaged(table.source, "endlessly nested fields");
  const kind = kinds[table.uint8(2, 0)];
  if (kind === undefined) throw damaged(table.source, `the type number ${table.uint8(2, 0)}`);
  const type = table.table(3);
  const encoding = table.table(4);
  return {
    name: table.text(0) ?? "",
    kind,
    element: elementOf(kind, type),
    listSize: kind === "fixed-list" ? listSizeOf(table, type) : 0,
    dense: kind === "union" && (type?.int16(0, 0) ?? 0) === 1,
    children: table.tables(5).map((child) => fieldOf(child, budget, depth + 1)),
    dictionary: encoding && { id: encoding.int64(0, 0), index: indexType(encoding) },
    metadata: keyValues(table, 6),
  };
}

function elementOf(kind: string, type: FlatTable | null): ElementType | null {
  if (kind === "bool") return "bool";
  if (kind === "float") return (["float16", "float32", "float64"] as const)[type?.int16(0, 0) ?? 0] ?? null;
  return kind === "int" ? intType(type) : null;
}

function intType(type: FlatTable | null): ElementType | null {
  const bits = type?.int32(0, 0) ?? 0;
  const signed = (type?.uint8(1, 0) ?? 0) !== 0;
  return [8, 16, 32, 64].includes(bits) ? (`${signed ? "" : "u"}int${bits}` as ElementType) : null;
}

/** The format's default for indices is a signed 32-bit integer. */
function indexType(encoding: FlatTable): ElementType {
  const type = encoding.table(1);
  return (type && intType(type)) ?? "int32";
}

function listSizeOf(field: FlatTable, type: FlatTable | null): number {
  const size = type?.int32(0, 0) ?? 0;
  if (size < 0) throw damaged(field.source, `the list size ${size}`);
  return size;
}

function keyValues(table: FlatTable, field: number): Map<string, string> {
  return new Map(table.tables(field).map((pair) => [pair.text(0) ?? "", pair.text(1) ?? ""]));
}
