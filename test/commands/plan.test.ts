import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";

/** Made by test/reference/make-commands.py (scipy, plain loops). */
const reference = JSON.parse(readFileSync(join(import.meta.dirname, "../reference/commands.json"), "utf8")).plan;

interface Row {
  risk: string;
  method: string;
  bound: string | null;
  crc: string | null;
  epsilon: number | null;
  delta: number | null;
  minimumSamples: number | null;
  samples: number | null;
}

async function rowsOf(...argv: string[]): Promise<Row[]> {
  const { status, stdout, stderr } = await runCli(["plan", ...argv, "--format", "json"]);
  if (status !== 0) throw new Error(stderr);
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ format: "eexit-plan", version: 1 });
  return answer.rows;
}

const nameOf = ({ method, bound }: Row) => bound ?? method;

describe("minimum samples", () => {
  const expected: [string, number, number, number, number][] =
    reference["minimumSamples (method, epsilon, delta, B, n)"];

  it.each([
    ["prediction-consistency", 1],
    ["brier-consistency", 2],
  ])("%s, B = %d: as counted from the definitions", async (risk, bound) => {
    const rows = await rowsOf("-e", "0.05,0.1", "--risk", risk);
    const found = rows.map((row) => [nameOf(row), row.epsilon, 0.1, bound, row.minimumSamples]);
    const wanted = expected.filter(([, , , B]) => B === bound);
    expect(found).toHaveLength(wanted.length);
    expect(found).toEqual(expect.arrayContaining(wanted));
    expect(rows.every(({ samples }) => samples === null)).toBe(true);
  });

  it("custom losses use their declared range", async () => {
    const [row] = await rowsOf("-e", "0.1", "--risk", "rouge", "--loss-range", "-1:2", "--method", "ucb:hb");
    // max(0, loss) in [0, 2] at 0.1 is the same question as [0, 1] at 0.05.
    expect(row.minimumSamples).toBe(45);
  });
});

describe("power", () => {
  const power: [string, number, number, number, number, number][] =
    reference["power (method, n, epsilon, delta, risk, power)"];

  it("the count has the wanted power and one sample fewer does not", async () => {
    const rows = await rowsOf("-e", "0.05", "--risk", "prediction-consistency", "--observed-risk", "0.02");
    for (const name of ["crc", "cp"]) {
      const { samples } = rows.find((row) => nameOf(row) === name) as Row;
      const [below, at] = power.filter(([method]) => method === name);
      expect(samples).toBe(at[1]);
      expect(at[5]).toBeGreaterThanOrEqual(0.8);
      expect(below[1]).toBe(at[1] - 1);
      expect(below[5]).toBeLessThan(0.8);
    }
  });

  it("a risk that is not below ε is never certified: null, a dash and a sentence", async () => {
    const argv = ["-e", "0.02", "--observed-risk", "0.02", "--method", "ucb:star"];
    expect((await rowsOf(...argv))[0].samples).toBeNull();
    const { stdout } = await runCli(["plan", ...argv]);
    expect(stdout).toMatch(/ucb:star .* -\n/);
    expect(stdout).toContain("A dash: the risk is not below ε");
    expect(stdout).toContain("caution (gains-not-modelled)");
  });
});

describe("smallest ε", () => {
  it("of 400 samples: as searched from the definitions", async () => {
    const rows = await rowsOf("--samples", "400", "--risk", "prediction-gap", "--clip");
    const found = rows.map((row) => [nameOf(row), row.samples, 0.1, row.epsilon]);
    expect(found).toEqual(reference["smallestEpsilon (method, n, delta, epsilon)"]);
  });

  it("too few samples for any ε below the loss bound: null", async () => {
    // One sample of risk 0.9 shows no loss in 10 % of cases, far from the power of 80 %, whatever ε is.
    const argv = ["--samples", "1", "--risk", "prediction-consistency", "--observed-risk", "0.9", "--method", "ucb:cp"];
    expect((await rowsOf(...argv))[0].epsilon).toBeNull();
  });

  it("-e beside it is not used, and said so", async () => {
    const { status, stderr } = await runCli(["plan", "--samples", "100", "-e", "0.1"]);
    expect(status).toBe(0);
    expect(stderr).toContain("note: -e is not used with --samples");
  });
});

