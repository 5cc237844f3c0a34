import { EexitError } from "../errors.ts";
import type { Floats } from "../exits/types.ts";
import type { ImagePixels, ImageShape } from "../kernels/score-image.ts";
import { fitsFloat32 } from "./decode-elements.ts";
import type { InputRequest, Layout } from "./input-request.ts";
import { permuteAxes, prepareRows, readFloatBlock, readFloatRows } from "./read-rows.ts";
import { type Content, elementBytes, type Part, type Tensor } from "./tensor.ts";

/** Dense logits (or probabilities) of one part: images that share their size, read piece by piece. */
export interface DenseView extends ImageShape {
  readonly name: string;
  readonly sampleCount: number;
  readonly exitNames: readonly string[] | null;
  /** Known from the array's name (`probs`); null when it has to be detected. */
  readonly values: "logits" | "probs" | null;
  /** A single image without a sample axis. */
  readonly single: boolean;
  /** To be awaited before an image is read, for the sake of memory: decodes what can only be decoded in order. */
  prepare(sample: number): Promise<void>;
  /** The pixels of one image over all exits. */
  pixelsOf(sample: number): ImagePixels;
  /** One exit's output for one image, row-major `[classCount, height, width]`; overwritten by the next call. */
  exitOf(sample: number, exitIndex: number): Floats;
}

/** Axes of an array as [sample, exit, class, height, width]. */
const axesByLayout: Readonly<Record<Layout, readonly number[]>> = {
  nlc: [0, 1, 2, 3, 4],
  lnc: [1, 0, 2, 3, 4],
  ncl: [0, 2, 1, 3, 4],
  nlhwc: [0, 1, 4, 2, 3],
};

/** More exits than any published network has: beyond, the axes are probably in another order. */
const MOST_EXITS = 64;

/**
 * Finds dense logits among the arrays of a part: `logits`, `probs` or a bare array `[N, L, C, H, W]` (one image: `[L, C, H, W]`),
 * or one array `[N, C, H, W]` per exit (`exit_1` …, `arr_0` …, or the names of `--exits`).
 *
 * @returns null when the part holds none
 * @throws layout-suspect, shape-mismatch, too-few-exits
 */
export function findDense(part: Part, content: Content, request: InputRequest): DenseView | null {
  if (request.exits !== null) {
    const named = request.exits.map((name) => part.get(name));
    const [first] = named;
    if (first === undefined || first.shape.length < 3 || named.includes(undefined)) return null;
    return denseOfExits(named as Tensor[], request.exits, request);
  }
  const perExit = numbered(part, "exit_", 1, [3, 4]) ?? numbered(part, "arr_", 0, [4]);
  if (perExit) return denseOfExits(perExit, null, request);
  const prefix = request.part === null ? "" : `${request.part}_`;
  for (const [key, values] of [
    [`${prefix}logits`, null],
    [`${prefix}probs`, "probs"],
    ["", null],
    ["arr_0", null],
  ] as const) {
    const tensor = part.get(key);
    if (tensor?.shape.length === 4 || tensor?.shape.length === 5) return denseOfCube(tensor, content, request, values);
  }
  return null;
}

/** At least two of `exit_1`, `exit_2`, … of one of the given ranks. */
function numbered(part: Part, prefix: string, first: number, ranks: readonly number[]): Tensor[] | null {
  const tensors: Tensor[] = [];
  for (let index = first; ; index++) {
    const tensor = part.get(`${prefix}${index}`);
    if (tensor === undefined || !ranks.includes(tensor.shape.length)) break;
    tensors.push(tensor);
  }
  return tensors.length >= 2 ? tensors : null;
}

/** @param tensors one `[N, C, H, W]` (or, for one image, `[C, H, W]`) array per exit */
export function denseOfExits(
  tensors: readonly Tensor[],
  exitNames: readonly string[] | null,
  { layout }: Pick<InputRequest, "layout">,
): DenseView {
  const [first] = tensors;
  for (const tensor of tensors) {
    if (tensor.shape.length >= 3 && tensor.shape.length <= 4 && tensor.shape.join() === first.shape.join()) continue;
    throw new EexitError(
      "shape-mismatch",
      `${tensor.name}: shape [${tensor.shape.join(", ")}], expected [${first.shape.join(", ")}] as ${first.name}`,
      "each exit needs one array [N, C, H, W] of the same shape",
    );
  }
  const single = first.shape.length === 3;
  const order = layout === "nlhwc" ? [0, 3, 1, 2] : [0, 1, 2, 3];
  const exits = tensors.map((tensor) => permuteAxes(single ? withSampleAxis(tensor) : tensor, order));
  const [sampleCount, classCount, height, width] = exits[0].shape;
  const shape = { exitCount: exits.length, classCount, height, width };
  const about = { name: first.name, sampleCount, exitNames, values: null, single };
  assertEnough(about.name, sampleCount, shape);
  return denseView(exits, about, shape);
}

