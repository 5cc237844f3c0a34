import { type ByteSource, memorySource } from "./byte-source.ts";

/** Bytes that are computed when they are first read: a column that nobody asks for is never decompressed or decoded. */
export function deferredSource(name: string, size: number, produce: () => Uint8Array): ByteSource {
  let memory: ByteSource | null = null;
  return {
    name,
    size,
    read(position, length) {
      memory ??= memorySource(name, produce());
      return memory.read(position, length);
    },
    shareable: false,
    ahead: null,
    close() {},
  };
}

/**
 * A source whose content is checked once, before its first byte is handed out. An array that cannot be used (a null, rows
 * of different lengths) is then no obstacle to using the others of the same file.
 */
export function guardedSource(source: ByteSource, check: () => void): ByteSource {
  let checked = false;
  return {
    name: source.name,
    size: source.size,
    read(position, length, buffer) {
      if (!checked) check();
      checked = true;
      return source.read(position, length, buffer);
    },
    shareable: source.shareable,
    ahead: source.ahead,
    close() {},
  };
}
