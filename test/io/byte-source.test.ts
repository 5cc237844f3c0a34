import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { fileSource, memorySource, sliceSource } from "../../src/io/byte-source.ts";

const folder = mkdtempSync(join(tmpdir(), "eexit-bytes-"));
afterAll(() => rmSync(folder, { recursive: true }));

function codeOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof EexitError) return error.code;
    throw error;
  }
  throw new Error("did not throw");
}

test("a file, memory and a window of each read the same bytes", () => {
  const path = join(folder, "a.bin");
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  writeFileSync(path, bytes);
  const file = fileSource(path);
  for (const source of [file, memorySource("m", bytes)]) {
    expect(source.size).toBe(100);
    expect([...source.read(10, 3)]).toEqual([10, 11, 12]);
    const window = sliceSource("w", source, 20, 5);
    expect([...window.read(1, 2)]).toEqual([21, 22]);
    expect(codeOf(() => window.read(4, 2))).toBe("file-truncated");
    expect(codeOf(() => source.read(0, 2 ** 40))).toBe("file-truncated");
    expect(codeOf(() => source.read(-1, 2))).toBe("file-truncated");
    expect(codeOf(() => source.read(2 ** 60, 2))).toBe("file-truncated");
    expect(codeOf(() => sliceSource("w", source, 99, 2))).toBe("file-truncated");
    window.close();
  }
  const buffer = new Uint8Array(8);
  expect(file.read(50, 2, buffer).buffer).toBe(buffer.buffer);
  expect([...buffer.subarray(0, 2)]).toEqual([50, 51]);
  truncateSync(path, 60);
  expect(codeOf(() => file.read(50, 20))).toBe("file-truncated");
  file.close();
});

test("a missing file, a folder and a path through a file are told apart", () => {
  expect(codeOf(() => fileSource(join(folder, "none")))).toBe("file-missing");
  expect(codeOf(() => fileSource(folder))).toBe("file-unreadable");
  expect(codeOf(() => fileSource(join(folder, "a.bin", "b")))).toBe("file-unreadable");
});