function denseOfCube(tensor: Tensor, content: Content, request: InputRequest, values: "probs" | null): DenseView {
  const single = tensor.shape.length === 4;
  const layout = request.layout ?? (single ? "nlc" : (content.layoutHint ?? "nlc"));
  const whole = single ? withSampleAxis(tensor) : tensor;
  // without a sample axis there is nothing to be exit-major against
  const cube = permuteAxes(whole, axesByLayout[single && layout === "lnc" ? "nlc" : layout]);
  const [sampleCount, exitCount, classCount, height, width] = cube.shape;
  if (request.layout === null && exitCount > MOST_EXITS) throw suspect(tensor, exitCount);
  const shape = { exitCount, classCount, height, width };
  const about = { name: tensor.name, sampleCount, exitNames: null, values, single };
  assertEnough(about.name, sampleCount, shape);
  return denseView([cube], about, shape);
}

function suspect(tensor: Tensor, exitCount: number): EexitError {
  const read =
    tensor.shape.length === 4 ? "one image [exit, class, height, width]" : "[sample, exit, class, height, width]";
  return new EexitError(
    "layout-suspect",
    `${tensor.name}: shape [${tensor.shape.join(", ")}] read as ${read} has ${exitCount} exits`,
    tensor.shape.length === 4
      ? "one [N, C, H, W] file per exit: list the files and name them with --exits a,b,c; --layout nlc reads it as it is"
      : "if exits come first use --layout lnc; --layout nlc reads it as it is",
  );
}

/** @param tensors one `[N, L, C, H, W]`, or one `[N, C, H, W]` per exit */
function denseView(
  tensors: readonly Tensor[],
  about: Pick<DenseView, "name" | "sampleCount" | "exitNames" | "values" | "single">,
  shape: ImageShape,
): DenseView {
  const type = tensors.every((tensor) => fitsFloat32(tensor.type)) ? Float32Array : Float64Array;
  let buffer: Floats | undefined;
  return {
    ...about,
    ...shape,
    async prepare(sample) {
      for (const tensor of tensors) await prepareRows(tensor, sample, 1);
    },
    pixelsOf: (sample) => ({
      type,
      read: pixelReader(
        tensors.map((tensor) => slice(tensor, 0, sample)),
        shape,
        type,
      ),
    }),
    exitOf(sample, exitIndex) {
      const exit = tensors.length > 1 ? tensors[exitIndex] : slice(tensors[0], 1, exitIndex);
      buffer = larger(buffer, readFloatRows(slice(exit, 0, sample), 0, shape.classCount, buffer));
      return buffer;
    },
  };
}

/** @param images one `[L, C, H, W]`, or one `[C, H, W]` per exit */
function pixelReader(
  images: readonly Tensor[],
  { exitCount, classCount, width }: ImageShape,
  type: ImagePixels["type"],
): ImagePixels["read"] {
  const size = exitCount * classCount * width;
  return (firstRow, rowCount, room = new type(size * rowCount)) => {
    const share = (size * rowCount) / images.length;
    for (const [index, image] of images.entries()) {
      const { shape, strides } = image;
      const own = room.subarray(index * share, (index + 1) * share);
      const block = [...shape.slice(0, -2), rowCount, width];
      const values = readFloatBlock(image, block, firstRow * strides[strides.length - 2], own);
      // a float32 exit beside float64 ones
      if (values.buffer !== own.buffer) own.set(values);
    }
    return room.subarray(0, size * rowCount);
  };
}

/** Keeps the larger buffer of two, so that a short last block does not shrink it. */
function larger(kept: Floats | undefined, values: Floats): Floats {
  return kept !== undefined && kept.buffer === values.buffer ? kept : values;
}

/** The array at one index of an axis. */
function slice(tensor: Tensor, axis: number, index: number): Tensor {
  return {
    ...tensor,
    shape: tensor.shape.toSpliced(axis, 1),
    strides: tensor.strides.toSpliced(axis, 1),
    offset: tensor.offset + index * tensor.strides[axis] * elementBytes[tensor.type],
  };
}

function withSampleAxis(tensor: Tensor): Tensor {
  return { ...tensor, shape: [1, ...tensor.shape], strides: [0, ...tensor.strides] };
}

function assertEnough(name: string, sampleCount: number, { exitCount, classCount, height, width }: ImageShape): void {
  const problem =
    sampleCount === 0
      ? ["0 images", "at least 1", "check the step that wrote it"]
      : exitCount < 2
        ? [`${exitCount} exit`, "at least 2", "the last exit is the full network; see --exits and --layout"]
        : classCount < 2
          ? [`${classCount} class`, "at least 2", "see --layout"]
          : height * width === 0
            ? [`images of ${height} × ${width} pixels`, "at least 1 pixel", "check the step that wrote it"]
            : null;
  if (problem === null) return;
  const [found, expected, hint] = problem;
  throw new EexitError("too-few-exits", `${name}: ${found}, expected ${expected}`, hint);
}
