import { EexitError } from "../errors.ts";
import { memoryTensor } from "./memory-tensor.ts";
import { printable } from "./printable.ts";
import type { Part, Tensor } from "./tensor.ts";

/** Numbers of a text table before they are arrays: `shape` `[n]` or `[n, …]`, values row-major. */
export interface NumberColumn {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Columns that come one per exit (or per sample, in a loss table) and belong together: `stem_1 … stem_k`. */
const numbered = /^(confidence(?::.+)?|prediction|loss(?::.+)?|absolute:.+|brier|score|exits)_([1-9]\d*)$/;
/** Names that a table may use for the same thing. */
const synonyms: Readonly<Record<string, string>> = { lambda: "lambdas", labels: "label", predictions: "prediction" };

/** Whether a text column holds numbers that a command may use; others (ids, texts) are passed over unread. */
export function isTableColumn(name: string): boolean {
  return numbered.test(name) || ["label", "labels", "lambda", "lambdas", "exits"].includes(name);
}

/**
 * Gathers the columns of a text table into arrays: `confidence_1 … confidence_k` becomes `confidence` `[n, k]`, likewise
 * `confidence:<measure>`, `prediction`, `loss:<risk>` and `brier`; in a loss table (a column `lambda`) `loss_1 … loss_n`
 * becomes `losses` `[K, n]` and `score_…` `scores`. Throws `table-invalid` when a number of a series is missing or a name
 * comes twice.
 */
export function gatherColumns(file: string, columns: ReadonlyMap<string, NumberColumn>): Part {
  const part = new Map<string, Tensor>();
  const series = new Map<string, NumberColumn[]>();
  const isLossTable = columns.has("lambda") || columns.has("lambdas");
  const add = (name: string, column: NumberColumn) => {
    if (part.has(name)) throw invalid(file, `two columns ${printable(name)}, expected one`, "drop one of them");
    part.set(name, tensorOf(`${file}:${printable(name)}`, column));
  };
  for (const [name, column] of columns) {
    const [, stem, number] = numbered.exec(name) ?? [];
    if (stem === undefined || column.shape.length !== 1) add(synonyms[name] ?? name, column);
    else series.set(stem, placed(series.get(stem) ?? [], Number(number), column));
  }
  for (const [stem, members] of series) {
    const missing = Array.from<NumberColumn | undefined>(members).indexOf(undefined);
    if (missing !== -1) {
      const names = `column ${printable(stem)}_${missing + 1}`;
      throw invalid(file, `no ${names}, expected 1 to ${members.length}`, "number the columns from 1 without gaps");
    }
    add(isLossTable ? ({ loss: "losses", score: "scores" }[stem] ?? stem) : stem, sideBySide(members));
  }
  return part;
}

/** Puts a member in its place; a number far beyond the others cannot be a series and would only cost memory. */
function placed(members: NumberColumn[], number: number, column: NumberColumn): NumberColumn[] {
  if (number <= 10_000_000) members[number - 1] = column;
  else members[members.length + 1] = column;
  return members;
}

function sideBySide(members: readonly NumberColumn[]): NumberColumn {
  const width = members.length;
  const rows = members[0]!.values.length;
  const values = new Float64Array(rows * width);
  members.forEach((column, at) => {
    for (let row = 0; row < rows; row++) values[row * width + at] = column.values[row]!;
  });
  return { shape: [rows, width], values };
}

/** An array in memory, as the binary formats give it. */
export function tensorOf(name: string, { shape, values }: NumberColumn): Tensor {
  return memoryTensor(name, shape, values);
}

function invalid(file: string, found: string, hint: string): EexitError {
  return new EexitError("table-invalid", `${file}: ${found}`, hint);
}
