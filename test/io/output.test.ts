import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createOutputFile, writeOutput } from "../../src/io/output.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eexit-output-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("shows a file only when it is complete", () => {
  const path = join(folder, "a.json");
  const file = createOutputFile(path, { overwrite: false });
  file.write(Buffer.from("one "));
  expect(existsSync(path)).toBe(false);
  file.write(Buffer.from("two"));
  file.commit();
  file.abort();
  expect(readFileSync(path, "utf8")).toBe("one two");
  expect(readdirSync(folder)).toEqual(["a.json"]);
});

it("replaces a file only when asked, keeping its mode and links to it", async () => {
  const path = join(folder, "a.json");
  writeFileSync(path, "old");
  chmodSync(path, 0o640);
  const link = join(folder, "link.json");
  symlinkSync(path, link);
  await expect(writeOutput(path, "new", { overwrite: false })).rejects.toMatchObject({ code: "file-exists" });
  expect(readFileSync(path, "utf8")).toBe("old");
  await writeOutput(link, "new", { overwrite: true });
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual(["a.json", "link.json"]);
});

it("leaves the old file and no trace when the producer fails", async () => {
  const path = join(folder, "a.json");
  writeFileSync(path, "old");
  const failing = writeOutput(
    path,
    async (write) => {
      write(Buffer.from("half"));
      throw new Error("no");
    },
    { overwrite: true },
  );
  await expect(failing).rejects.toThrow("no");
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["a.json"]);
});

it("writes devices as they are and says what is wrong with a path", async () => {
  await writeOutput("/dev/null", "gone", { overwrite: false });
  if (existsSync("/dev/full")) {
    const full = writeOutput("/dev/full", "x", { overwrite: false });
    await expect(full).rejects.toThrow("/dev/full: cannot be written: the disk is full");
  }
  const missing = writeOutput(join(folder, "no", "a.json"), "x", { overwrite: false });
  await expect(missing).rejects.toThrow("its folder does not exist");
  await expect(writeOutput(folder, "x", { overwrite: true })).rejects.toThrow("is a folder");
  writeFileSync(join(folder, "file"), "");
  const inFile = writeOutput(join(folder, "file", "a.json"), "x", { overwrite: false });
  await expect(inFile).rejects.toMatchObject({ code: "output-failed" });
});
