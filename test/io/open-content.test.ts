import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EexitError } from "../../src/errors.ts";
import { openContent } from "../../src/io/open-content.ts";
import { sniff } from "../../src/io/sniff.ts";

const folder = mkdtempSync(join(tmpdir(), "eexit-open-"));
afterAll(() => rmSync(folder, { recursive: true }));
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const zip = (entry: string) => latin1(`PK\x03\x04${"\0".repeat(22)}${String.fromCharCode(entry.length)}\0\0\0${entry}`);
const noStdin = async () => new Uint8Array();

describe("sniff", () => {
  it.each([
    ["npy", latin1("\x93NUMPY\x01\0")],
    ["npz", zip("logits.npy")],
    ["pth", zip("archive/data.pkl")],
    ["safetensors", latin1('\x40\0\0\0\0\0\0\0{"a":')],
    ["safetensors", latin1('[\x01\0\0\0\0\0\0{"a":')],
    ["arrow", latin1("ARROW1\0\0")],
    ["arrow", latin1("\xff\xff\xff\xff\x78\0\0\0")],
    ["pickle", latin1("\x80\x04\x95")],
    ["json", latin1('\xef\xbb\xbf {"a": 1}')],
    ["json", latin1("[1]")],
    ["csv", latin1("label,confidence_1\n")],
    ["csv", latin1("λ,ü\n")],
  ])("knows %s", (format, bytes) => {
    expect(sniff(bytes, "x")).toBe(format);
  });

  it.each([
    ["PAR1", "x: a Parquet file, which is not read", "pyarrow.parquet"],
    ["\x89HDF\r\n\x1a\n", "x: an HDF5 file", "h5py"],
    ["FEA1", "Feather version 1", "write_feather"],
    ["\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "legacy .pth", "torch.save"],
    ["\x1f\x8b\x08", "gzip", "gunzip"],
    ["\x28\xb5\x2f\xfd", "zstd", "zstd -d"],
    ["\x08\x08\x12\x07pytorch", "an ONNX model", "logits"],
    ["version https://git-lfs.github.com", "a Git LFS pointer", "git lfs pull"],
    ["\xff\xfea\0", "UTF-16 text", "UTF-8"],
  ])("names %j, which is not read", (text, message, hint) => {
    const found = (() => {
      try {
        return sniff(latin1(text), "x");
      } catch (error) {
        return error as EexitError;
      }
    })();
    expect(found).toBeInstanceOf(EexitError);
    expect(found).toMatchObject({
      code: "format-not-read",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  it("says what an unknown or empty file starts with", () => {
    expect(() => sniff(latin1("\0\x01\x1bz"), "x")).toThrow('x: starts with the bytes 00 01 1b 7a "???z"');
    expect(() => sniff(new Uint8Array(), "x")).toThrow("x: the file is empty");
    expect(() => sniff(zip("readme.md"), "x")).toThrow("the entry readme.md");
    expect(() => sniff(latin1("PK\x05\x06"), "x")).toThrow("an empty archive");
    expect(() => sniff(zip("xl/workbook.xml"), "x")).toThrow("Excel");
  });
});

describe("openContent", () => {
  const labels = "label\n1\n2\n";

  it("opens files, standard input and pipes", async () => {
    const path = join(folder, "a.csv");
    writeFileSync(path, labels);
    expect((await openContent(path, noStdin)).format).toBe("csv");
    expect((await openContent("-", async () => latin1(labels))).name).toBe("-");
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    const writer = import("node:child_process").then(({ spawn }) =>
      spawn("sh", ["-c", `printf '${labels}' > "$0"`, fifo]),
    );
    await writer;
    expect((await openContent(fifo, noStdin)).format).toBe("csv");
  });

  it("refuses folders, missing files and damage", async () => {
    await expect(openContent(folder, noStdin)).rejects.toMatchObject({ code: "file-unreadable" });
    await expect(openContent(join(folder, "no"), noStdin)).rejects.toMatchObject({ code: "file-missing" });
    for (const text of [
      "\x93NUMPY\x01",
      "ARROW1",
      "PK\x03\x04",
      "\x80\x04\x95",
      "\xff\xff\xff\xff\xff",
      "{",
      "\x09\0\0\0\0\0\0\0{",
    ]) {
      await expect(openContent("-", async () => latin1(text))).rejects.toBeInstanceOf(EexitError);
    }
  });
});
