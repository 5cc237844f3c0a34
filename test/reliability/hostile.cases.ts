import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { hostileFiles } from "../support/hostile-files.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Small files that claim or unfold into much: the whole program refuses them, or reads them, in bounded memory. */
const program = resolve("dist/bin/eexit.js");
const preload = resolve("test/support/report-usage.js");
const scratch = scratchFolder();
/** The program itself takes about 180 MiB. */
const ceiling = 600 * 2 ** 20;

/** Those that take seconds each, while memory is all that is at stake. */
const slow = new Set(["nested.json", "empty-lists.json", "commas.csv", "empty-shapes.onnx"]);

export function hostileCases(size: "fast" | "long"): void {
  describe.skipIf(!existsSync(program))("hostile files stay below the memory ceiling", () => {
    test.each(hostileFiles.filter(({ name }) => slow.has(name) === (size === "long")))("$name", ({ name, write }) => {
      const [path, usage] = [scratch.path(name), scratch.path("usage.json")];
      write(path);
      const argv = name.endsWith(".onnx")
        ? ["extract", path, "--input", "x.npy", "-o", scratch.path("o.npy")]
        : ["inspect", path];
      const { status, stderr } = spawnSync(process.execPath, ["--import", preload, program, ...argv], {
        encoding: "utf8",
        env: { PATH: process.env.PATH, EEXIT_USAGE: usage },
        timeout: 55_000,
      });
      rmSync(path);
      expect(status, stderr).toBeLessThan(3);
      if (status === 2) expect(stderr).toMatch(/^eexit: [^\n]{1,1000}\nhint: [^\n]{1,1000}\n$/);
      expect(JSON.parse(readFileSync(usage, "utf8")).memory).toBeLessThan(ceiling);
    });
  });
}
