import { EexitError } from "../errors.ts";
import type { LossKind } from "../exits/types.ts";
import type { DenseFacts, InputFacts } from "./input-request.ts";
import type { Content } from "./tensor.ts";

/** The key of an Arrow table's schema metadata that holds everything below as JSON. */
export const TABLE_METADATA_KEY = "eexit";

/** What an exit table says about itself, beside its columns. */
export interface TableMetadata {
  readonly format: "eexit-exit-table";
  readonly version: 1;
  readonly samples: number;
  readonly exits: number;
  readonly classes: number | null;
  /** Declared range of every loss column. */
  readonly risks: Readonly<
    Record<string, { readonly lower: number; readonly upper: number; readonly binary: boolean }>
  >;
  readonly costs: readonly number[] | null;
  readonly costUnit: string | null;
  readonly inputValues: "logits" | "probs" | null;
  readonly exitNames: readonly string[] | null;
  /** Rows left out by their label, and the labels that leave something out. */
  readonly ignored: number;
  readonly ignoreLabel?: readonly number[];
  /** Of dense outputs. */
  readonly dense?: DenseFacts;
  /** Canonical hash per confidence and risk is in the threshold file; this one covers all columns as stored. */
  readonly sha256: string;
  readonly tool: { readonly name: string; readonly version: string };
}

/**
 * Reads the metadata of an exit table into the facts.
 *
 * @throws version-unsupported for a later version; file-malformed when it is not JSON of that form
 */
export function readTableMetadata(
  content: Content,
  facts: InputFacts,
): { classCount: number | null; kinds: Map<string, LossKind> } {
  const text = content.metadata.get(TABLE_METADATA_KEY);
  if (text === undefined) return { classCount: null, kinds: new Map() };
  const metadata = parse(text, content.name);
  if (!counted.has(content)) addLeftOut(metadata, content.name, facts);
  counted.add(content);
  facts.inputValues ??= metadata.inputValues ?? null;
  facts.exitNames ??= metadata.exitNames ?? null;
  if (metadata.costs && !facts.costs) facts.costs = { costs: metadata.costs, unit: metadata.costUnit ?? "cost" };
  const kinds = Object.entries(metadata.risks ?? {}).map(([name, range]): [string, LossKind] => [
    name,
    { name, ...range },
  ]);
  return { classCount: metadata.classes ?? null, kinds: new Map(kinds) };
}

/** Contents whose metadata is in the facts: an Arrow file shows it with each of its record batches. */
const counted = new WeakSet<Content>();

/** What scoring left out counts as if the logits themselves had been read. */
function addLeftOut(
  { ignored = 0, ignoreLabel, dense }: Partial<TableMetadata>,
  name: string,
  facts: InputFacts,
): void {
  facts.ignoredCount += ignored;
  if (ignoreLabel !== undefined) facts.ignoreLabels = ignoreLabel;
  if (dense === undefined) return;
  const before = facts.dense;
  if (before !== undefined && before.iou !== dense.iou) {
    throw new EexitError(
      "shape-mismatch",
      `${name}: mean IoU over ${dense.iou} classes, expected ${before.iou} as before`,
      "score all inputs with the same --iou",
    );
  }
  facts.dense = {
    iou: dense.iou,
    ignoredPixels: (before?.ignoredPixels ?? 0) + dense.ignoredPixels,
    emptyImages: (before?.emptyImages ?? 0) + dense.emptyImages,
  };
}

function parse(text: string, name: string): Partial<TableMetadata> {
  let metadata: Partial<TableMetadata> | null;
  try {
    metadata = JSON.parse(text);
  } catch {
    metadata = null;
  }
  if (metadata === null || typeof metadata !== "object" || metadata.format !== "eexit-exit-table") {
    throw new EexitError(
      "file-malformed",
      `${name}: schema metadata ${TABLE_METADATA_KEY} is not an exit table's`,
      "write it again with eexit score",
    );
  }
  if (Number(metadata.version) > 1) {
    throw new EexitError(
      "version-unsupported",
      `${name}: exit table version ${metadata.version}, expected 1`,
      "it was written by a later eexit; update this one",
    );
  }
  return metadata;
}
