import { EexitError } from "../errors.ts";
import { exitFileTensors } from "./exit-files.ts";
import type { LogitRequest } from "./input-request.ts";
import { findLogits, type LogitView, viewOfExits } from "./logit-view.ts";
import { openContent } from "./open-content.ts";
import type { Content, Part } from "./tensor.ts";

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
    if (origin.kind === "files") {
      const { files, exits } = origin;
      return viewOfExits(await exitFileTensors(files, await openContent(files[0], noStdin), exits, noStdin), exits);
    }
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

export async function firstPart(content: Content): Promise<Part> {
  for await (const part of content.parts()) return part;
  throw new EexitError(
    "too-few-exits",
    `${content.name}: holds no rows, expected at least 1 sample`,
    "check the step that wrote it",
  );
}
