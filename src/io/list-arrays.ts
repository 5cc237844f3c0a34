import { openContent } from "./open-content.ts";
import type { Content, Part } from "./tensor.ts";

/** An array as a file holds it, uninterpreted. */
export interface ListedArray {
  /** The key in the file; "" for a bare array. */
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

/** A file and its arrays. */
export interface ListedFile {
  readonly name: string;
  readonly format: Content["format"];
  /** Record batches of an Arrow file, 1 elsewhere. Shapes add up the rows of all. */
  readonly partCount: number;
  readonly arrays: readonly ListedArray[];
}

/** Reads headers, not values. @throws what the format's reader says */
export async function listArrays(path: string, readStdin: () => Promise<Uint8Array>): Promise<ListedFile> {
  const content = await openContent(path, readStdin);
  try {
    const arrays = new Map<string, ListedArray>();
    let partCount = 0;
    for await (const part of content.parts()) {
      partCount++;
      addPart(arrays, part);
    }
    return { name: path, format: content.format, partCount, arrays: [...arrays.values()] };
  } finally {
    content.close();
  }
}

function addPart(arrays: Map<string, ListedArray>, part: Part): void {
  for (const [name, { type, shape }] of part) {
    const before = arrays.get(name);
    const joined = before ? [before.shape[0] + shape[0], ...shape.slice(1)] : [...shape];
    arrays.set(name, { name, type, shape: joined });
  }
}
