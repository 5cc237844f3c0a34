import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { fileSource } from "../../src/io/byte-source.ts";
import { bash } from "../support/bash.ts";
import { digits, labelled, scratchFolder, succeed } from "../support/scratch.ts";

/** Inputs that are no plain files, and files that change while they are read. */
const program = resolve("dist/bin/eexit.js");
const built = existsSync(program) && process.platform !== "win32";
const scratch = scratchFolder();
const env = { PATH: process.env.PATH, HOME: process.env.HOME };
const run = `'${process.execPath}' '${program}'`;
const logits = digits("logits_cal.npy");

function shell(line: string) {
  return bash(line, { env, timeout: 30_000 });
}

describe.skipIf(!built)("pipes and devices", () => {
  const expected = async () => (await succeed(["calibrate", ...labelled, "-e", "0.05"])).stdout;
  const fifo = (name: string) => {
    spawnSync("mkfifo", [scratch.path(name)]);
    return scratch.path(name);
  };
  const labels = `--labels ${labelled[2]} -e 0.05 -q`;

  test.each([
    [
      "a FIFO whose writer comes late and writes in two pieces",
      (f: string) =>
        `(sleep 0.3; exec 3>${f}; head -c 1000 ${logits} >&3; sleep 0.2; tail -c +1001 ${logits} >&3) & ${run} calibrate ${f} ${labels}`,
    ],
    ["/dev/stdin that is a pipe", () => `cat ${logits} | ${run} calibrate /dev/stdin ${labels}`],
    ["/dev/stdin that is a file", () => `${run} calibrate /dev/stdin ${labels} < ${logits}`],
    ["process substitution", () => `${run} calibrate <(cat ${logits}) ${labels}`],
  ] as const)("%s", async (name, line) => {
    expect(shell(line(fifo(name.replace(/\W/g, "-"))))).toEqual({ status: 0, stdout: await expected(), stderr: "" });
  });

  test("/dev/stdin that is a socket, as a Node program gives its child", async () => {
    const child = spawn(process.execPath, [program, "calibrate", "/dev/stdin", ...labels.split(" ")], { env });
    let stdout = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stdin.end(readFileSync(logits));
    expect(await new Promise((done) => child.on("close", done))).toBe(0);
    expect(stdout).toBe(await expected());
  });

  test("costs through a pipe are read once, whatever they are", () => {
    const { status, stderr } = shell(`${run} calibrate ${logits} -e 0.05 -q --costs <(printf '\\x93NUMPY')`);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("ends at byte 6") });
  });

  test.each(["-", "/dev/stdin", "/dev/null"])("nothing on %s", (name) => {
    const { status, stdout, stderr } = shell(`${run} calibrate ${name} -e 0.05 < /dev/null`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^eexit: .* is empty, expected data\nhint: .*\n$/);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("waiting for the writer of a FIFO, %s is status %i", async (signal, status) => {
    const path = fifo(`waiting-${signal}`);
    const folder = scratch.path(`of-${signal}`);
    mkdirSync(folder);
    const child = spawn(process.execPath, [program, "score", path, "-o", `${folder}/t.arrow`], {
      env,
      stdio: "ignore",
    });
    const writer = await openedByReader(path);
    child.kill(signal);
    expect(await new Promise((done) => child.on("exit", (code, by) => done(code ?? by)))).toBe(status);
    closeSync(writer);
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** A writing end without a word to say. It can be opened without waiting only once the other end is open. */
async function openedByReader(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      await new Promise((again) => setTimeout(again, 50));
    }
  }
}

test("a file that becomes shorter while it is read is truncated, one that vanishes is read to its end", () => {
  const path = scratch.write("shrinking.bin", new Uint8Array(1000));
  const [shrinking, vanishing] = [fileSource(path), fileSource(scratch.write("vanishing.bin", new Uint8Array(1000)))];
  writeFileSync(path, new Uint8Array(10));
  unlinkSync(scratch.path("vanishing.bin"));
  expect(() => shrinking.read(0, 1000)).toThrow("ends at byte 10, expected at least 1000");
  expect(vanishing.read(0, 1000)).toHaveLength(1000);
  for (const source of [shrinking, vanishing]) source.close();
});
