import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { npyHeader } from "../../src/io/npy-write.ts";
import { seededRandom } from "../../src/stats/random.ts";
import { scratchFolder } from "../support/scratch.ts";

// Threads run the compiled program; what is smaller than 10 million values never leaves the main thread.
const program = "dist/bin/eexit.js";
const built = existsSync(program);
const scratch = scratchFolder();
const [sampleCount, exitCount, classCount] = [9100, 2, 600];

function write(name: string, change: (rows: Float32Array) => void = () => {}): string {
  const random = seededRandom(1);
  const pool = Float32Array.from({ length: 10_007 }, () => 3 * random.normal());
  const rows = Float32Array.from({ length: sampleCount * exitCount * classCount }, (_, i) => pool[i % pool.length]);
  change(rows);
  const header = npyHeader("float32", [sampleCount, exitCount, classCount]);
  return scratch.write(name, Buffer.concat([header, new Uint8Array(rows.buffer)]));
}

function eexit(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe.skipIf(!built)("several threads", () => {
  let logits = "";
  let labels = "";
  beforeAll(() => {
    logits = write("logits.npy");
    const classes = Float64Array.from({ length: sampleCount }, (_, i) => (7 * i) % classCount);
    labels = scratch.write(
      "labels.npy",
      Buffer.concat([npyHeader("float64", [sampleCount]), new Uint8Array(classes.buffer)]),
    );
  });

  test("write the bytes that one thread writes, and calibrate to the same file", () => {
    const tables = ["1", "2", "3"].map((threads) => {
      const table = scratch.path(`table-${threads}.arrow`);
      const finished = eexit(
        "score",
        logits,
        "--labels",
        labels,
        "--ignore-label",
        "7,14",
        "-o",
        table,
        "--threads",
        threads,
      );
      expect(finished.status, finished.stderr).toBe(0);
      return readFileSync(table);
    });
    expect(tables[1].equals(tables[0])).toBe(true);
    expect(tables[2].equals(tables[0])).toBe(true);
    const calibrate = (threads: string) =>
      eexit("calibrate", logits, "--labels", labels, "-e", "0.5", "--threads", threads);
    expect(calibrate("2")).toEqual(calibrate("1"));
  });

  test("name the first row that is wrong, whoever found it", () => {
    const bad = write("bad.npy", (rows) => {
      for (const row of [9000, 5000, 4500]) rows[row * exitCount * classCount + 5] = Number.NaN;
    });
    for (const threads of ["1", "2", "3"]) {
      const table = scratch.path("bad.arrow");
      const { status, stderr } = eexit("score", bad, "-o", table, "--threads", threads);
      expect(status).toBe(2);
      expect(stderr).toContain("row 4500, exit 1 holds NaN");
      expect(existsSync(table)).toBe(false);
    }
  });

  test("end with the program on SIGINT", async () => {
    const child = spawn(
      process.execPath,
      [program, "score", ...Array<string>(40).fill(logits), "-o", "-", "--threads", "2"],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    // The first rows are out, and 39 files to go.
    await new Promise((ready) => child.stdout.once("data", ready));
    child.stdout.resume();
    const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
  });
});
