import { setImmediate } from "node:timers/promises";
import { EexitError } from "../errors.ts";
import { appendTables, assertSameColumns } from "../exits/exit-table.ts";
import type { RawLossTable } from "../exits/loss-table.ts";
import type { ExitTable } from "../exits/types.ts";
import { chunkRows } from "./chunk-scorer.ts";
import {
  assertAllRowsUsed,
  type ConfidenceColumn,
  columnConfidences,
  confidenceFiles,
  partColumns,
  shifted,
} from "./confidence-columns.ts";
import type { DenseView } from "./dense-view.ts";
import { exitFileTensors } from "./exit-files.ts";
import { exitTableColumns } from "./exit-table-columns.ts";
import { expandInputs } from "./expand-inputs.ts";
import type { InputFacts, InputRequest } from "./input-request.ts";
import { isExitTable, isLossTable, mayBeDense } from "./kind-of-part.ts";
import { type LabelFeed, labelFeed } from "./label-feed.ts";
import { labelKeys } from "./label-keys.ts";
import { firstPart, type LogitOrigin } from "./logit-origin.ts";
import { findLogits, type LogitView, viewOfExits } from "./logit-view.ts";
import { openContent } from "./open-content.ts";
import { readIntegers } from "./read-integers.ts";
import { keptTables, scorePart, type TableUse } from "./score-part.ts";
import { ScoreThreads } from "./score-threads.ts";
import type { Content, Part } from "./tensor.ts";

/** What the inputs turned out to be. Exit tables come in chunks; `facts` are complete after the last one. */
export type Inputs =
  | {
      readonly kind: "exits";
      readonly facts: InputFacts;
      readonly names: readonly string[];
      /** How many times `onStep` will be called: per file, or per chunk where one file is all. */
      readonly stepCount: number;
      chunks(onStep?: () => void, use?: TableUse): AsyncGenerator<ExitTable>;
      /** The images of dense inputs, one view per file; absent elsewhere. */
      readonly views?: () => AsyncGenerator<DenseView>;
    }
  | {
      readonly kind: "loss-table";
      readonly facts: InputFacts;
      readonly names: readonly string[];
      readonly table: RawLossTable;
    };

/** Opens the inputs and tells their kind from the first one's content. */
export async function openInputs(request: InputRequest): Promise<Inputs> {
  const names = await expandInputs(request.inputs);
  const facts: InputFacts = { inputValues: null, ignoredCount: 0, exitNames: null, costs: null, notes: [] };
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) facts.notes.push(`${repeated} is given more than once: its rows count each time`);
  const first = await openContent(names[0], request.readStdin);
  const part = exitTableColumns(await firstPart(first), request);
  if (isLossTable(part, request)) {
    const { joinLossTables, readLossTable } = await import("./loss-table-input.ts");
    const tables: RawLossTable[] = [await readLossTable(first, request)];
    for (const name of names.slice(1)) {
      const content = await openContent(name, request.readStdin);
      tables.push(await readLossTable(content, request));
      content.close();
    }
    first.close();
    return { kind: "loss-table", facts, names, table: joinLossTables(tables) };
  }
  const dense = mayBeDense(part, request)
    ? await (await import("./dense-inputs.ts")).openDense(names, first, part, request, facts)
    : null;
  if (dense) return { kind: "exits", facts, names, ...dense };
  const perExit = request.exits !== null && part.get("")?.shape.length === 2;
  const exits = request.exits as readonly string[];
  const files = perExit ? viewOfExits(await exitFileTensors(names, first, exits, request.readStdin), exits) : null;
  const view =
    files ??
    (names.length === 1 && first.format !== "arrow" && !isExitTable(part) ? findLogits(part, first, request) : null);
  return {
    kind: "exits",
    facts,
    names,
    stepCount: view ? Math.ceil(view.sampleCount / chunkRows(view)) : names.length,
    chunks: async function* (onStep = () => {}, use = keptTables) {
      let lastFile = 0;
      const threads = new ScoreThreads(request.threads);
      try {
        if (view) await threads.start(view);
        for await (const { chunk, fileIndex } of exitChunks(names, first, files, request, facts, { threads, use })) {
          if (view || fileIndex !== lastFile) onStep();
          lastFile = fileIndex;
          // Lets signals and pending output through: a chunk is some 10 ms of work without a pause.
          await setImmediate();
          yield chunk;
        }
      } finally {
        threads.close();
      }
    },
  };
}

/** All rows of the inputs as one exit table. */
export async function readExitTable(
  inputs: Extract<Inputs, { kind: "exits" }>,
  onStep?: () => void,
): Promise<ExitTable> {
  const chunks: ExitTable[] = [];
  for await (const chunk of inputs.chunks(onStep)) if (chunk.sampleCount > 0) chunks.push(chunk);
  if (chunks.length === 0) {
    throw new EexitError(
      "too-few-exits",
      `${inputs.names[0]}: no rows are left, expected at least 1 sample`,
      "see --ignore-label",
    );
  }
  return appendTables(chunks);
}

