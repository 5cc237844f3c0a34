import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { type ByteSource, memorySource } from "../../src/io/byte-source.ts";
import { openNpy } from "../../src/io/npy.ts";
import { openNpz } from "../../src/io/npz.ts";
import { openPickle } from "../../src/io/pickle/open-pickle.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import { openSafetensors } from "../../src/io/safetensors.ts";
import type { Content, Part } from "../../src/io/tensor.ts";
import { openTorch } from "../../src/io/torch.ts";

/** Every binary format against files made by numpy (test/reference/io/make_vectors.py). */

interface Case {
  readonly name: string;
  readonly open: "npy" | "npz" | "safetensors" | "pickle" | "torch";
  readonly bytes: string;
}
interface Vector extends Case {
  readonly layoutHint: "lnc" | null;
  readonly metadata: Record<string, string>;
  readonly arrays: Record<string, { shape: number[]; values: number[] }>;
}
interface Refusal extends Case {
  readonly code: string;
  readonly says: string;
}

const openers = { npy: openNpy, npz: openNpz, safetensors: openSafetensors, pickle: openPickle, torch: openTorch };
const vectors = load<Vector[]>("vectors.json");
const refusals = load<Refusal[]>("refusals.json");

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../reference/io/${name}`, import.meta.url), "utf8"));
}

function open(entry: Case): Content {
  return openers[entry.open](memorySource("x.bin", Buffer.from(entry.bytes, "base64")));
}

function onlyPart(content: Content): Part {
  const parts = [...(content.parts() as Iterable<Part>)];
  expect(parts).toHaveLength(1);
  return parts[0];
}

/** Opens and reads everything, since a deflated entry fails only when it is read. */
function readAll(content: Content): void {
  for (const tensor of onlyPart(content).values()) readFloatRows(tensor, 0, tensor.shape[0] ?? 1);
}

function refusalOf(action: () => void): EexitError {
  try {
    action();
  } catch (error) {
    if (error instanceof EexitError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("files that numpy wrote", () => {
  test.each(vectors)("$name", (vector) => {
    const content = open(vector);
    expect(content.layoutHint).toBe(vector.layoutHint);
    expect(Object.fromEntries(content.metadata)).toEqual(vector.metadata);
    const part = onlyPart(content);
    expect([...part.keys()].sort()).toEqual(Object.keys(vector.arrays).sort());
    for (const [key, { shape, values }] of Object.entries(vector.arrays)) {
      const tensor = part.get(key)!;
      expect([...tensor.shape]).toEqual(shape);
      expect([...readFloatRows(tensor, 0, shape[0] ?? 1)]).toEqual(values);
    }
    content.close();
  });
});

describe("files that are refused", () => {
  test.each(refusals)("$name", (refusal) => {
    const error = refusalOf(() => readAll(open(refusal)));
    expect([error.code, error.message]).toEqual([refusal.code, expect.stringContaining(refusal.says)]);
    expect(error.message).toMatch(/^x\.bin.*expected/);
    expect(error.hint).toBeTruthy();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no terminal escape of a file may reach the terminal
    expect(error.message).not.toMatch(/[\x00-\x1f]/);
  });

  test("none of them allocates what it claims", () => {
    const before = process.memoryUsage();
    for (const refusal of refusals) refusalOf(() => readAll(open(refusal)));
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64e6);
    expect(after.rss - before.rss).toBeLessThan(256e6);
  });

  test("every file cut short is refused or read, never a crash", () => {
    for (const vector of vectors.filter((_, i) => i % 5 === 0)) {
      const bytes = Buffer.from(vector.bytes, "base64");
      for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 60)) {
        try {
          readAll(openers[vector.open](memorySource("x.bin", bytes.subarray(0, length))));
        } catch (error) {
          expect(error, `${vector.name} cut to ${length} bytes`).toBeInstanceOf(EexitError);
        }
      }
    }
  });

  test("every file with a changed byte is refused or read, never a crash", () => {
    for (const vector of vectors.filter((_, i) => i % 3 === 0)) {
      const bytes = Buffer.from(vector.bytes, "base64");
      for (let at = 0; at < Math.min(bytes.length, 400); at += 3) {
        for (const value of [0x00, 0x2e, 0x72, 0xff]) {
          const changed = Buffer.from(bytes);
          changed[at] = value;
          try {
            readAll(openers[vector.open](memorySource("x.bin", changed)));
          } catch (error) {
            expect(error, `${vector.name}, byte ${at} = ${value}`).toBeInstanceOf(EexitError);
          }
        }
      }
    }
  });
});

describe("limits that a small file cannot reach", () => {
  test("an NPY header beyond 1 MiB", () => {
    const bytes = Buffer.alloc(2 ** 21, " ");
    bytes.write("\x93NUMPY\x02\x00", "latin1");
    bytes.writeUInt32LE(2 ** 20 + 1, 8);
    expect(refusalOf(() => openNpy(memorySource("x.npy", bytes))).code).toBe("header-too-large");
  });

  test("more pickle operations than arrays need", () => {
    const bytes = Buffer.alloc(5_000_002, "N");
    const error = refusalOf(() => openPickle(memorySource("x.p", bytes)));
    expect(error.message).toBe("x.p: takes more than 5000000 pickle operations, expected arrays");
  });

  test("a zip directory beyond 64 MiB", () => {
    const size = 2 ** 26 + 1;
    const end = Buffer.alloc(22);
    end.write("PK\x05\x06", "latin1");
    end.writeUInt32LE(size, 12);
    const source: ByteSource = {
      name: "x.npz",
      size: size + 22,
      read: () => end,
      shareable: false,
      ahead: null,
      close() {},
    };
    const tail = { ...source, read: (position: number, length: number) => tailOf(position, length, size, end) };
    expect(refusalOf(() => openNpz(tail)).code).toBe("header-too-large");
  });

  test("an array of a pickle is a window of the file, read when asked for", () => {
    const vector = vectors.find(({ name }) => name === "pickle 4 logits and labels")!;
    const bytes = Buffer.from(vector.bytes, "base64");
    const tensor = onlyPart(openPickle(memorySource("x.p", bytes))).get("logits")!;
    const view = tensor.bytes.read(0, 4);
    expect(view.buffer).toBe(bytes.buffer);
  });
});

function tailOf(position: number, length: number, size: number, end: Buffer): Uint8Array {
  const bytes = Buffer.alloc(length);
  end.copy(bytes, Math.max(0, size - position));
  return bytes;
}
