import type { ByteSource } from "./byte-source.ts";
import type { Content, Part } from "./tensor.ts";

/** The content of a file whose arrays all cover the whole of the samples; closing it closes the file. */
export function onePartContent(
  format: Content["format"],
  source: ByteSource,
  part: Part,
  options: { readonly metadata?: ReadonlyMap<string, string>; readonly layoutHint?: Content["layoutHint"] } = {},
): Content {
  return {
    name: source.name,
    format,
    metadata: options.metadata ?? new Map(),
    layoutHint: options.layoutHint ?? null,
    parts: () => [part],
    close: () => source.close(),
  };
}
