import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, digits, input, labelled, scratchFolder, succeed } from "../support/scratch.ts";

/** One table, whatever its clothes: every spelling of the same 60 rows gives the same threshold file. */
const scratch = scratchFolder();
const base = [input("nlc.npy"), "--labels", input("labels.npy")];
const level = ["-e", "0.2"];
const calibrated = (...argv: string[]) => answerOf(["calibrate", ...argv, ...level]);
/** Names of exits travel with some formats and change nothing else. */
const nameless = ({ exitNames: _, ...file }: Record<string, unknown>) => file;

describe("formats", () => {
  const fourFiles = ["one", "two", "three", "four"].map((name) => input(`exit-${name}.npy`));
  test.each([
    ["big-endian float64 in Fortran order", [input("big-endian-fortran-float64.npy"), "--labels", input("labels.npy")]],
    ["--layout lnc", [input("lnc.npy"), "--layout", "lnc", "--labels", input("labels.npy")]],
    ["--layout ncl", [input("ncl.npy"), "--layout", "ncl", "--labels", input("labels.npy")]],
    ["npz", [input("named.npz")]],
    ["npz with --label-column", [input("truth.npz"), "--label-column", "truth"]],
    ["npz of arr_0 …", [input("positional.npz"), "--labels", input("labels.npy")]],
    ["npz with --exits", [input("heads.npz"), "--exits", "head_a,head_b,head_c,head_d"]],
    ["npz with --exits repeated", [input("heads.npz"), ..."abcd".split("").flatMap((x) => ["--exits", `head_${x}`])]],
    ["safetensors", [input("named.safetensors")]],
    ["pickle of the paper's code", [input("paper.p")]],
    [
      "a file per exit",
      [...fourFiles, "--exits", "exit-one,exit-two,exit-three,exit-four", "--labels", input("labels.npy")],
    ],
    ["a file per exit, --exits alone", ["--exits", fourFiles.join(","), "--labels", input("labels.npy")]],
    ["labels as text", [input("nlc.npy"), "--labels", input("labels.txt")]],
    ["labels as integral floats", [input("nlc.npy"), "--labels", input("labels-float.npy")]],
  ])("%s", async (_, argv) => {
    expect(nameless(await calibrated(...argv))).toEqual(nameless(await calibrated(...base)));
  });

  test("float16 is the float32 of the same numbers", async () => {
    const labels = ["--labels", input("labels.npy")];
    expect(await calibrated(input("float16.npy"), ...labels)).toEqual(
      await calibrated(input("float16-as-float32.npy"), ...labels),
    );
  });

  test("npy, Arrow and pickle of the digits are the same bytes", async () => {
    const npy = await succeed(["calibrate", ...labelled, "-e", "0.05"]);
    const pickle = await succeed(["calibrate", digits("digits.p"), "-e", "0.05"]);
    const arrow = await answerOf(["calibrate", digits("logits_cal.arrow"), "-e", "0.05"]);
    expect(pickle.stdout).toBe(npy.stdout);
    expect(nameless(arrow)).toEqual(nameless(JSON.parse(npy.stdout)));
  });

  test("--exits chooses and orders the exits", async () => {
    const two = await calibrated(input("heads.npz"), "--exits", "head_b,head_d");
    expect(two).toMatchObject({ exits: 2, exitNames: ["head_b", "head_d"] });
    const first = await calibrated(...base);
    expect(two.calibration.sha256).not.toBe(first.calibration.sha256);
  });

  test("--part takes the validation or the test half of an MSDNet-PyTorch file", async () => {
    for (const part of ["val", "test"]) {
      const half = await calibrated(input("msdnet.p"), "--part", part);
      expect(half).toEqual(await calibrated(input(`part-${part}.npz`)));
    }
    const { status, stderr } = await runCli(["calibrate", input("msdnet.p"), ...level]);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining("--part") });
  });

  test("a custom exit table is the same from CSV and JSON", async () => {
    const options = ["--risk", "mine", "--loss-range", "0:1", ...level];
    const csv = await succeed(["calibrate", input("own-loss.csv"), ...options]);
    expect((await succeed(["calibrate", input("own-loss.json"), ...options])).stdout).toBe(csv.stdout);
    expect(JSON.parse(csv.stdout)).toMatchObject({
      risk: "mine",
      lossRange: [0, 1],
      exits: 3,
      confidence: expect.any(String),
    });
    const undeclared = await runCli(["calibrate", input("own-loss.csv"), "--risk", "mine", ...level]);
    expect(undeclared.stderr).toContain("--loss-range");
  });
});

