import { EexitError } from "../errors.ts";
import { LEFT_OUT } from "../kernels/score-image.ts";
import type { DenseView } from "./dense-view.ts";
import type { InputRequest } from "./input-request.ts";
import { openContent } from "./open-content.ts";
import { readIntegers } from "./read-integers.ts";
import { prepareRows } from "./read-rows.ts";
import type { Content, Part, Tensor } from "./tensor.ts";

/** Labels per pixel, handed out image by image: one file for all images, or one file per input. */
export interface PixelLabelFeed {
  /**
   * The label map of the next image of input `inputIndex`, row-major `[height, width]`, as the file holds it.
   * @param room of an earlier map, which is overwritten if it fits
   */
  next(view: DenseView, inputIndex: number, room?: Int32Array): Promise<Int32Array>;
  /** Called once after the last image. @throws labels-mismatch when maps are left over */
  finish(): void;
}

const labelKeys = ["labels", "label", "targets", "arr_0"];

/**
 * Maps are read when their image is: a file of all labels is as long as all images.
 *
 * @param files one for all images, or as many as inputs, in the same order; null without files
 * @throws labels-mismatch when the numbers of files do not fit
 */
export function pixelLabelFeed(
  files: readonly string[],
  inputCount: number,
  { labelColumn, readStdin }: Pick<InputRequest, "labelColumn" | "readStdin">,
): PixelLabelFeed | null {
  if (files.length === 0) return null;
  if (files.length > 1 && files.length !== inputCount) {
    throw new EexitError(
      "labels-mismatch",
      `--labels: ${files.length} files for ${inputCount} inputs, expected one file in all or one per input`,
      "repeat --labels or quote a glob, in the order of the inputs",
    );
  }
  let open: { readonly index: number; readonly content: Content; readonly maps: LabelMaps } | null = null;
  const used: number[] = files.map(() => 0);
  const finishFile = () => {
    if (open === null) return;
    const { index, content, maps } = open;
    open = null;
    content.close();
    if (maps.imageCount !== used[index]) throw unequal(files[index], maps.imageCount, String(used[index]));
  };
  return {
    async next(view, inputIndex, room) {
      const index = files.length === 1 ? 0 : inputIndex;
      if (open?.index !== index) {
        finishFile();
        const content = await openContent(files[index], readStdin);
        const maps = labelMaps(await tensorsOf(content, files[index], labelColumn));
        open = { index, content, maps };
      }
      const at = used[index]++;
      const { imageCount } = open!.maps;
      if (at >= imageCount) throw unequal(files[index], imageCount, `more than ${at}`);
      return open!.maps.read(at, view, room);
    },
    finish: finishFile,
  };
}

function unequal(file: string, labelled: number, images: string): EexitError {
  return new EexitError(
    "labels-mismatch",
    `${file} holds labels of ${labelled} images but the logits hold ${images}`,
    "labels and images must come in the same order, one label map per image",
  );
}

/** Label maps of one or several arrays that continue each other. */
export interface LabelMaps {
  readonly imageCount: number;
  /** Image after image takes the memory of one, of compressed arrays too. */
  read(image: number, view: DenseView, room?: Int32Array): Promise<Int32Array>;
}

/** @param tensors `[N, H, W]`, or `[H, W]` for one image */
export function labelMaps(tensors: readonly Tensor[]): LabelMaps {
  const counts = tensors.map(({ shape }) => (shape.length === 2 ? 1 : shape[0]));
  return {
    imageCount: counts.reduce((sum, count) => sum + count, 0),
    async read(image, view, room) {
      let [index, at] = [0, image];
      while (at >= counts[index]) at -= counts[index++];
      const tensor = tensors[index];
      assertSize(tensor, view);
      if (tensor.shape.length === 3) await prepareRows(tensor, at, 1);
      return tensor.shape.length === 3 ? readIntegers(tensor, at, 1, room) : readIntegers(tensor, 0, undefined, room);
    },
  };
}

function assertSize(tensor: Tensor, { name, height, width, classCount }: DenseView): void {
  const [rows, columns] = tensor.shape.slice(-2);
  if (rows === height && columns === width) return;
  const swapped = rows === classCount && columns === height;
  throw new EexitError(
    "labels-mismatch",
    `${tensor.name}: label maps of ${rows} × ${columns} pixels, but ${name} has ${height} × ${width} and ${classCount} classes`,
    swapped
      ? "the classes seem to come last: use --layout nlhwc"
      : "resize the labels to the logits (nearest neighbour) or the logits to the labels before saving",
  );
}

async function tensorsOf(content: Content, file: string, column: string | null): Promise<Tensor[]> {
  const tensors: Tensor[] = [];
  for await (const part of content.parts()) {
    const keys = column === null ? ["", ...labelKeys] : [column];
    const tensor = keys.map((key) => part.get(key)).find((found) => found !== undefined);
    if (tensor === undefined) {
      throw new EexitError(
        "array-missing",
        `${file}: no array ${column ?? "labels"}, found ${[...part.keys()].join(", ") || "nothing"}`,
        "name it with --label-column",
      );
    }
    if (tensor.shape.length !== 3 && tensor.shape.length !== 2) {
      throw new EexitError(
        "shape-mismatch",
        `${tensor.name}: shape [${tensor.shape.join(", ")}], expected labels [N, H, W]`,
        "dense logits need one class index per pixel",
      );
    }
    tensors.push(tensor);
  }
  return tensors;
}

/** Label maps that travel with the logits: an array named label, labels or targets; null when there is none. */
export function ownLabelMaps(part: Part, view: DenseView, request: InputRequest): LabelMaps | null {
  const prefix = request.part === null ? "" : `${request.part}_`;
  const names = request.labelColumn ? [request.labelColumn] : [`${prefix}labels`, "label", "labels", "targets"];
  const tensor = names.map((name) => part.get(name)).find((found) => found !== undefined);
  if (tensor === undefined) {
    if (request.labelColumn === null) return null;
    throw new EexitError(
      "array-missing",
      `${view.name}: no array ${request.labelColumn}, found ${[...part.keys()].filter(Boolean).join(", ") || "no named array"}`,
      "see --label-column",
    );
  }
  const maps = labelMaps([tensor]);
  const fits = tensor.shape.length === 3 || (tensor.shape.length === 2 && view.single);
  if (fits && maps.imageCount === view.sampleCount) return maps;
  throw new EexitError(
    "labels-mismatch",
    `${tensor.name}: shape [${tensor.shape.join(", ")}], but the logits hold ${view.sampleCount} images of ${view.height} × ${view.width} pixels`,
    "one label map per image, in the same order",
  );
}

/**
 * Classes 0 … C−1, and {@link LEFT_OUT} where a label is ignored.
 *
 * @param image 0-based within the view
 * @throws label-invalid
 */
export function checkedPixelLabels(
  labels: Int32Array,
  ignored: readonly number[],
  view: DenseView,
  image: number,
): Int32Array {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label >= 0 && label < view.classCount && !ignored.includes(label)) continue;
    if (ignored.includes(label)) {
      labels[i] = LEFT_OUT;
      continue;
    }
    throw new EexitError(
      "label-invalid",
      `label ${label} at pixel (${Math.floor(i / view.width)}, ${i % view.width}) of image ${image} of ${view.name}, expected a class from 0 to ${view.classCount - 1}`,
      `leave such pixels out with --ignore-label ${label}`,
    );
  }
  return labels;
}
