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

describe("--print-config", () => {
  const printed = async (argv: readonly string[], config?: unknown, env: Record<string, string> = {}) => {
    const cwd = config === undefined ? scratch.path(".") : folderWith(config);
    const { stdout, stderr } = await succeed([...argv, "--print-config"], { cwd, env });
    expect(stderr).toBe("");
    const rows = stdout.split("\n").filter((line) => line.startsWith("--"));
    return { stdout, rows: new Map(rows.map((line) => [line.split(/ {2,}/)[0], line.split(/ {2,}/).slice(1)])) };
  };

  it("shows every option, its value and where it comes from, and runs nothing", async () => {
    const config = { delta: 0.05, calibrate: { method: ["crc", "ucb"], "no-shuffle": true }, sweep: { trials: 3 } };
    const { stdout, rows } = await printed(["calibrate", "missing.npy", "-e", "0.1", "-e", "0.2", "--clip"], config);
    expect(rows.get("--epsilon")).toEqual(["0.1,0.2", "flag"]);
    expect(rows.get("--delta")).toEqual(["0.05", "eexit.config.json"]);
    expect(rows.get("--method")).toEqual(["crc,ucb", "eexit.config.json"]);
    expect(rows.get("--no-shuffle")).toEqual(["on", "eexit.config.json"]);
    expect(rows.get("--clip")).toEqual(["on", "flag"]);
    expect(rows.get("--binary")).toEqual(["off", "default"]);
    expect(rows.get("--seed")).toEqual(["0", "default"]);
    expect(rows.get("--labels")).toEqual(["–", "not set"]);
    expect(stdout).toMatch(/config file +\/.*eexit\.config\.json/);
  });

  it("says what a command does not take from the file", async () => {
    expect((await printed(["check"], { delta: 0.3, alpha: 0.01 })).stdout).toContain(
      "delta: the threshold file decides",
    );
    expect((await printed(["plan"], { trials: 3, delta: 0.3 })).stdout).toContain("trials: no option of plan");
    expect((await printed(["bake"], { delta: 0.3 })).stdout).toContain("bake takes nothing from a config file");
  });

  it("needs no arguments, no input and no file, and knows the environment", async () => {
    for (const name of ["verify", "explain", "demo"]) await printed([name]);
    const { stdout, rows } = await printed(["infer"], undefined, { EEXIT_THREADS: "3", EEXIT_QUIET: "1" });
    expect(stdout).toContain("no eexit.config.json in the working folder");
    expect(rows.get("--threads")).toEqual(["3", "EEXIT_THREADS"]);
    expect(rows.get("--quiet")).toEqual(["on", "EEXIT_QUIET"]);
  });
});