describe("probabilities", () => {
  const probs = [input("probs.npy"), "--labels", input("labels.npy")];

  test("are told from the first rows, and said on stderr", async () => {
    const { stdout, stderr } = await succeed(["calibrate", ...probs, ...level]);
    expect(stderr).toMatch(/probabilities/);
    expect(JSON.parse(stdout)).toMatchObject({ inputValues: "probs" });
    const fromLogits = await calibrated(...base);
    expect(JSON.parse(stdout).threshold).toBeCloseTo(fromLogits.threshold, 6);
  });

  test("--values says it without a note", async () => {
    const told = await succeed(["calibrate", ...probs, ...level, "--values", "probs"]);
    expect(told.stderr).not.toMatch(/note:/);
    expect(told.stdout).toBe((await succeed(["calibrate", ...probs, ...level])).stdout);
    expect((await calibrated(...probs, "--values", "logits")).inputValues).toBe("logits");
    const wrong = await runCli(["calibrate", ...base, ...level, "--values", "probs"]);
    expect(wrong.status).toBe(2);
  });
});

describe("shards", () => {
  const want = succeed(["calibrate", ...labelled, "-e", "0.05"]);

  test("several files are one", async () => {
    const z = readFileSync(digits("logits_cal.npy"));
    const y = readFileSync(digits("labels_cal.npy"));
    mkdirSync(scratch.path("shards"));
    // part-10 comes after part-2 in natural order and before it in the alphabet.
    const bounds: [string, number, number][] = [
      ["1", 0, 130],
      ["2", 130, 260],
      ["10", 260, 400],
    ];
    for (const [name, start, end] of bounds) {
      writeFileSync(scratch.path(`shards/part-${name}.npy`), rows(z, start, end, 4 * 10 * 4));
      writeFileSync(scratch.path(`shards/part-${name}.labels`), rows(y, start, end, 8));
    }
    const files = bounds.map(([name]) => scratch.path(`shards/part-${name}.npy`));
    const labels = bounds.map(([name]) => scratch.path(`shards/part-${name}.labels`));
    const { stdout } = await want;
    for (const argv of [
      [...files, "--labels", digits("labels_cal.npy")],
      [...files, ...labels.flatMap((file) => ["--labels", file])],
      [...files, "--labels", labels.join(",")],
      [scratch.path("shards/*.npy"), "--labels", scratch.path("shards/*.labels")],
    ]) {
      expect((await succeed(["calibrate", ...argv, "-e", "0.05"])).stdout).toBe(stdout);
    }
    const wrongOrder = await answerOf(["calibrate", files[2], files[0], files[1], "-e", "0.05"]);
    const rightOrder = await answerOf(["calibrate", ...files, "-e", "0.05"]);
    expect(wrongOrder.calibration.sha256).not.toBe(rightOrder.calibration.sha256);
  });

  test("labels of each shard must fit that shard", async () => {
    const part = (name: string) => scratch.path(`shards/part-${name}`);
    const argv = ["calibrate", part("1.npy"), part("10.npy"), "--labels", `${part("10.labels")},${part("1.labels")}`];
    const { code, stderr } = await runCli([...argv, "-e", "0.05"]);
    expect(code).toBe("labels-mismatch");
    expect(stderr).toContain("part-10.labels");
    const two = await runCli(["calibrate", ...labelled, "--labels", digits("labels_cal.npy"), "-e", "0.05"]);
    expect(two.code).toBe("labels-mismatch");
  });

  test("an exit table, also one per shard, is the same again", async () => {
    const { stdout } = await want;
    const table = scratch.path("table.arrow");
    await succeed(["score", ...labelled, "-o", table]);
    expect((await succeed(["calibrate", table, "-e", "0.05"])).stdout).toBe(stdout);
    await succeed([
      ...["score", scratch.path("shards/*.npy"), "--labels", scratch.path("shards/*.labels")],
      ...["-o", `${scratch.path("tables")}/`],
    ]);
    expect((await succeed(["calibrate", scratch.path("tables/*.arrow"), "-e", "0.05"])).stdout).toBe(stdout);
  });

  test("a file whose name looks like a glob is that file", async () => {
    copyFileSync(digits("logits_cal.npy"), scratch.path("run[1].npy"));
    const { stdout } = await succeed([
      "calibrate",
      scratch.path("run[1].npy"),
      "--labels",
      digits("labels_cal.npy"),
      "-e",
      "0.05",
    ]);
    expect(stdout).toBe((await want).stdout);
  });
});