async function* exitChunks(
  names: readonly string[],
  first: Content,
  perExit: LogitView | null,
  request: InputRequest,
  facts: InputFacts,
  scoring: Scoring,
): AsyncGenerator<{ chunk: ExitTable; fileIndex: number }> {
  const inputCount = perExit ? 1 : names.length;
  const labels = await labelFeed(
    await expandInputs(request.labels),
    inputCount,
    request.labelColumn,
    request.readStdin,
  );
  const files = await confidenceFiles(request);
  let rowsBefore = 0;
  let firstChunk: ExitTable | null = null;
  const advance = (count: number) => {
    rowsBefore += count;
  };
  if (perExit) {
    const origin = { kind: "files", files: names, exits: request.exits as readonly string[] } as const;
    const given: GivenRows = { labels, files: shifted(files, 0), inputIndex: 0, ...scoring };
    for await (const chunk of chunksOfView(perExit, origin, new Map(), given, request, facts)) {
      yield { chunk, fileIndex: 0 };
    }
    advance(perExit.sampleCount);
  } else {
    for (const [index, name] of names.entries()) {
      const content = index === 0 ? first : await openContent(name, request.readStdin);
      let partIndex = 0;
      for await (const arrays of content.parts()) {
        const part = exitTableColumns(arrays, request);
        const origin = { kind: "part", file: name, partIndex: partIndex++ } as const;
        const given: GivenRows = { labels, files: shifted(files, rowsBefore), inputIndex: index, ...scoring };
        for await (const chunk of chunksOfPart(part, content, origin, given, request, facts)) {
          firstChunk ??= chunk;
          if (index > 0) assertSameColumns(firstChunk, chunk, names[0], name);
          yield { chunk, fileIndex: index };
        }
        advance(rowCountOf(part, content, request));
      }
      content.close();
    }
  }
  labels.finish();
  assertAllRowsUsed(files, rowsBefore);
}

interface Scoring {
  readonly threads: ScoreThreads;
  readonly use: TableUse;
}

/** What belongs to the rows of an input besides its own arrays, and how they are scored. */
interface GivenRows extends Scoring {
  readonly labels: LabelFeed;
  readonly files: readonly ConfidenceColumn[];
  readonly inputIndex: number;
}

async function* chunksOfPart(
  part: Part,
  content: Content,
  origin: LogitOrigin,
  given: GivenRows,
  request: InputRequest,
  facts: InputFacts,
): AsyncGenerator<ExitTable> {
  const view = isExitTable(part) ? null : findLogits(part, content, request);
  if (view) {
    yield* chunksOfView(view, origin, part, given, request, facts);
    return;
  }
  if (!isExitTable(part)) throw nothingKnown(part, content);
  const labels = request.labels.length > 0 ? (count: number) => given.labels.next(count, given.inputIndex) : null;
  const { readTablePart } = await import("./table-part.ts");
  const table = readTablePart(part, content, labels, request, facts);
  yield columnConfidences(table, given.files, 0, table.sampleCount);
}

async function* chunksOfView(
  view: LogitView,
  origin: LogitOrigin,
  part: Part,
  given: GivenRows,
  request: InputRequest,
  facts: InputFacts,
): AsyncGenerator<ExitTable> {
  facts.exitNames ??= view.exitNames;
  const own = request.labels.length > 0 ? null : ownLabels(part, view, request);
  let used = 0;
  const labels = (count: number) => {
    used += count;
    return own ? own.subarray(used - count, used) : given.labels.next(count, given.inputIndex);
  };
  const columns = [...given.files, ...partColumns(part, request)];
  yield* scorePart({ view, origin, labels, columns }, request, facts, given.threads, given.use);
}

/** Labels that travel with the logits: a column or array named label, labels, target or targets, of the part if one is asked for. */
function ownLabels(part: Part, view: LogitView, request: InputRequest): Int32Array | null {
  const prefix = request.part === null ? "" : `${request.part}_`;
  const names = request.labelColumn
    ? [request.labelColumn]
    : [...labelKeys.map((key) => `${prefix}${key}`), ...labelKeys];
  const tensor = names.map((name) => part.get(name)).find((found) => found !== undefined);
  if (!tensor) {
    if (request.labelColumn === null) return null;
    throw new EexitError(
      "array-missing",
      `${view.name}: no column ${request.labelColumn}, found ${[...part.keys()].filter(Boolean).join(", ") || "no named array"}`,
      "see --label-column",
    );
  }
  if (tensor.shape[0] !== view.sampleCount) {
    throw new EexitError(
      "labels-mismatch",
      `${tensor.name} holds ${tensor.shape[0]} labels but the logits hold ${view.sampleCount} samples`,
      "labels and samples must come in the same order, one label per sample",
    );
  }
  return readIntegers(tensor);
}

function rowCountOf(part: Part, content: Content, request: InputRequest): number {
  if (!isExitTable(part)) return findLogits(part, content, request)?.sampleCount ?? 0;
  return part.values().next().value?.shape[0] ?? 0;
}

function nothingKnown(part: Part, content: Content): EexitError {
  const bare = part.get("");
  if (bare) {
    return new EexitError(
      "array-missing",
      `${content.name}: shape [${bare.shape.join(", ")}], expected logits [N, L, C]`,
      "one [N, C] file per exit: --exits a,b,c; losses [N, L]: --confidence name=file:…; a loss table: --lambdas FILE",
    );
  }
  const found = [...part].map(([name, tensor]) => `${name} [${tensor.shape.join(", ")}]`).join(", ") || "nothing";
  return new EexitError(
    "array-missing",
    `${content.name}: holds ${found}, expected logits, probs, exit_1 …, confidence … or lambdas with losses`,
    part.has("val_logits")
      ? "choose one half with --part val or --part test"
      : "name the arrays with --exits a,b,c (eexit help formats)",
  );
}
