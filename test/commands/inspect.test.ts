import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";

const data = resolve(import.meta.dirname, "../../sample-data");
const folder = mkdtempSync(join(tmpdir(), "eexit-inspect-"));
afterAll(() => rmSync(folder, { recursive: true }));

const digits = (name: string) => join(data, "digits", name);
const labelled = [digits("logits_cal.npy"), "--labels", digits("labels_cal.npy")];
/** Made by test/reference/make-commands.py (numpy). */
const reference = JSON.parse(readFileSync(join(import.meta.dirname, "../reference/commands.json"), "utf8"));

async function inspected(...argv: string[]) {
  const { status, stdout, stderr } = await runCli(["inspect", ...argv, "--format", "json"]);
  if (status !== 0) throw new Error(stderr);
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ format: "eexit-inspect", version: 1 });
  return answer;
}

interface PerExit {
  [key: string]: number | Record<string, number>;
}

const column = (answer: { perExit: PerExit[] }, key: string) => answer.perExit.map((exit) => exit[key]);

/** Confidences are float32, so their means agree to seven digits. */
function expectClose(found: unknown[], expected: number[], digitCount = 6) {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, digitCount);
}

describe("logits", () => {
  it("agrees with numpy on the digits", async () => {
    const answer = await inspected(...labelled);
    const expected = reference.digits;
    expect(answer).toMatchObject({ kind: "exits", samples: 400, exits: 4, classes: 10, values: "logits", ignored: 0 });
    for (const key of ["accuracy", "agreement", "rightHereWrongAtLast"]) {
      expectClose(column(answer, key), expected[key], 12);
    }
    expectClose(column(answer, "brier"), expected.brier, 7);
    for (const measure of ["top1", "top-diff", "entropy"]) {
      const means = answer.perExit.map((exit: PerExit) => (exit.meanConfidence as Record<string, number>)[measure]);
      expectClose(means, expected.meanConfidence[measure]);
    }
    for (const [risk, means] of Object.entries(expected.meanLoss)) {
      const found = answer.perExit.map((exit: PerExit) => (exit.meanLoss as Record<string, number>)[risk]);
      expectClose(found, means as number[]);
    }
    expect(answer.overthinking).toEqual(expected.overthinking);
    expect(answer.labels).toEqual(expected.labels);
    expect(answer.monotone).toEqual({ accuracy: true, accuracyDrops: [], brier: true, brierRises: [] });
    expect(answer.risk).toBe("prediction-gap");
    expect(nonMonotone(answer)).toEqual(expected.nonMonotoneShare["prediction-gap"]);
  });

  it("without labels: agreement, and the consistency loss", async () => {
    const answer = await inspected(digits("logits_cal.npy"));
    expect(column(answer, "accuracy")).toEqual([null, null, null, null]);
    expectClose(column(answer, "agreement"), reference.digits.agreement, 9);
    expect([answer.labels, answer.overthinking, answer.monotone.accuracy]).toEqual([null, null, null]);
    expect(nonMonotone(answer)).toEqual(reference.digits.nonMonotoneShare["prediction-consistency"]);
    const { stdout } = await runCli(["inspect", digits("logits_cal.npy")]);
    expect(stdout).toContain("No labels: exits are compared with the full network. Give --labels for accuracy.");
    expect(stdout).not.toContain("Brier ");
  });

  it("the same numbers from Arrow, pickle, stdin and the exit table", async () => {
    const scored = join(folder, "table.arrow");
    await runCli(["score", ...labelled, "-o", scored]);
    const { perExit, confidences } = await inspected(...labelled);
    for (const input of [digits("logits_cal.arrow"), digits("digits.p"), scored]) {
      expect(await inspected(input), input).toMatchObject({ perExit, confidences });
    }
    const stdin = readFileSync(digits("logits_cal.arrow"));
    const piped = await runCli(["inspect", "-", "--format", "json"], { stdin });
    expect(JSON.parse(piped.stdout)).toMatchObject({ perExit, confidences });
  });

  it("text: sentences, facts and three tables", async () => {
    const { stdout, stderr } = await runCli(["inspect", ...labelled]);
    expect(stderr).toBe("");
    const text = stdout.replaceAll(/\s+/g, " ");
    expect(text).toContain("eexit inspect: 400 samples, 4 exits");
    expect(text).toContain("Accuracy never falls with depth; the Brier score never rises with depth.");
    expect(text).toContain(
      "1.3 % of the samples are right at an earlier exit and wrong at the last, 62.5 % of its errors",
    );
    expect(text).toContain("npy: float32 [400, 4, 10]");
    expect(text).toContain("from 8.3 % (label 1) to 12.0 % (label 0)");
    expect(stdout).toMatch(/^1 +86\.0 % +86\.0 % +0\.4357 +0\.4445/m);
    for (const title of ["Exits\n", "Confidences of the early exits\n", "Mean loss if every sample left there\n"]) {
      expect(stdout).toContain(title);
    }
  });

  it("several files, ignored labels, chosen confidences", async () => {
    const shards = [digits("logits_cal.npy"), digits("logits_test.npy")];
    const labels = ["--labels", digits("labels_cal.npy"), "--labels", digits("labels_test.npy")];
    const answer = await inspected(...shards, ...labels, "--ignore-label", "0", "--confidence", "entropy");
    expect(answer.samples + answer.ignored).toBe(897);
    expect(answer.files).toHaveLength(2);
    expect(answer.labels.count).toBe(9);
    expect(answer.confidences.map(({ name }: { name: string }) => name)).toEqual(["entropy"]);
  });

  it("says where accuracy falls, and cautions about confidences that are exactly 1", async () => {
    const path = join(folder, "falls.csv");
    const header = "confidence_1,confidence_2,prediction_1,prediction_2,prediction_3,label";
    writeFileSync(path, [header, "1,1,0,1,0,0", "1,0.5,0,1,1,0", "0.5,0.5,1,1,1,1", ""].join("\n"));
    const { stdout } = await runCli(["inspect", path]);
    expect(stdout).toContain("Accuracy falls at exit 2.");
    expect(stdout).toContain("caution (saturated): 50.0 % of the confidence confidences");
  });

  it("CSV is the table of exits, markdown all tables", async () => {
    const csv = (await runCli(["inspect", ...labelled, "--format", "csv"])).stdout.split("\n");
    expect(csv[0]).toBe(
      "exit,accuracy,agreement,brier,meanConfidence:top1,meanConfidence:top-diff,meanConfidence:entropy,rightHereWrongAtLast",
    );
    expect(csv[1]).toMatch(/^1,0\.86,0\.86,0\.4356/);
    const markdown = (await runCli(["inspect", ...labelled, "--format", "markdown"])).stdout;
    expect(markdown.match(/^### /gm)).toHaveLength(3);
  });
});

function nonMonotone(answer: { confidences: { name: string; nonMonotoneShare: number }[] }) {
  return Object.fromEntries(answer.confidences.map(({ name, nonMonotoneShare }) => [name, nonMonotoneShare]));
}

describe("loss tables", () => {
  const table = join(data, "loss-table/deediff.npz");

  it("agrees with numpy", async () => {
    const answer = await inspected(table);
    const expected = reference.lossTable;
    expect(answer).toMatchObject({ kind: "loss-table", samples: 800, lambdaDirection: "down", scores: false });
    expect(answer.reference).toEqual({ row: 0, lambda: 1 });
    expect(answer.rows.map(({ lambda }: { lambda: number }) => lambda)).toEqual(expected.lambda);
    const means = answer.rows.map(({ meanLoss }: { meanLoss: number }) => meanLoss);
    expectClose(means, expected.meanLoss, 12);
    expect(answer.rows.map(({ meanExit }: { meanExit: number }) => meanExit)).toEqual(expected.meanExit);
    for (const key of ["lossFound", "meanLossFalls", "nonMonotoneShare"]) expect(answer[key]).toEqual(expected[key]);
  });

  it("text shows a few rows, CSV all", async () => {
    const text = (await runCli(["inspect", table, "--reference", "2"])).stdout;
    expect(text).toContain("Rows (10 of 61, safest first)");
    expect(text).toContain("row 2, λ = 0.98");
    expect(text).toContain("1 (safest) to 0.4, --lambda-direction down");
    expect(text).toContain("The mean loss falls 7 times");
    const csv = (await runCli(["inspect", table, "--format", "csv"])).stdout.trim().split("\n");
    expect(csv[0]).toBe("row,lambda,meanLoss,meanExit");
    expect(csv).toHaveLength(62);
  });

  it("parts in files of their own; scores; no exits", async () => {
    const part = (name: string) => join(data, "loss-table", name);
    const argv = [part("losses.npy"), "--lambdas", part("lambdas.npy"), "--scores", "--lambda-direction", "up"];
    const answer = await inspected(...argv);
    expect(answer).toMatchObject({ scores: true, lossRange: [-1, 1], reference: { row: 0, lambda: 0.4 } });
    expect((await runCli(["inspect", ...argv])).stdout).toContain("not known (--table-exits)");
  });
});

describe("other files", () => {
  it("a threshold file is explained, whatever the order of its keys", async () => {
    const path = join(folder, "threshold.json");
    await runCli(["calibrate", ...labelled, "-e", "0.05", "-o", path]);
    const explained = await runCli(["explain", path]);
    expect((await runCli(["inspect", path])).stdout).toBe(explained.stdout);
    const reversed = Object.fromEntries(Object.entries(JSON.parse(readFileSync(path, "utf8"))).reverse());
    const stdin = JSON.stringify(reversed);
    expect((await runCli(["inspect", "-"], { stdin })).stdout).toBe(explained.stdout);
  });

  it.each([
    ["broken/npz-unknown-keys.npz", "npz", "weights", [4, 10], "array-missing"],
    ["digits/labels_cal.npy", "npy", "", [400], "array-missing"],
    ["broken/logits-exit-major.npy", "npy", "", [4, 72, 2], "layout-suspect"],
    ["digits/costs.json", "json", "cumulative", [4], "array-missing"],
  ])("%s: arrays, types, shapes, and what to do", async (file, format, name, shape, code) => {
    const answer = await inspected(join(data, file));
    expect(answer).toMatchObject({ kind: "arrays", problem: { code } });
    expect(answer.files[0]).toMatchObject({ format, partCount: 1 });
    expect(answer.files[0].arrays[0]).toMatchObject({ name, shape });
    expect(answer.problem.hint).toBeTruthy();
    const { stdout } = await runCli(["inspect", join(data, file)]);
    expect(stdout).toContain(`[${shape.join(", ")}]`);
    expect(stdout).toContain("hint: ");
  });

  it.each([
    [["broken/logits-nan.npy"], "row 5, exit 2 holds NaN"],
    [["broken/parquet.parquet"], "Parquet file, which is not read"],
    [["broken/pickle-eval.p"], "pickle"],
    [["nowhere.npy"], "no such file"],
    [["digits/logits_cal.npy", "--labels", "broken/labels-ten.npy"], "label 10"],
    [["digits/logits_cal.npy", "--format", "yaml"], "--format yaml: unknown"],
  ])("%j is status 2", async ([file, ...rest], words) => {
    const argv = rest.map((word) => (word.startsWith("broken/") ? join(data, word) : word));
    const { status, stdout, stderr } = await runCli(["inspect", join(data, file), ...argv]);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
  });

  it("nothing on a terminal: short help, status 2", async () => {
    const { status, stderr } = await runCli(["inspect"], { isTTY: true });
    expect(status).toBe(2);
    expect(stderr).toContain("Usage: eexit inspect [inputs...]");
  });
});
