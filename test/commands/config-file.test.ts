import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { fresh, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
let count = 0;

/** A working folder with this config file. */
function folderWith(config: unknown): string {
  const name = `folder-${count++}`;
  mkdirSync(scratch.path(name));
  scratch.write(`${name}/eexit.config.json`, typeof config === "string" ? config : JSON.stringify(config));
  return scratch.path(name);
}

const calibrate = ["calibrate", ...labelled];

describe("eexit.config.json", () => {
  it("goes before defaults and after flags, and is named on stderr", async () => {
    const cwd = folderWith({ epsilon: 0.08, delta: 0.05, calibrate: { method: "crc" }, sweep: { delta: 0.2 } });
    const { stdout, stderr } = await succeed(calibrate, { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ epsilon: 0.08, method: "crc" });
    for (const option of ["--epsilon 0.08", "--delta 0.05", "--method"]) expect(stderr).toContain(option);
    expect(stderr).toContain("eexit.config.json");
    const flagged = await succeed([...calibrate, "-e", "0.06", "--method", "ucb"], { cwd });
    expect(JSON.parse(flagged.stdout)).toMatchObject({ epsilon: 0.06, method: "ucb", delta: 0.05 });
    expect(flagged.stderr).not.toContain("--epsilon");
    const want = await succeed([...calibrate, "-e", "0.06", "-d", "0.05"]);
    expect(flagged.stdout).toBe(want.stdout);
  });

  it("does not reach check, which takes everything from the threshold file", async () => {
    const path = scratch.path("threshold.json");
    await succeed([...calibrate, "-e", "0.05", "-o", path]);
    const check = ["check", "-t", path, ...fresh, "--format", "json"];
    const cwd = folderWith({ delta: 0.3, seed: 7 });
    expect((await succeed(check, { cwd })).stdout).toBe((await succeed(check)).stdout);
  });

  it.each([
    ["an unknown key", { epslon: 0.05 }, "did you mean epsilon?"],
    ["a value of another kind", { epsilon: { low: 1 } }, "hint: "],
    ["a list", [0.05], "expected an object"],
    ["no JSON", "{ epsilon: 0.05 }", "not JSON"],
    ["a number outside its range", { epsilon: 0.05, delta: 7 }, "expected a probability"],
  ])("with %s is refused", async (_, config, says) => {
    const { status, stderr } = await runCli(calibrate, { cwd: folderWith(config) });
    expect(status).toBe(2);
    expect(stderr).toContain(says);
  });

  it("EEXIT_ variables never touch statistics", async () => {
    const plain = await succeed([...calibrate, "-e", "0.05"]);
    const env = { EEXIT_DELTA: "0.5", EEXIT_METHOD: "naive", EEXIT_EPSILON: "0.3", EEXIT_SEED: "9" };
    expect((await succeed([...calibrate, "-e", "0.05"], { env })).stdout).toBe(plain.stdout);
    expect((await runCli(calibrate, { env })).status).toBe(2);
  });
});
