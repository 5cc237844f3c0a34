import { EexitError } from "../errors.ts";
import type { LogitRequest } from "./input-request.ts";
import { findLogits, type LogitView, viewOfExits } from "./logit-view.ts";
import { openContent } from "./open-content.ts";
import type { Content, Part, Tensor } from "./tensor.ts";

/** Where logits come from: a part of one file, or one file per exit. Plain data from which another thread opens the same view. */
export type LogitOrigin =
  | { readonly kind: "part"; readonly file: string; readonly partIndex: number }
  | { readonly kind: "files"; readonly files: readonly string[]; readonly exits: readonly string[] };

/** Opens views in a thread of its own; the parts of a file are asked for in their order. */
export class OriginOpener {
  #file: string | null = null;
  #content: Content | null = null;
  #parts: AsyncIterator<Part> | Iterator<Part> | null = null;
  #nextPart = 0;

  async open(origin: LogitOrigin, request: LogitRequest): Promise<LogitView> {
    if (origin.kind === "files")
      return filesPerExit(origin.files, origin.exits, await openContent(origin.files[0], noStdin));
    if (origin.file !== this.#file || this.#nextPart > origin.partIndex) await this.#start(origin.file);
    let part: Part | null = null;
    for (; this.#nextPart <= origin.partIndex; this.#nextPart++) part = (await this.#parts!.next()).value ?? null;
    const view = part && findLogits(part, this.#content!, request);
    if (view) return view;
    throw new EexitError(
      "file-malformed",
      `${origin.file}: holds other arrays than a moment ago, expected a file that stays as it is`,
      "do not write to the inputs while they are read",
    );
  }

  async #start(file: string): Promise<void> {
    this.#content?.close();
    this.#content = await openContent(file, noStdin);
    const parts = this.#content.parts();
    this.#parts = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
    this.#file = file;
    this.#nextPart = 0;
  }
}

function noStdin(): Promise<Uint8Array> {
  return Promise.reject(new Error("stdin belongs to the main thread"));
}

/** One `[N, C]` NPY file per exit, in the order of `exits`: by the files' own names where they match, else as listed. */
export async function filesPerExit(
  names: readonly string[],
  exits: readonly string[],
  first: Content,
  readStdin = noStdin,
): Promise<LogitView> {
  if (names.length !== exits.length) {
    throw new EexitError(
      "shape-mismatch",
      `${names.length} files for ${exits.length} exits, expected one [N, C] file per exit`,
      "name as many exits as files: --exits a,b,c",
    );
  }
  const tensors: Tensor[] = [];
  for (const [index, name] of names.entries()) {
    const content = index === 0 ? first : await openContent(name, readStdin);
    const tensor = (await firstPart(content)).get("");
    if (!tensor)
      throw new EexitError(
        "array-missing",
        `${name}: no bare array, expected one [N, C] NPY file per exit`,
        "write each exit's logits with np.save",
      );
    tensors.push(tensor);
  }
  const stems = names.map((name) => name.replace(/^.*[\\/]/, "").replace(/\.[^.]+$/, ""));
  const byName = exits.every((exit) => stems.includes(exit));
  return viewOfExits(byName ? exits.map((exit) => tensors[stems.indexOf(exit)]) : tensors, exits);
}

export async function firstPart(content: Content): Promise<Part> {
  for await (const part of content.parts()) return part;
  throw new EexitError(
    "too-few-exits",
    `${content.name}: holds no rows, expected at least 1 sample`,
    "check the step that wrote it",
  );
}