describe("answers", () => {
  it("text says what was modelled and that crc is on average only", async () => {
    const { stdout } = await runCli(["plan", "-e", "5%", "--observed-risk", "2%"]);
    expect(stdout).toContain("every loss is 0 or B");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("on average over calibrations only");
    expect(stdout).toContain("prediction-gap");
  });

  it("crc and naive have no δ", async () => {
    const rows = await rowsOf("-e", "0.05", "-d", "0.05", "--method", "naive,crc,ltt");
    expect(rows.map(({ method, delta }) => [method, delta])).toEqual([
      ["naive", null],
      ["crc", null],
      ["ltt", 0.05],
    ]);
  });

  it("a row per risk, ε and method; ranges and plural options", async () => {
    const rows = await rowsOf("--risks", "prediction-gap,hellinger", "--epsilons", "0.1:0.3:0.1", "--methods", "crc");
    expect(rows.map(({ risk, epsilon }) => [risk, epsilon])).toEqual(
      ["prediction-gap", "hellinger"].flatMap((risk) => [0.1, 0.2, 0.3].map((epsilon) => [risk, epsilon])),
    );
  });

  it("CSV and markdown", async () => {
    const csv = await runCli(["plan", "-e", "0.05", "--method", "crc", "--format", "csv"]);
    expect(csv.stdout).toBe("risk,method,epsilon,delta,minimumSamples\nprediction-gap,crc:first-failure,0.05,,19\n");
    const markdown = await runCli(["plan", "-e", "0.05", "--method", "crc", "--format", "markdown"]);
    expect(markdown.stdout).toContain("| prediction-gap | crc:first-failure | 0.05 | - | 19 |");
  });

  it("cp asked for beside others is left out aloud where it does not exist", async () => {
    const { status, stderr } = await runCli(["plan", "-e", "0.05", "--method", "ucb:cp,ucb:hb"]);
    expect(status).toBe(0);
    expect(stderr).toContain("note: bound cp left out for prediction-gap");
  });
});

describe("refused", () => {
  it.each([
    [[], "-e, --epsilon: missing", "--samples n"],
    [["-e", "5"], "-e 5: expected a risk level above 0 and below the loss bound 1", "-e 5%"],
    [["-e", "0.05", "--risk", "rouge"], "--risk rouge: its range is not declared", "--loss-range a:b"],
    [["-e", "0.05", "--risk", "prediction-gpa"], "--risk prediction-gpa: unknown", "did you mean prediction-gap?"],
    [["-e", "0.05", "--risk", "x", "--loss-range", "-1:0"], "--loss-range -1:0: the largest loss is 0", null],
    [["-e", "0.05", "--method", "ucb:cp"], "bound cp: prediction-gap takes values in [-1, 1]", "--clip"],
    [["-e", "0.05", "--method", "ucb:stra"], "--method ucb:stra: unknown", "did you mean ucb:star?"],
    [["-e", "0.05", "--observed-risk", "1"], "--observed-risk 1: expected at least 0 and below the loss bound 1", null],
    [["-e", "0.05", "--power", "1"], "--power 1: expected a probability", null],
    [["--samples", "0"], "--samples 0: expected a whole number of at least 1", null],
    [["-e", "0.05", "--format", "xml"], "--format xml: unknown", null],
  ] as [string[], string, string | null][])("%j", async (argv, message, hint) => {
    const { status, stdout, stderr } = await runCli(["plan", ...argv]);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    if (hint !== null) expect(stderr).toContain(hint);
  });
});
