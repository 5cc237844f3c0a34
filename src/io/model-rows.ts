import { EexitError } from "../errors.ts";
import { openContent } from "./open-content.ts";
import { type Content, elementCount, type Part, type Tensor } from "./tensor.ts";
import { type TypedRows, type TypeName, typedRows, widens } from "./typed-rows.ts";

/** What a model wants to be fed with; a negative size is open. */
export interface WantedInput {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

export interface RowBatch {
  /** 0-based, among all batches. */
  readonly number: number;
  /** Sample number of its first row. */
  readonly first: number;
  readonly rowCount: number;
  readonly values: ReadonlyMap<string, TypedRows>;
}

/** Every `count`-th batch, from the `index`-th on. */
export interface Share {
  readonly index: number;
  readonly count: number;
}

/** The rows of all inputs of a model, read batch by batch. */
export interface ModelRows {
  readonly rowCount: number;
  batchCount(size: number): number;
  /** Whether another process that opens the same files can read any of the rows without work of its own. */
  readonly shareable: boolean;
  /** Sentences for stderr: widening casts. */
  readonly notes: readonly string[];
  /** At most `size` rows each, in order; a batch does not reach over the parts of an Arrow file. Only those of a share are read. */
  batches(size: number, share?: Share): AsyncGenerator<RowBatch>;
  close(): void;
}

/** `name=path`, or a path for the only input or a file keyed by input name. */
interface Given {
  readonly input: string | null;
  readonly path: string;
  readonly content: Content;
}

/**
 * Opens the inputs of a model: one array for its only input, or arrays keyed by input name.
 *
 * @param texts the values of `--input`
 * @throws EexitError `model-input` when an input is missing, has another shape, or a type that would lose digits
 */
export async function openModelRows(
  texts: readonly string[],
  wanted: readonly WantedInput[],
  readStdin: () => Promise<Uint8Array>,
): Promise<ModelRows> {
  const names = wanted.map(({ name }) => name);
  const given: Given[] = [];
  for (const text of texts) {
    const [input, path] = splitName(text, names);
    given.push({ input, path, content: await openContent(path, readStdin) });
  }
  const parts = await partsOf(given, wanted);
  const notes = castNotes(parts[0] ?? new Map(), wanted);
  const rowCounts = parts.map((part) => checkedRows(part, wanted));
  const rowCount = rowCounts.reduce((sum, count) => sum + count, 0);
  if (rowCount === 0) {
    throw new EexitError(
      "too-few-exits",
      `${texts[0]}: holds no rows, expected at least 1 sample`,
      "check the step that wrote it",
    );
  }
  return {
    rowCount,
    batchCount: (size) => rowCounts.reduce((sum, count) => sum + Math.ceil(count / size), 0),
    shareable: parts.every((part) => wanted.every(({ name }) => part.get(name)!.bytes.shareable)),
    notes,
    async *batches(size, share = { index: 0, count: 1 }) {
      let [number, first] = [0, 0];
      for (const [index, part] of parts.entries()) {
        for (let start = 0; start < rowCounts[index]; start += size) {
          const count = Math.min(size, rowCounts[index] - start);
          if (number % share.count === share.index) {
            const values = new Map(wanted.map((input) => [input.name, rowsOf(part, input, start, count)]));
            yield { number, first, rowCount: count, values };
          }
          number++;
          first += count;
        }
      }
    },
    close: () => {
      for (const { content } of given) content.close();
    },
  };
}

/** `image=x.npy` names an input; a path may hold an equals sign of its own. */
function splitName(text: string, names: readonly string[]): [string | null, string] {
  const [, name, path] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  return name !== undefined && names.includes(name) ? [name, path] : [null, text];
}

/** Input name → array, part by part; only a single file may come in several parts. */
async function partsOf(given: readonly Given[], wanted: readonly WantedInput[]): Promise<Part[]> {
  const found: Map<string, Tensor>[] = [];
  for (const { input, path, content } of given) {
    let index = 0;
    for await (const part of content.parts()) {
      found[index] ??= new Map();
      for (const [name, tensor] of arraysFor(part, input, path, wanted)) found[index].set(name, tensor);
      index++;
    }
    if (given.length > 1 && index > 1) {
      throw new EexitError(
        "model-input",
        `${path}: ${index} record batches beside other --input files, expected all inputs in one Arrow file`,
        "write one file with a column per input",
      );
    }
  }
  for (const { name } of wanted) {
    if (found[0]?.has(name)) continue;
    throw new EexitError(
      "model-input",
      `input ${name}: not given, expected --input ${name}=FILE`,
      `the model's inputs are ${wanted.map((input) => input.name).join(", ")}`,
    );
  }
  return found;
}

function arraysFor(part: Part, input: string | null, path: string, wanted: readonly WantedInput[]): [string, Tensor][] {
  const sole = part.size === 1 ? part.values().next().value : part.get("");
  if (input !== null) {
    const tensor = part.get(input) ?? sole;
    if (tensor !== undefined) return [[input, tensor]];
    throw missing(path, input, part);
  }
  const keyed = wanted.flatMap(({ name }): [string, Tensor][] => {
    const tensor = part.get(name);
    return tensor === undefined ? [] : [[name, tensor]];
  });
  if (keyed.length > 0) return keyed;
  if (wanted.length === 1 && sole !== undefined) return [[wanted[0].name, sole]];
  throw missing(path, wanted.map(({ name }) => name).join(", "), part);
}

function missing(path: string, expected: string, part: Part): EexitError {
  const found = [...part.keys()].map((name) => name || "one bare array").join(", ") || "nothing";
  return new EexitError(
    "model-input",
    `${path}: holds ${found}, expected arrays named ${expected}`,
    "write --input name=FILE for each input of the model",
  );
}

/** Row count of one part, after checking shapes and types. */
function checkedRows(part: Part, wanted: readonly WantedInput[]): number {
  const [first] = wanted;
  const rows = part.get(first.name)?.shape[0] ?? 0;
  for (const { name, type, shape } of wanted) {
    const tensor = part.get(name)!;
    const fits =
      isFlat(tensor.shape, shape) ||
      (tensor.shape.length === shape.length &&
        shape.every((size, axis) => axis === 0 || size < 0 || size === tensor.shape[axis]));
    if (!fits && shape.length > 0) {
      const expected = shape.map((size, axis) => (axis === 0 ? "N" : size < 0 ? "?" : size)).join(", ");
      throw new EexitError(
        "model-input",
        `${tensor.name}: shape [${tensor.shape.join(", ")}], expected [${expected}] for input ${name}`,
        "one row per sample on the first axis; reshape it before saving",
      );
    }
    if (tensor.shape[0] !== rows) {
      throw new EexitError(
        "model-input",
        `${tensor.name}: ${tensor.shape[0]} rows, expected ${rows} as for input ${first.name}`,
        "all inputs need one row per sample",
      );
    }
    if (!(widens[type as TypeName]?.includes(tensor.type) ?? false)) {
      throw new EexitError(
        "model-input",
        `${tensor.name}: element type ${tensor.type}, expected ${type} for input ${name}`,
        `convert it before saving, where that loses nothing: x.astype("${type}")`,
      );
    }
  }
  return rows;
}

function rowsOf(part: Part, { name, type, shape }: WantedInput, start: number, count: number): TypedRows {
  const tensor = part.get(name)!;
  const sampleShape = (isFlat(tensor.shape, shape) ? shape : tensor.shape).slice(1);
  return typedRows(tensor, type as TypeName, sampleShape, start, count);
}

/** Lists of numbers per row (what an Arrow column holds) stand for an image whose size the model fixes. */
function isFlat(found: readonly number[], wanted: readonly number[]): boolean {
  const sample = wanted.slice(1);
  return (
    found.length === 2 && sample.length > 1 && sample.every((size) => size > 0) && elementCount(sample) === found[1]
  );
}

function castNotes(part: Part, wanted: readonly WantedInput[]): string[] {
  return wanted.flatMap(({ name, type }) => {
    const tensor = part.get(name);
    return tensor === undefined || tensor.type === type
      ? []
      : [`${tensor.name}: ${tensor.type} read as ${type} for input ${name}`];
  });
}
