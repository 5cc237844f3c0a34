import { EexitError } from "../errors.ts";
import type { RawLossTable } from "../exits/loss-table.ts";
import type { InputRequest } from "./input-request.ts";
import { openContent } from "./open-content.ts";
import { readFloatRows } from "./read-rows.ts";
import type { Content, Part, Tensor } from "./tensor.ts";

/** Reads one loss table, all its parts: the record batches of an Arrow file each hold some of the rows, in any order. */
export async function readLossTable(content: Content, request: InputRequest): Promise<RawLossTable> {
  const parts: RawLossTable[] = [];
  for await (const part of content.parts()) parts.push(await readTablePart(part, content, request));
  return parts.length === 1 ? parts[0] : joinRows(parts);
}

/** Rows below rows: the same samples, other λ. */
function joinRows(parts: readonly RawLossTable[]): RawLossTable {
  const [first] = parts;
  const widthOf = ({ values, lambdas }: RawLossTable) => values.length / lambdas.length;
  const odd = parts.find((part) => widthOf(part) !== widthOf(first));
  if (odd) {
    throw new EexitError(
      "table-invalid",
      `${first.name}: ${widthOf(odd)} samples in one record batch, ${widthOf(first)} in another, expected the same`,
      "every row of a loss table holds one loss per sample",
    );
  }
  const exits = parts.map((part) => part.exits);
  return {
    ...first,
    lambdas: joined(parts.map(({ lambdas }) => lambdas)),
    values: joined(parts.map(({ values }) => values)),
    exits: exits.every((values) => values !== null) ? joined(exits) : null,
  };
}

function joined(pieces: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function readTablePart(part: Part, content: Content, request: InputRequest): Promise<RawLossTable> {
  const scores = request.scores || (part.has("scores") && !part.has("losses"));
  const values = part.get("losses") ?? part.get("scores") ?? part.get("");
  if (values?.shape.length !== 2) {
    throw new EexitError(
      "table-invalid",
      `${content.name}: ${values ? `shape [${values.shape.join(", ")}]` : "no losses or scores"}, expected losses [λ, sample]`,
      "see eexit help formats, loss tables",
    );
  }
  const lambdas = request.lambdas
    ? await bareArray(request.lambdas, "lambdas", request)
    : (part.get("lambdas") as Tensor);
  const exits = request.tableExits
    ? await bareArray(request.tableExits, "exits", request)
    : (part.get("exits") ?? part.get("costs"));
  if (lambdas.shape.length !== 1 || lambdas.shape[0] !== values.shape[0]) {
    throw new EexitError(
      "table-invalid",
      `${lambdas.name}: shape [${lambdas.shape.join(", ")}] does not fit losses of shape [${values.shape.join(", ")}], expected one λ per row`,
      "losses are [λ, sample]",
    );
  }
  return {
    name: content.name,
    lambdas: wholeTensor(lambdas),
    values: wholeTensor(values),
    scores,
    exits: exits ? wholeTensor(exits) : null,
    ...(exits && exits === part.get("costs") && { costUnit: "cost" }),
  };
}

/** Several files of one table continue each other along the samples: they must list the same λ. */
export function joinLossTables(tables: readonly RawLossTable[]): RawLossTable {
  const [first, ...rest] = tables;
  if (rest.length === 0) return first;
  const rowCount = first.lambdas.length;
  for (const table of rest) {
    const same = table.lambdas.length === rowCount && table.lambdas.every((lambda, k) => lambda === first.lambdas[k]);
    if (!same || table.scores !== first.scores || (table.exits === null) !== (first.exits === null)) {
      throw new EexitError(
        "shape-mismatch",
        `${table.name}: other λ, kind or exits than ${first.name}, expected the same`,
        "shards of a loss table hold the same λ and other samples",
      );
    }
  }
  const widths = tables.map((table) => table.values.length / rowCount);
  return {
    ...first,
    values: joinColumns(
      tables.map((table) => table.values),
      rowCount,
      widths,
    ),
    exits: first.exits && joinExits(tables, rowCount, widths),
  };
}

/** Per-sample exits are joined; mean exits are averaged by the number of samples. */
function joinExits(tables: readonly RawLossTable[], rowCount: number, widths: readonly number[]): Float64Array {
  const exits = tables.map((table) => table.exits as Float64Array);
  if (exits.every((values, t) => values.length === rowCount * widths[t] && widths[t] > 1)) {
    return joinColumns(exits, rowCount, widths);
  }
  const total = widths.reduce((sum, width) => sum + width, 0);
  return Float64Array.from({ length: rowCount }, (_, k) =>
    exits.reduce((sum, values, t) => sum + (values[k] * widths[t]) / total, 0),
  );
}

function joinColumns(parts: readonly Float64Array[], rowCount: number, widths: readonly number[]): Float64Array {
  const total = widths.reduce((sum, width) => sum + width, 0);
  const joined = new Float64Array(rowCount * total);
  let column = 0;
  parts.forEach((values, t) => {
    for (let k = 0; k < rowCount; k++)
      joined.set(values.subarray(k * widths[t], (k + 1) * widths[t]), k * total + column);
    column += widths[t];
  });
  return joined;
}

async function bareArray(path: string, name: string, request: InputRequest): Promise<Tensor> {
  const content = await openContent(path, request.readStdin);
  for await (const part of content.parts()) {
    const tensor = part.get("") ?? part.get(name);
    if (tensor) return tensor;
  }
  throw new EexitError(
    "array-missing",
    `${path}: no array ${name} and no bare array, expected one of them`,
    "write it with np.save",
  );
}

function wholeTensor(tensor: Tensor): Float64Array {
  return Float64Array.from(readFloatRows(tensor, 0, tensor.shape[0] ?? 1));
}
