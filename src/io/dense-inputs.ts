import { setImmediate } from "node:timers/promises";
import { EexitError } from "../errors.ts";
import { assertSameColumns } from "../exits/exit-table.ts";
import type { ExitTable } from "../exits/types.ts";
import { assertAllRowsUsed, confidenceFiles, partColumns, shifted } from "./confidence-columns.ts";
import { type DenseView, denseOfExits, findDense } from "./dense-view.ts";
import { exitFileTensors } from "./exit-files.ts";
import { expandInputs } from "./expand-inputs.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import { openContent } from "./open-content.ts";
import { ownLabelMaps, pixelLabelFeed } from "./pixel-labels.ts";
import { ImagesScorer, imagesPerChunk, isImageConfidence } from "./score-images.ts";
import type { Content, Part } from "./tensor.ts";

/** Dense inputs as exit tables, one row per image. */
export interface DenseInputs {
  readonly stepCount: number;
  chunks(onStep?: () => void): AsyncGenerator<ExitTable>;
  /** The images themselves, one view per file (or part of one). A view is good until the next is asked for. */
  views(): AsyncGenerator<DenseView>;
}

/** A view with what travels beside it. */
interface DensePart {
  readonly view: DenseView;
  readonly part: Part;
  readonly inputIndex: number;
}

/** @returns null when the first input holds no dense logits */
export async function openDense(
  names: readonly string[],
  first: Content,
  part: Part,
  request: InputRequest,
  facts: InputFacts,
): Promise<DenseInputs | null> {
  const perExit = await viewOfExitFiles(names, first, part, request);
  const firstView = perExit ?? findDense(part, first, request);
  if (firstView === null) return null;
  const oneFile = perExit !== null || names.length === 1;
  if (firstView.single && request.exits === null) noteSingle(firstView, names.length, facts);
  const parts = perExit ? () => onePart(perExit) : () => denseParts(names, first, request);
  return {
    stepCount: oneFile ? Math.ceil(firstView.sampleCount / imagesPerChunk(firstView)) : names.length,
    chunks: (onStep = () => {}) => chunks(parts(), oneFile, perExit ? 1 : names.length, onStep, request, facts),
    async *views() {
      for await (const { view } of parts()) yield view;
    },
  };
}

async function viewOfExitFiles(
  names: readonly string[],
  first: Content,
  part: Part,
  request: InputRequest,
): Promise<DenseView | null> {
  const { exits } = request;
  const rank = part.get("")?.shape.length ?? 0;
  if (exits === null || rank < 3 || rank > 4) return null;
  return denseOfExits(await exitFileTensors(names, first, exits, request.readStdin), exits, request);
}

/** A bare array of four axes could be one exit of many images; what it was read as has to be seen. */
function noteSingle(view: DenseView, fileCount: number, facts: InputFacts): void {
  const { exitCount, classCount, height, width, name } = view;
  const each = fileCount > 1 ? `each of the ${fileCount} files is` : "is";
  facts.notes.push(
    `${name}: ${each} read as one image: ${exitCount} exits, ${classCount} classes, ${height} × ${width} pixels`,
  );
}

async function* onePart(view: DenseView): AsyncGenerator<DensePart> {
  yield { view, part: new Map(), inputIndex: 0 };
}

async function* denseParts(names: readonly string[], first: Content, request: InputRequest): AsyncGenerator<DensePart> {
  for (const [inputIndex, name] of names.entries()) {
    const content = inputIndex === 0 ? first : await openContent(name, request.readStdin);
    for await (const part of content.parts()) {
      const view = findDense(part, content, request);
      if (view === null) {
        const found = [...part].map(([key, { shape }]) => `${key || "an array"} [${shape.join(", ")}]`).join(", ");
        throw new EexitError(
          "shape-mismatch",
          `${name}: holds ${found || "nothing"}, expected dense logits [N, L, C, H, W] as ${names[0]}`,
          "look at each input with eexit inspect",
        );
      }
      yield { view, part, inputIndex };
    }
    content.close();
  }
}

async function* chunks(
  parts: AsyncGenerator<DensePart>,
  oneFile: boolean,
  inputCount: number,
  onStep: () => void,
  request: InputRequest,
  facts: InputFacts,
): AsyncGenerator<ExitTable> {
  const labels = pixelLabelFeed(await expandInputs(request.labels), inputCount, request);
  const files = await confidenceFiles(request);
  const scorer = new ImagesScorer(request, facts);
  let rows = 0;
  let lastFile = 0;
  let firstTable: { readonly table: ExitTable; readonly name: string } | null = null;
  for await (const { view, part, inputIndex } of parts) {
    facts.exitNames ??= view.exitNames;
    if (!oneFile && inputIndex !== lastFile) onStep();
    lastFile = inputIndex;
    const own = labels ? null : ownLabelMaps(part, view, request);
    let image = 0;
    const labelsOf = labels
      ? (room?: Int32Array) => labels.next(view, inputIndex, room)
      : own && ((room?: Int32Array) => own.read(image++, view, room));
    const columns = [...shifted(files, rows), ...partColumns(part, request, isImageConfidence)];
    for await (const table of scorer.tables(view, labelsOf, columns)) {
      firstTable ??= { table, name: view.name };
      if (firstTable.table !== table) assertSameColumns(firstTable.table, table, firstTable.name, view.name);
      if (oneFile) onStep();
      // Lets signals and pending output through: an image may take a second without a pause.
      await setImmediate();
      yield table;
    }
    rows += view.sampleCount;
  }
  labels?.finish();
  assertAllRowsUsed(files, rows);
  noteLeftOut(facts);
}

/** Says what labels left out, after the last image. */
export function noteLeftOut({ dense, notes }: InputFacts): void {
  if (dense === undefined || dense.ignoredPixels === 0) return;
  const { ignoredPixels, emptyImages } = dense;
  notes.push(`${ignoredPixels} pixels left out by their label`);
  if (emptyImages === 0) return;
  const images = emptyImages === 1 ? "1 image has" : `${emptyImages} images have`;
  notes.push(`${images} no other pixel: losses against labels count as 0 there, which no network earned`);
}
