import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";

const data = resolve(import.meta.dirname, "../../sample-data");
const folder = mkdtempSync(join(tmpdir(), "eexit-explain-"));
afterAll(() => rmSync(folder, { recursive: true }));

const logits = join(data, "digits/logits_cal.npy");
const labelled = [logits, "--labels", join(data, "digits/labels_cal.npy")];
const table = join(data, "loss-table/deediff.npz");

async function calibrated(...argv: string[]): Promise<string> {
  const path = join(
    folder,
    `${argv
      .join("-")
      .replaceAll(/[^\w.]+/g, "_")
      .slice(-80)}.json`,
  );
  const { status, stderr } = await runCli(["calibrate", ...argv, "-o", path]);
  if (status !== 0) throw new Error(stderr);
  return path;
}

async function explained(path: string, format = "text") {
  const { status, stdout, stderr } = await runCli(["explain", path, "--format", format]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

/** A sentence may be wrapped anywhere. */
const unwrapped = (text: string) => text.replaceAll(/\s+/g, " ");

describe("policies", () => {
  it("threshold: every digit of the number, in words, pseudo-code and numpy", async () => {
    const path = await calibrated(...labelled, "-e", "0.05");
    const { threshold } = JSON.parse(readFileSync(path, "utf8"));
    const text = unwrapped(await explained(path));
    expect(text).toContain("eexit threshold file: threshold");
    expect(text).toContain(`whose confidence top1 (max p) is greater than ${threshold} (strictly`);
    expect(text).toContain(`if confidence[exit] > ${threshold}: leave there; else leave at 4`);
    expect(text).toContain(`conf[:, :3].astype(np.float64) > ${threshold}`);
    expect(text).toContain("Promised: With probability at least 0.9");
    expect(text).toContain("Not promised: certainty (up to 10 % of calibrations end above ε");
    expect(text).toContain("independent draws from one distribution");
    expect(text).toContain("on 400 samples, data hash ffce94892076…, rows shuffled once with seed 0");
    expect(text).toContain("% of exits saved (exits are not time)");
  });

  it("never-exit: the full network, no promise to misread, the fail-safe number", async () => {
    const text = unwrapped(await explained(await calibrated(...labelled, "-e", "0.001")));
    expect(text).toContain("eexit threshold file: never-exit");
    expect(text).toContain("Deploy the full network: nothing was certified");
    expect(text).toContain("> 1.7976931348623157e+308");
    expect(text).toContain("Not promised: any saving.");
    expect(text).not.toContain("Assumed:");
    expect(text).toContain("caution (too-few-samples)");
  });

  it("first-exit: everybody leaves at exit 1", async () => {
    const text = unwrapped(await explained(await calibrated(logits, "-e", "0.2")));
    expect(text).toContain("eexit threshold file: first-exit");
    expect(text).toContain("every sample leaves at exit 1");
    expect(text).toContain("> -1.7976931348623157e+308");
  });
});

describe("guarantees", () => {
  it.each([
    ["crc", "heuristic", "a proven level: no theorem covers this method here", false],
    ["crc:monotone", "expectation", "this very calibration (in simulations 10 to 47 %", true],
    ["naive", "none", "any level for new samples", false],
    ["ucb", "high-probability", "certainty (up to 20 % of calibrations", true],
  ])("%s: %s", async (method, guarantee, clause, assumes) => {
    const path = await calibrated(...labelled, "-e", "0.05", "-d", "0.2", "--method", method);
    const answer = JSON.parse(await explained(path, "json"));
    expect(answer.guarantee).toBe(guarantee);
    expect(answer.notPromised.join("; ")).toContain(clause);
    expect(answer.assumptions.length > 0).toBe(assumes);
  });
});

describe("loss tables", () => {
  it("says the λ to run with and that the rows alone were tested", async () => {
    const text = unwrapped(await explained(await calibrated(table, "-e", "0.01")));
    expect(text).toContain("Deploy: run your model with λ = 0.89, where an exit is taken when confidence > 0.89.");
    expect(text).toContain("do not round λ or go between its rows");
    expect(text).toContain("the reference row (row 0, λ = 1)");
  });

  it("never-exit deploys the reference row, not the number", async () => {
    const text = unwrapped(await explained(await calibrated(table, "-e", "0.0001")));
    expect(text).toContain("Deploy the reference row (row 0, λ = 1): nothing was certified.");
    expect(text).toContain("leave = confidence > 1 ");
  });

  it("direction up turns the comparison round, never-exit included", async () => {
    const csv = join(folder, "up.csv");
    const columns = Array.from({ length: 200 }, (_, i) => `loss_${i + 1}`);
    const row = (lambda: number, bad: number) => [lambda, ...columns.map((_, i) => (i < bad ? 1 : 0))].join(",");
    writeFileSync(csv, [["lambda", ...columns].join(","), row(0, 0), row(0.5, 2), row(0.9, 100), ""].join("\n"));
    const up = [csv, "--lambda-direction", "up", "--binary"];
    const some = unwrapped(await explained(await calibrated(...up, "-e", "0.1")));
    expect(some).toContain("run your model with λ = 0.5, where an exit is taken when 0.5 > score");
    const none = unwrapped(await explained(await calibrated(...up, "-e", "0.001")));
    expect(none).toContain("Deploy the reference row (row 0, λ = 0)");
    expect(none).toContain("leave = 0 > score");
  });
});

describe("formats and errors", () => {
  it("JSON: fixed keys, the file's own numbers, numpy that people can paste", async () => {
    const path = await calibrated(...labelled, "-e", "0.05");
    const file = JSON.parse(readFileSync(path, "utf8"));
    const answer = JSON.parse(await explained(path, "json"));
    expect(Object.keys(answer).slice(0, 6)).toEqual(["format", "version", "policy", "threshold", "rule", "deploy"]);
    expect(answer).toMatchObject({ format: "eexit-explain", version: 1, threshold: file.threshold });
    expect(answer.efficiency).toEqual(file.efficiency);
    expect(answer.promised).toBe(file.statement);
  });

  it("markdown has a heading and a table", async () => {
    const markdown = await explained(await calibrated(...labelled, "-e", "0.05"), "markdown");
    expect(markdown).toMatch(/^## eexit threshold file\n/);
    expect(markdown).toContain("| exit | share |");
  });

  it("costs, clip, notes and rows left out by label are said", async () => {
    const argv = ["-e", "0.1", "--clip", "--costs", join(data, "digits/costs.json"), "--meta", "model=v3"];
    const text = unwrapped(
      await explained(await calibrated(...labelled, ...argv, "--ignore-label", "3", "--no-shuffle")),
    );
    expect(text).toContain("prediction-gap (clipped) in [0, 1]");
    expect(text).toContain("of 0.5055 MFLOPs used");
    expect(text).toMatch(/on \d+ samples \(\d+ rows left out by label\)/);
    expect(text).toContain("rows in file order");
    expect(text).toContain("every loss is 0 or 1");
    expect(text).toMatch(/model +v3/);
  });

  it("reads stdin", async () => {
    const stdin = readFileSync(await calibrated(...labelled, "-e", "0.05"));
    const { status, stdout } = await runCli(["explain", "-"], { stdin });
    expect(status).toBe(0);
    expect(stdout).toContain("eexit threshold file: threshold");
  });

  it.each([
    [["explain"], "missing required argument 'threshold'"],
    [["explain", "nowhere.json"], "nowhere.json: no such file"],
    [["explain", logits], "not JSON"],
    [["explain", join(data, "digits/costs.json")], 'expected "eexit-threshold"'],
    [["explain", logits, "--format", "jsn"], "hint: did you mean json?"],
  ])("%j is status 2", async (argv, words) => {
    const { status, stdout, stderr } = await runCli(argv);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
  });
});
