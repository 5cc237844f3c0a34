import { EexitError } from "../errors.ts";
import type { Floats } from "../exits/types.ts";
import { fitsFloat32 } from "./decode-elements.ts";
import type { Layout, LogitRequest } from "./input-request.ts";
import { permuteAxes, prepareRows, readFloatRows, rowReader } from "./read-rows.ts";
import type { Content, Part, Tensor } from "./tensor.ts";

/** Logits (or probabilities) of one part, whatever arrays they are spread over, as rows of `[exitCount, classCount]`. */
export interface LogitView {
  readonly name: string;
  readonly sampleCount: number;
  readonly exitCount: number;
  readonly classCount: number;
  readonly exitNames: readonly string[] | null;
  /** Known from the array's name (`probs`); null when it has to be detected. */
  readonly values: "logits" | "probs" | null;
  /** The type of the values of `readRows`. */
  readonly type: Float32ArrayConstructor | Float64ArrayConstructor;
  /** Row-major `[count, exitCount, classCount]`, in the start of `room` if that is given (of this type, and large enough). */
  readRows(start: number, count: number, room?: Floats): Floats;
  /** To be awaited before `readRows` of rows in a range, for the sake of memory: decodes what can only be decoded in order. Null if nothing is. */
  readonly prepare: ((start: number, count: number) => Promise<void>) | null;
  /** Whether another thread that opens the same file can read any of its rows. */
  readonly shareable: boolean;
}

const axesByLayout: Readonly<Record<Exclude<Layout, "nlhwc">, readonly number[]>> = {
  nlc: [0, 1, 2],
  lnc: [1, 0, 2],
  ncl: [0, 2, 1],
};

/** More exits than any published network has: beyond, the axes are probably in another order. */
const MOST_EXITS = 64;

/**
 * Finds the logits among the arrays of a part: `logits` or `probs`, one bare array `[N, L, C]`, or one array `[N, C]` per exit.
 *
 * @returns null when the part holds none
 * @throws layout-suspect, shape-mismatch, too-few-exits
 */
export function findLogits(part: Part, content: Content, request: LogitRequest): LogitView | null {
  const prefix = request.part === null ? "" : `${request.part}_`;
  if (request.exits !== null) return viewOfExits(exitArrays(part, request.exits, content), request.exits);
  for (const [key, values] of [
    [`${prefix}logits`, null],
    [`${prefix}probs`, "probs"],
    ...(prefix === "" ? [] : [[`${prefix}pred`, null] as const]),
    ["", null],
    ["arr_0", null],
  ] as const) {
    const tensor = part.get(key);
    if (tensor && tensor.shape.length >= 3) return viewOfCube(tensor, content, request, values);
  }
  const stacked = numbered(part, "exit_", 1) ?? numbered(part, "arr_", 0);
  return stacked && viewOfExits(stacked, null);
}

/** The arrays of `--exits a,b,c`, as they are named in the file. */
function exitArrays(part: Part, names: readonly string[], content: Content): Tensor[] {
  return names.map((name) => {
    const tensor = part.get(name);
    if (tensor) return tensor;
    throw new EexitError(
      "array-missing",
      `${content.name}: no array ${name}, found ${[...part.keys()].filter(Boolean).join(", ") || "no named array"}`,
      "name one array per exit: --exits a,b,c",
    );
  });
}

/** `exit_1`, `exit_2`, … (or `arr_0`, `arr_1`, …) of equal shape [N, C]; null when there are fewer than two. */
function numbered(part: Part, prefix: string, first: number): Tensor[] | null {
  const tensors: Tensor[] = [];
  for (let index = first; ; index++) {
    const tensor = part.get(`${prefix}${index}`);
    if (tensor?.shape.length !== 2) break;
    tensors.push(tensor);
  }
  return tensors.length > 0 ? tensors : null;
}