describe("labels", () => {
  it("--ignore-label leaves rows out and counts them", async () => {
    const { stdout, stderr } = await succeed([
      ...["calibrate", input("nlc.npy"), "--labels", input("labels-void.npy"), "--ignore-label", "-1", ...level],
    ]);
    const file = JSON.parse(stdout);
    expect(file).toMatchObject({ ignoreLabel: [-1], calibration: { samples: 54, ignored: 6 } });
    expect(stderr).toContain("6 rows");
    const kept = await calibrated(input("kept.npy"), "--labels", input("kept-labels.npy"));
    expect(file.threshold).toBe(kept.threshold);
    expect(file.calibration.sha256).toBe(kept.calibration.sha256);
    expect(file.efficiency).toEqual(kept.efficiency);
  });

  it("are not needed for consistency, which is the default without them", async () => {
    expect((await calibrated(input("nlc.npy"))).risk).toBe("prediction-consistency");
    expect((await calibrated(...base)).risk).toBe("prediction-gap");
  });
});

describe("supplied confidences", () => {
  it("name=file: of [N, L] or [N, L − 1]", async () => {
    const all = await calibrated(...base, "--confidence", `mine=file:${input("column.npy")}`);
    const early = await calibrated(...base, "--confidence", `mine=file:${input("column-early.npy")}`);
    expect(all).toMatchObject({ confidence: "mine" });
    expect(early).toEqual({ ...all, calibration: { ...early.calibration } });
    // The file holds numpy's own top1, which may differ from ours in the last bit.
    expect(all.threshold).toBeCloseTo((await calibrated(...base)).threshold, 6);
  });

  it("travel with the exit table, under their name", async () => {
    const table = scratch.path("own-confidence.arrow");
    const supplied = `mine=file:${input("column.npy")}`;
    await succeed(["score", ...base, "--confidence", supplied, "-o", table]);
    const direct = await succeed(["calibrate", ...base, "--confidence", supplied, ...level]);
    expect((await succeed(["calibrate", table, "--confidence", "mine", ...level])).stdout).toBe(direct.stdout);
    expect((await runCli(["calibrate", table, "--confidence", "top1", ...level])).code).toBe("confidence-unknown");
  });

  it("of another length are refused", async () => {
    const { code } = await runCli([
      "calibrate",
      ...labelled,
      "-e",
      "0.05",
      "--confidence",
      `mine=file:${input("column.npy")}`,
    ]);
    expect(code).toBe("shape-mismatch");
  });
});

/** Rows [start, end) of a C-ordered NPY file whose rows have `rowBytes` bytes. */
function rows(file: Buffer, start: number, end: number, rowBytes: number): Buffer {
  const dataStart = 10 + file.readUInt16LE(8);
  const header = file.toString("latin1", 10, dataStart).replace("(400,", `(${end - start},`);
  const head = Buffer.concat([file.subarray(0, 10), Buffer.from(header, "latin1")]);
  return Buffer.concat([head, file.subarray(dataStart + start * rowBytes, dataStart + end * rowBytes)]);
}

describe("an exit table needs every column for every sample", () => {
  const rows = 60;
  const confidence = Array.from({ length: rows }, (_, i) => [(i % 50) / 50, 0]);
  const prediction = Array.from({ length: rows }, (_, i) => [i % 3 === 0 ? 1 : 0, 0]);
  const label = Array.from({ length: rows }, () => 0);

  test.each([
    ["labels-mismatch", { confidence, prediction, label: label.slice(0, 20) }],
    ["labels-mismatch", { confidence, prediction, label: label.map((value) => [value, value]) }],
    ["shape-mismatch", { confidence, prediction: prediction.slice(0, 20), label }],
    ["shape-mismatch", { confidence, prediction, label, "loss:hellinger": prediction.slice(0, 20) }],
  ] as const)("%s", async (code, table) => {
    const path = scratch.write("short.json", JSON.stringify(table));
    const refused = await runCli(["calibrate", path, "-e", "0.5"]);
    expect([refused.status, refused.code]).toEqual([2, code]);
  });
});

test("a plan beyond 16 million samples has no number, and no crash", async () => {
  const { stdout } = await succeed(["plan", "-e", "1e-8", "--format", "json"]);
  expect(JSON.parse(stdout).rows[0].minimumSamples).toBeNull();
});
