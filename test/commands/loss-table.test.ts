import { describe, expect, it, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, input, scratchFolder, succeed } from "../support/scratch.ts";

/** Thresholds are checked in oracle.test.ts; here what the options do. */
const scratch = scratchFolder();
const calibrated = (name: string, ...argv: string[]) => answerOf(["calibrate", input(name), "-e", "0.12", ...argv]);
const deediff = "sample-data/loss-table/deediff.npz";

test("rows may come in any order", async () => {
  const { stdout } = await succeed(["calibrate", input("table.npz"), "-e", "0.12"]);
  expect((await succeed(["calibrate", input("table-shuffled.npz"), "-e", "0.12"])).stdout).toBe(stdout);
  expect(JSON.parse(stdout)).toMatchObject({
    source: "loss-table",
    reference: { row: 0, lambda: 1 },
    lambdaDirection: "down",
    scores: false,
    confidence: null,
    exits: null,
    lossRange: [0, 1],
    efficiency: { exitShare: null },
  });
});

test("parts of their own: --lambdas and --table-exits, per row or per row and sample", async () => {
  const whole = await calibrated("table.npz");
  const parts = ["--lambdas", input("table-lambdas.npy")];
  expect(await calibrated("table-losses.npy", ...parts, "--table-exits", input("table-exits.npy"))).toEqual(whole);
  const perSample = await calibrated(
    "table-losses.npy",
    ...parts,
    "--table-exits",
    input("table-exits-per-sample.npy"),
  );
  expect(perSample.threshold).toBe(whole.threshold);
  expect(perSample.efficiency.meanExit).toBeCloseTo(whole.efficiency.meanExit, 12);
  expect((await calibrated("table-losses.npy", ...parts)).efficiency).toBeNull();
});

test("--lambda-direction up turns the rule around", async () => {
  const down = await calibrated("table.npz");
  const up = await calibrated("table-up.npz", "--lambda-direction", "up");
  expect(up).toMatchObject({ rule: "threshold > score", lambdaDirection: "up", reference: { row: 0, lambda: 0 } });
  expect(up.threshold).toBeCloseTo(1 - down.threshold, 12);
  expect(up.efficiency.meanExit).toBe(down.efficiency.meanExit);
  const safe = await answerOf(["calibrate", input("table-up.npz"), "--lambda-direction", "up", "-e", "0.001"]);
  // No score is below the largest negative number: the inverted rule never fires either.
  expect(safe).toMatchObject({ policy: "never-exit", threshold: -Number.MAX_VALUE });
});

test("scores are higher is better, and lie in −1:1 unless declared", async () => {
  const named = await calibrated("table-scores.npz");
  expect(named).toMatchObject({ scores: true, lossRange: [-1, 1] });
  const told = await answerOf([
    ...["calibrate", input("table-losses.npy"), "--lambdas", input("table-lambdas.npy"), "--scores", "-e", "0.12"],
  ]);
  expect(told.scores).toBe(true);
});

test("--reference names the row that losses are relative to, 0 the safest", async () => {
  const other = await calibrated("table-reference.npz", "--reference", "1");
  expect(other.reference).toEqual({ row: 1, lambda: 1 });
  const { code, stderr } = await runCli(["calibrate", input("table.npz"), "-e", "0.12", "--reference", "99"]);
  expect(code).toBe("table-invalid");
  expect(stderr).toContain("0 … 10");
});

test("--loss-range and --binary are declared, never estimated, and kept to", async () => {
  expect(await calibrated("table.npz", "--loss-range", "0:0.5")).toMatchObject({ lossRange: [0, 0.5], bound: "star" });
  expect(await calibrated("table-binary.npz", "--binary")).toMatchObject({ bound: "cp", binary: true });
  expect((await runCli(["calibrate", input("table.npz"), "-e", "0.12", "--loss-range", "0:0.1"])).code).toBe(
    "loss-out-of-range",
  );
  expect((await runCli(["calibrate", input("table.npz"), "-e", "0.12", "--binary"])).code).toBe("loss-out-of-range");
  expect((await runCli(["calibrate", input("table.npz"), "-e", "0.12", "--loss-range", "1"])).code).toBe("bad-number");
});

describe("a loss table elsewhere", () => {
  it("is the same from NPZ and from NPY parts, and from stdin", async () => {
    const folder = "sample-data/loss-table";
    const parts = [
      `${folder}/losses.npy`,
      "--lambdas",
      `${folder}/lambdas.npy`,
      "--table-exits",
      `${folder}/exits.npy`,
    ];
    const { stdout } = await succeed(["calibrate", deediff, "-e", "0.01"]);
    expect((await succeed(["calibrate", ...parts, "-e", "0.01"])).stdout).toBe(stdout);
  });

  it("goes through sweep and check, with the settings of the threshold file", async () => {
    const path = scratch.path("up.json");
    const up = input("table-up.npz");
    await succeed(["calibrate", up, "--lambda-direction", "up", "-e", "0.12", "-o", path]);
    const { status, code } = await runCli(["check", "-t", path, up]);
    expect({ status, code }).toEqual({ status: 2, code: "calibration-reused" });
    const rows = (await answerOf(["sweep", deediff, "-e", "0.01,0.02", "--format", "json"])).rows;
    expect(rows).toHaveLength(8);
    expect(rows[0]).toMatchObject({ risk: "loss", confidence: null });
  });

  it("cannot be scored or mixed with logits", async () => {
    expect((await runCli(["score", deediff, "-o", scratch.path("t.arrow")])).code).toBe("array-missing");
    const mixed = await runCli(["calibrate", deediff, "sample-data/digits/logits_cal.npy", "-e", "0.01"]);
    expect(mixed.status).toBe(2);
  });
});