/** @param tensors one `[N, C]` array per exit */
export function viewOfExits(tensors: readonly Tensor[], exitNames: readonly string[] | null): LogitView {
  const [sampleCount, classCount] = tensors[0].shape;
  for (const tensor of tensors) {
    if (tensor.shape.length === 2 && tensor.shape[0] === sampleCount && tensor.shape[1] === classCount) continue;
    throw new EexitError(
      "shape-mismatch",
      `${tensor.name}: shape [${tensor.shape.join(", ")}], expected [${sampleCount}, ${classCount}] as ${tensors[0].name}`,
      "each exit needs one array [N, C] of the same shape",
    );
  }
  const counts = { name: tensors[0].name, sampleCount, exitCount: tensors.length, classCount };
  assertEnough(counts);
  const type = tensors.every((tensor) => fitsFloat32(tensor.type)) ? Float32Array : Float64Array;
  const buffers: Floats[] = [];
  return {
    ...counts,
    ...accessOf(tensors),
    exitNames,
    values: null,
    type,
    readRows(start, count, room) {
      const rows = room ?? new type(count * tensors.length * classCount);
      for (const [exit, tensor] of tensors.entries()) {
        const exitRows = readFloatRows(tensor, start, count, buffers[exit]);
        if (!(buffers[exit]?.length >= exitRows.length)) buffers[exit] = exitRows;
        interleave(exitRows, rows, exit, tensors.length, count, classCount);
      }
      return rows.subarray(0, count * tensors.length * classCount);
    },
  };
}

/** Rows of one exit to their places among those of all. */
function interleave(
  exitRows: Floats,
  rows: Floats,
  exit: number,
  exitCount: number,
  count: number,
  size: number,
): void {
  for (let i = 0; i < count; i++) {
    rows.set(exitRows.subarray(i * size, (i + 1) * size), (i * exitCount + exit) * size);
  }
}

function accessOf(tensors: readonly Tensor[]): Pick<LogitView, "shareable" | "prepare"> {
  return {
    shareable: tensors.every(({ bytes }) => bytes.shareable),
    prepare: tensors.every(({ bytes }) => bytes.ahead === null)
      ? null
      : async (start, count) => {
          for (const tensor of tensors) await prepareRows(tensor, start, count);
        },
  };
}

function viewOfCube(tensor: Tensor, content: Content, request: LogitRequest, values: "probs" | null): LogitView {
  const layout = request.layout ?? content.layoutHint ?? "nlc";
  if (tensor.shape.length !== 3 || layout === "nlhwc") throw notACube(tensor, layout);
  const cube = permuteAxes(tensor, axesByLayout[layout]);
  const [sampleCount, exitCount, classCount] = cube.shape;
  if (request.layout === null) assertPlausible(tensor, sampleCount, exitCount);
  const counts = { name: tensor.name, sampleCount, exitCount, classCount };
  assertEnough(counts);
  return {
    ...counts,
    ...accessOf([cube]),
    exitNames: null,
    values,
    type: fitsFloat32(tensor.type) ? Float32Array : Float64Array,
    readRows: rowReader(cube),
  };
}

function notACube(tensor: Tensor, layout: Layout): EexitError {
  const shape = `[${tensor.shape.join(", ")}]`;
  const expected = layout === "nlhwc" ? "[N, L, H, W, C] for --layout nlhwc" : "[N, L, C]";
  return new EexitError(
    "shape-mismatch",
    `${tensor.name}: shape ${shape}, expected ${expected}`,
    "see eexit help formats",
  );
}

function assertPlausible(tensor: Tensor, sampleCount: number, exitCount: number): void {
  if (exitCount <= MOST_EXITS && (exitCount <= sampleCount || sampleCount === 0)) return;
  throw new EexitError(
    "layout-suspect",
    `${tensor.name}: shape [${tensor.shape.join(", ")}] read as [sample, exit, class] has ${exitCount} exits and ${sampleCount} samples`,
    "if exits come first use --layout lnc; --layout nlc reads it as it is",
  );
}

type Counts = Pick<LogitView, "name" | "sampleCount" | "exitCount" | "classCount">;

function assertEnough({ name, sampleCount, exitCount, classCount }: Counts): void {
  const counts = [counted(sampleCount, "sample"), counted(exitCount, "exit"), counted(classCount, "class", "classes")];
  const found = `${name}: ${counts.join(", ")}`;
  if (sampleCount === 0)
    throw new EexitError("too-few-exits", `${found}, expected at least 1 sample`, "check the step that wrote it");
  if (exitCount < 2) {
    throw new EexitError(
      "too-few-exits",
      `${found}, expected at least 2 exits`,
      "the last exit is the full network; see --exits and --layout",
    );
  }
  if (classCount < 2) throw new EexitError("too-few-exits", `${found}, expected at least 2 classes`, "see --layout");
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
