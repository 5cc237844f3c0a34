import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";

const data = resolve(import.meta.dirname, "../../sample-data");
const folder = mkdtempSync(join(tmpdir(), "eexit-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

const digits = (name: string) => join(data, "digits", name);
const labelled = [digits("logits_cal.npy"), "--labels", digits("labels_cal.npy")];
const table = join(data, "loss-table/deediff.npz");
let count = 0;

async function calibrated(...argv: string[]): Promise<string> {
  const path = join(folder, `threshold-${count++}.json`);
  const { status, stderr } = await runCli(["calibrate", ...argv, "-o", path]);
  if (status !== 0) throw new Error(stderr);
  return path;
}

/** A copy of a threshold file with other fields, as by hand. */
// biome-ignore lint/suspicious/noExplicitAny: any field may be edited to anything
function edited(path: string, edit: (file: any) => void): string {
  const file = JSON.parse(readFileSync(path, "utf8"));
  edit(file);
  const copy = join(folder, `edited-${count++}.json`);
  writeFileSync(copy, JSON.stringify(file));
  return copy;
}

async function verified(...argv: string[]) {
  const { status, stdout, stderr } = await runCli(["verify", ...argv, "--format", "json"]);
  if (stdout === "") throw new Error(stderr);
  return { status, answer: JSON.parse(stdout) };
}

describe("verified", () => {
  it.each([
    ["ucb, star, exact", ["-e", "0.05"]],
    ["cp, clipped", ["-e", "0.05", "--clip"]],
    ["wsr on steps", ["-e", "0.05", "--method", "ucb:wsr", "--grid", "50", "--seed", "7"]],
    ["hb on a range", ["-e", "0.05", "--method", "ltt", "--grid", "0.2:1:0.01"]],
    ["crc, file order", ["-e", "0.05", "--method", "crc", "--no-shuffle"]],
    ["crc monotone, entropy", ["-e", "0.05", "--method", "crc:monotone", "--confidence", "entropy"]],
    [
      "naive, Brier, costs",
      ["-e", "0.05", "--method", "naive", "--risk", "brier-gap", "--costs", digits("costs.json")],
    ],
    ["a label left out", ["-e", "0.1", "--ignore-label", "3", "--meta", "model=v3"]],
    ["never-exit", ["-e", "0.001"]],
    ["first-exit", ["-e", "0.5"]],
  ])("%s", async (_, argv) => {
    const { status, answer } = await verified(await calibrated(...labelled, ...argv), ...labelled);
    expect(answer).toMatchObject({ format: "eexit-verify", version: 1, verdict: "verified", differences: [] });
    expect(status).toBe(0);
    expect(answer.threshold.found).toBe(answer.threshold.expected);
    expect(answer.sha256.found).toBe(answer.sha256.expected);
  });

  it("the same rows in any format, from shards, from stdin and from the exit table", async () => {
    const path = await calibrated(...labelled, "-e", "0.05");
    const scored = join(folder, "table.arrow");
    await runCli(["score", ...labelled, "-o", scored]);
    for (const input of [digits("logits_cal.arrow"), digits("digits.p"), scored]) {
      expect((await verified(path, input)).status, input).toBe(0);
    }
    const stdin = readFileSync(digits("logits_cal.arrow"));
    expect((await runCli(["verify", path, "-"], { stdin })).status).toBe(0);
  });

  it("a grid file is not needed again", async () => {
    const grid = join(folder, "grid.txt");
    writeFileSync(grid, "1\n0.8\n0.6\n0.4\n");
    const path = await calibrated(...labelled, "-e", "0.05", "--grid", grid);
    rmSync(grid);
    expect((await verified(path, ...labelled)).status).toBe(0);
    const without = edited(path, (file) => delete file.gridValues);
    const { status, stderr } = await runCli(["verify", without, ...labelled]);
    expect(status).toBe(2);
    expect(stderr).toContain("gridValues is missing");
  });

  it("a supplied confidence column comes from a file again", async () => {
    const confidence = `mine=file:${scoresNpy()}`;
    const path = await calibrated(...labelled, "-e", "0.05", "--confidence", confidence);
    expect((await verified(path, ...labelled, "--confidence", confidence)).status).toBe(0);
    const { status, stderr } = await runCli(["verify", path, ...labelled]);
    expect(status).toBe(2);
    expect(stderr).toContain("mine");
  });

  it("loss tables: settings come from the file", async () => {
    const path = await calibrated(table, "-e", "0.01", "--clip");
    expect((await verified(path, table)).status).toBe(0);
    const part = (name: string) => join(data, "loss-table", name);
    const parts = [part("losses.npy"), "--lambdas", part("lambdas.npy")];
    expect((await verified(path, ...parts, "--table-exits", part("exits.npy"))).answer.cautions).toEqual([]);
    const { status, answer } = await verified(path, ...parts);
    expect(status).toBe(0);
    expect(answer.cautions[0].code).toBe("efficiency-not-compared");
  });

  it("text says so in a sentence", async () => {
    const { status, stdout } = await runCli(["verify", await calibrated(...labelled, "-e", "0.05"), ...labelled]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^eexit verify: verified\n/);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("the same policy, threshold and risk, bit for bit");
  });
});

/** [400, 4] float64 scores in (0, 1) as NPY, fixed by arithmetic. */
function scoresNpy(): string {
  const path = join(folder, "scores.npy");
  const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (400, 4), }".padEnd(117).concat("\n");
  const values = Float64Array.from({ length: 1600 }, (_, i) => ((i * 37) % 1009) / 1009);
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
  writeFileSync(path, Buffer.concat([start, Buffer.from(header, "latin1"), Buffer.from(values.buffer)]));
  return path;
}

describe("same rows, other order", () => {
  const csv = (order: (rows: string[]) => string[]) => {
    const [header, ...rows] = readFileSync(digits("exit-table.csv"), "utf8").trim().split("\n");
    const path = join(folder, `rows-${count++}.csv`);
    writeFileSync(path, `${[header, ...order(rows)].join("\n")}\n`);
    return path;
  };

  it.each([
    ["cp", true],
    ["wsr", false],
  ])("%s: the threshold is the same: %s", async (bound, same) => {
    const path = await calibrated(
      csv((rows) => rows),
      "-e",
      "0.2",
      "--clip",
      "--bound",
      bound,
    );
    const { status, answer } = await verified(
      path,
      csv((rows) => [...rows].reverse()),
    );
    expect(status).toBe(1);
    expect(answer.verdict).toBe("same-rows-other-order");
    expect(answer.rowDigest.found).toBe(answer.rowDigest.expected);
    if (same) expect(answer.threshold.found).toBe(answer.threshold.expected);
    const { stdout } = await runCli(["verify", path, csv((rows) => [...rows].reverse())]);
    expect(stdout).toMatch(/^eexit verify: same rows, other order\n/);
    expect(stdout).toContain(answer.threshold.found === answer.threshold.expected ? "changes nothing" : "it matters");
  });
});

describe("other data", () => {
  it("fresh rows: another hash, nothing recalibrated", async () => {
    const { status, answer } = await verified(await calibrated(...labelled, "-e", "0.05"), digits("logits_test.arrow"));
    expect(status).toBe(1);
    expect(answer).toMatchObject({
      verdict: "other-data",
      samples: { expected: 400, found: 497 },
      threshold: { found: null },
      differences: [],
    });
  });

  it.each([
    ["risk", "brier-gap"],
    ["confidence", "entropy"],
    ["clip", true],
  ])("an edited %s asks for other columns", async (field, value) => {
    const path = edited(await calibrated(...labelled, "-e", "0.05"), (file) => {
      file[field] = value;
    });
    const { status, answer } = await verified(path, ...labelled);
    expect(status).toBe(1);
    expect(answer.verdict).toBe("other-data");
  });
});

describe("not reproduced: edited by hand", () => {
  const original = calibrated(...labelled, "-e", "0.05");

  // biome-ignore lint/suspicious/noExplicitAny: any field may be edited to anything
  const edits: [string, (file: any) => void][] = [
    ["threshold", (file) => Object.assign(file, { threshold: 0.4 })],
    ["threshold, by an ulp", (file) => Object.assign(file, { threshold: file.threshold + 2 ** -54 })],
    ["thresholds", (file) => file.thresholds.fill(0.4)],
    ["statement", (file) => Object.assign(file, { epsilon: 0.0500001 })],
    ["statement", (file) => Object.assign(file, { delta: 0.0999999 })],
    ["statement", (file) => Object.assign(file, { statement: "It is safe." })],
    ["threshold", (file) => Object.assign(file, { method: "naive", bound: "hb", delta: 0.1 })],
    ["guarantee", (file) => Object.assign(file, { guarantee: "expectation" })],
    ["calibration.empiricalRisk", (file) => Object.assign(file.calibration, { empiricalRisk: 0.01 })],
    ["calibration.riskUpperBound", (file) => Object.assign(file.calibration, { seed: 1 })],
    ["calibration.samples", (file) => Object.assign(file.calibration, { samples: 4000 })],
    ["efficiency.saving", (file) => Object.assign(file.efficiency, { saving: 0.9 })],
    ["lossRange", (file) => Object.assign(file, { lossRange: [0, 1] })],
    ["cautions", (file) => file.cautions.push({ code: "fine", message: "all is well" })],
  ];

  it.each(edits)("%s", async (field, edit) => {
    const { status, answer } = await verified(edited(await original, edit), ...labelled);
    expect(status).toBe(1);
    expect(answer.verdict).toBe("not-reproduced");
    const fields = answer.differences.map((difference: { field: string }) => difference.field);
    expect(fields).toContain(field.split(",")[0]);
  });

  it("wording of another version is not compared, numbers are", async () => {
    const other = (edit: (file: { threshold: number }) => void) => async () =>
      verified(
        edited(await original, (file) => {
          file.tool.version = "0.0.9";
          file.statement = "Said otherwise.";
          edit(file);
        }),
        ...labelled,
      );
    expect((await other(() => {})()).status).toBe(0);
    expect((await other((file) => Object.assign(file, { threshold: 0.4 }))()).answer.verdict).toBe("not-reproduced");
  });

  it("text lists the fields", async () => {
    const path = edited(await original, (file) => Object.assign(file, { threshold: 0.4 }));
    const { stdout } = await runCli(["verify", path, ...labelled]);
    expect(stdout).toMatch(/^eexit verify: not reproduced\n/);
    expect(stdout).toMatch(/threshold +0\.4 +0\.44298/);
    expect(stdout).toContain("do not deploy it");
  });
});

describe("refused", () => {
  it("a risk level beyond the loss bound, on reading", async () => {
    const path = edited(await calibrated(...labelled, "-e", "0.05"), (file) => Object.assign(file, { epsilon: 6 }));
    expect(await runCli(["verify", path, ...labelled])).toMatchObject({ status: 2, code: "threshold-invalid" });
  });

  it("settings that no calibration accepts", async () => {
    const path = edited(await calibrated(...labelled, "-e", "0.05"), (file) => Object.assign(file, { bound: "cp" }));
    const { status, stderr } = await runCli(["verify", path, ...labelled]);
    expect(status).toBe(2);
    expect(stderr).toContain("its settings cannot be calibrated with");
    expect(stderr).toContain("hint: the file was edited; calibrate again");
  });

  it.each([
    ["no labels for a risk that needs them", [digits("logits_cal.npy")], "needs labels"],
    ["a loss table", [table], "a loss table, expected logits or an exit table"],
    ["no such data", ["nowhere.npy"], "nowhere.npy: no such file"],
  ])("%s", async (_, inputs, words) => {
    const { status, stderr } = await runCli(["verify", await calibrated(...labelled, "-e", "0.05"), ...inputs]);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });

  it("no threshold file; a terminal without input gets the short help", async () => {
    const { status, stderr } = await runCli(["verify"]);
    expect(status).toBe(2);
    expect(stderr).toContain("missing required argument 'threshold'");
    const terminal = await runCli(["verify", await calibrated(...labelled, "-e", "0.05")], { isTTY: true });
    expect(terminal.status).toBe(2);
    expect(terminal.stderr).toContain("Usage: eexit verify <threshold> [inputs...]");
  });
});
