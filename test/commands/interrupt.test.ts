import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { digits, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const program = "dist/bin/eexit.js";
const built = existsSync(program);

describe.skipIf(!built)("a long sweep", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends at once on %s, between two trials, with status %i", async (signal, status) => {
    const argv = ["sweep", digits("logits_cal.npy"), "-e", "0.05", "--trials", "1000000", "--calibration-size", "200"];
    // On a busy machine the signal may come before the program has begun: then it is given more time.
    for (let wait = 800; ; wait *= 2) {
      const child = spawn(process.execPath, [program, ...argv], { stdio: "ignore" });
      await new Promise((ready) => setTimeout(ready, wait));
      const ended = new Promise((done) => child.on("exit", (code, by) => done(code ?? by)));
      child.kill(signal);
      if ((await ended) === signal && wait < 10_000) continue;
      expect(await ended).toBe(status);
      break;
    }
  });
});

test.skipIf(!built || !existsSync("/dev/full"))("an answer that cannot be written is one line and status 2", () => {
  const argv = `${process.execPath} ${program} calibrate ${digits("logits_cal.npy")} -e 0.05 -q > /dev/full`;
  const { status, stderr } = spawnSync("sh", ["-c", argv], { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toBe("eexit: stdout: cannot be written (ENOSPC)\n");
});

describe("an output that is an input is refused before anything is written", () => {
  const copy = () => {
    const path = scratch.path("logits.npy");
    writeFileSync(path, readFileSync(digits("logits_cal.npy")));
    return path;
  };

  test.each([
    ["score", (path: string) => ["score", path, "-o", path]],
    ["calibrate", (path: string) => ["calibrate", path, "-e", "0.05", "-o", path]],
  ] as const)("%s", async (_, argvOf) => {
    const path = copy();
    const { status, code } = await runCli(argvOf(path));
    expect([status, code]).toEqual([2, "file-exists"]);
    expect(readFileSync(path).equals(readFileSync(digits("logits_cal.npy")))).toBe(true);
  });
});

test("a scored table has the same bytes from one file and from record batches of other sizes", async () => {
  const [whole, parts] = [scratch.path("whole.arrow"), scratch.path("parts.arrow")];
  await succeed(["score", ...labelled, "-o", whole]);
  await succeed(["score", digits("logits_cal.arrow"), "-o", parts]);
  expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true);
});

test("eexit calibrate alone on a terminal shows the short help instead of waiting", async () => {
  const { status, stderr } = await runCli(["calibrate"], { isTTY: true });
  expect(status).toBe(2);
  expect(stderr).toContain("Usage: eexit calibrate");
  expect(stderr).toContain("no input");
});

test("a sweep without any risk of known range is refused", async () => {
  const table = scratch.write("custom.csv", "confidence_1,confidence_2,loss:x_1,loss:x_2\n0.5,0,1,0\n0.7,0,0,0\n");
  expect((await runCli(["sweep", table, "-e", "0.05"])).code).toBe("risk-unknown");
});

test("costs are an input too, and two outputs of one name are refused", async () => {
  const costs = scratch.write("costs.json", readFileSync(digits("costs.json")));
  const argv = ["calibrate", digits("logits_cal.npy"), "-e", "0.05", "--costs", costs, "-o"];
  expect((await runCli([...argv, costs])).code).toBe("file-exists");
  const report = scratch.path("one.md");
  expect(await runCli([...argv, report, "--report", report])).toMatchObject({ code: "bad-usage", status: 2 });
  expect(existsSync(report)).toBe(false);
});

test("a signature is an output like any other, and its key an input", async () => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const key = scratch.write("key.pem", pem);
  const argv = ["calibrate", ...labelled, "-e", "0.05", "--sign", key, "-o"];
  expect((await runCli([...argv, key])).code).toBe("file-exists");
  const named = scratch.write("labels.npy.sig", readFileSync(digits("labels_cal.npy")));
  const overLabels = ["calibrate", digits("logits_cal.npy"), "--labels", named, "-e", "0.05", "--sign", key];
  expect((await runCli([...overLabels, "-o", scratch.path("labels.npy")])).code).toBe("file-exists");
  expect(readFileSync(key, "utf8")).toBe(pem);
});

describe.skipIf(!built)("a sweep in threads", () => {
  const argv = ["sweep", ...labelled, "-e", "0.02:0.2:0.02", "--trials", "400", "--calibration-size", "250"];
  const run = (threads: string) =>
    spawnSync(
      process.execPath,
      [program, ...argv, "--method", "naive,crc,ucb", "--format", "csv", "--threads", threads],
      {
        encoding: "utf8",
      },
    );

  test("gives the same bytes for any number of threads", () => {
    const alone = run("1");
    expect(alone.status, alone.stderr).toBe(0);
    for (const threads of ["2", "3"]) expect(run(threads).stdout).toBe(alone.stdout);
  });

  test("refuses a number of threads that is none", () => {
    expect(run("0").status).toBe(2);
  });
});
