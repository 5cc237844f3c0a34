import { readFileSync } from "node:fs";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { openArrow } from "../../src/io/arrow-read.ts";
import { fileSource, memorySource } from "../../src/io/byte-source.ts";
import { readFloatRows } from "../../src/io/read-rows.ts";
import type { Content } from "../../src/io/tensor.ts";

const folder = new URL("../reference/io-arrow/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const open = (name: string) => openArrow(fileSource(new URL(name, folder).pathname));

async function values(content: Content): Promise<Record<string, { shape: readonly number[]; values: number[] }>[]> {
  const read: Record<string, { shape: readonly number[]; values: number[] }>[] = [];
  for await (const part of content.parts()) {
    const arrays = [...part].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: Array.from(readFloatRows(tensor, 0, tensor.shape[0]!)) },
    ]);
    read.push(Object.fromEntries(arrays));
  }
  return read;
}

async function refusal(bytes: Uint8Array): Promise<EexitError | null> {
  try {
    await values(await openArrow(memorySource("x.arrow", bytes)));
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(EexitError);
    return error as EexitError;
  }
}

describe("openArrow", () => {
  for (const name of ["kinds.arrow", "kinds.arrows"]) {
    it(`reads every kind of numeric column of ${name}`, async () => {
      const content = await open(name);
      expect(content.metadata.get("origin")).toBe("made by hand");
      const parts = await values(content);
      expect(parts.map((part) => part.nested!.shape)).toEqual([
        [3, 2, 4],
        [2, 2, 4],
      ]);
      expect(parts[0]!.tensor!.shape).toEqual([3, 3, 2]); // [2, 3] with the axes exchanged
      parts.forEach((part, i) => {
        expect(Object.keys(part).sort()).toEqual(["code", "flag", "half", "label", "nested", "tensor"]);
        for (const [column, found] of Object.entries(part)) expect(found.values).toEqual(expected.kinds[i][column]);
      });
      content.close();
    });
  }

  for (const codec of ["lz4", "lz4-checked", "zstd", "zstd-sized", "stored"]) {
    it(`reads bodies compressed as ${codec}`, async () => {
      const content = await open(`${codec}.arrow`);
      const [part] = await values(content);
      expect(part!.logits).toEqual({ shape: [40, 8], values: expected.compressed.logits });
      expect(part!.label).toEqual({ shape: [40], values: expected.compressed.label });
      content.close();
    });
  }

  it("reads what the apache-arrow package writes, as file and as stream", async () => {
    const table = tableFromArrays({
      label: Int32Array.of(3, 1, 2),
      confidence: Float32Array.of(0.5, 0.25, 1),
      name: ["a", "b", "c"],
    });
    for (const kind of ["file", "stream"] as const) {
      const [part] = await values(await openArrow(memorySource("x", tableToIPC(table, kind))));
      expect(part).toEqual({
        label: { shape: [3], values: [3, 1, 2] },
        confidence: { shape: [3], values: [0.5, 0.25, 1] },
      });
    }
  });

  it("refuses a null and a list of another length by column and row, and only when that column is read", async () => {
    expect((await refusal(bytesOf("null.arrow")))?.message).toBe("x.arrow:label: row 3 is null, expected a number");
    const ragged = await refusal(bytesOf("ragged.arrow"));
    expect(ragged?.message).toBe("x.arrow:logits: row 2 holds a list of 3 values, expected 2 as in the first row");
    for await (const part of (await open("ragged.arrow")).parts()) {
      expect(Array.from(readFloatRows(part.get("label")!, 0, 3))).toEqual([0, 1, 2]);
    }
  });

  it("refuses a file without rows", async () => {
    const empty = tableToIPC(tableFromArrays({ label: Int32Array.of() }), "file");
    expect((await refusal(empty))?.code).toBe("too-few-exits");
  });
});

describe("damaged Arrow files", () => {
  it("name a missing footer", async () => {
    const error = await refusal(bytesOf("kinds.arrow").subarray(0, 4000));
    expect(error?.code).toBe("file-truncated");
    expect(error?.message).toContain("does not end with ARROW1");
  });

  it("end a truncated stream with the byte that is missing", async () => {
    expect((await refusal(bytesOf("kinds.arrows").subarray(0, 2000)))?.code).toBe("file-truncated");
  });

  it("are refused without allocating what a length claims", async () => {
    const stream = Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 127, 0, 0, 0, 0]);
    expect((await refusal(stream))?.code).toBe("file-truncated");
    const footer = bytesOf("kinds.arrow");
    new DataView(footer.buffer).setInt32(footer.length - 10, 2 ** 30, true);
    expect((await refusal(footer))?.message).toContain(`a footer of ${2 ** 30} bytes`);
  });

  it("do not decompress a buffer that claims more than its codec can hold", async () => {
    for (const [name, magic] of [
      ["lz4.arrow", [4, 0x22, 0x4d, 0x18]],
      ["zstd.arrow", [0x28, 0xb5, 0x2f, 0xfd]],
    ] as const) {
      const bytes = bytesOf(name);
      const frame = Buffer.from(bytes.buffer).indexOf(Uint8Array.from(magic));
      new DataView(bytes.buffer).setBigInt64(frame - 8, 2n ** 40n, true);
      expect((await refusal(bytes))?.code).toBe("zip-bomb");
      new DataView(bytes.buffer).setBigInt64(frame - 8, 1279n, true);
      expect((await refusal(bytes))?.code).toBe("file-malformed");
    }
  });

  // Every byte of a small file, two ways: an EexitError or numbers, never anything else, and never long.
  for (const name of ["lz4.arrow", "zstd.arrow", "kinds.arrow", "kinds.arrows", "null.arrow"]) {
    it(`are refused or read, whichever byte of ${name} is wrong`, async () => {
      const bytes = bytesOf(name);
      for (let i = 0; i < bytes.length; i++) {
        for (const wrong of [bytes[i]! ^ 0x80, bytes[i]! + 1]) {
          const copy = bytes.slice();
          copy[i] = wrong;
          await refusal(copy);
        }
      }
    });
  }
});
