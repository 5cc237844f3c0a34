import { Field, FixedSizeList, Float64, makeData, RecordBatch, Schema, Struct, Table, tableToIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, scratchFolder, succeed } from "../support/scratch.ts";

/** What is said about a loss table: relative to what, whose efficiency, which row when nothing is certified. */
const scratch = scratchFolder();
const lambdas = [1, 0.8, 0.6, 0.4];
const row = (loss: number) => Array.from({ length: 240 }, (_, i) => (i % 10 === 0 ? 10 * loss : 0));
const losses = [row(0), row(0.002), row(0.01), row(0.09)];
const means = [40, 30, 20, 10];
const perSample = means.map((mean) => Array.from({ length: 240 }, (_, i) => mean + (i % 2 === 0 ? 1 : -1)));
const table = (name: string, content: object) => scratch.write(name, JSON.stringify({ lambdas, losses, ...content }));
const own = table("own.json", { exits: means });
const each = table("each.json", { exits: perSample });
const fresh = scratch.write(
  "fresh.json",
  JSON.stringify({ lambdas, losses: losses.map((values) => values.slice(1, 201)), exits: means }),
);

describe("efficiency", () => {
  test("is the table's own when it has means only, and everyone says so", async () => {
    const file = scratch.path("own-threshold.json");
    const { stderr } = await succeed(["calibrate", own, "-e", "0.05", "-o", file]);
    expect(stderr).toContain("(the table's own means: it has none per sample)");
    expect((await answerOf(["calibrate", own, "-e", "0.05"])).efficiency.measuredOn).toBe("table");
    expect((await succeed(["explain", file])).stdout).toContain("the table's own means");
    expect((await runCli(["check", "-t", file, fresh])).stdout).toContain("the table's own means");
    expect((await succeed(["sweep", own, "-e", "0.05", "--trials", "2", "--calibration-size", "100"])).stdout).toMatch(
      /Mean exits and savings are the\s+table's own/,
    );
  });

  test("is of these samples when the table has exits per sample", async () => {
    const { stderr } = await succeed(["calibrate", each, "-e", "0.05"]);
    expect(stderr).not.toContain("own means");
    expect((await answerOf(["calibrate", each, "-e", "0.05"])).efficiency).not.toHaveProperty("measuredOn");
    const sweep = await succeed(["sweep", each, "-e", "0.05", "--trials", "2", "--calibration-size", "100"]);
    expect(sweep.stdout).not.toContain("table's own");
  });

  test("has the unit that is said, in the threshold file and whatever reads it", async () => {
    const file = scratch.path("steps.json");
    const { stderr } = await succeed(["calibrate", own, "-e", "0.05", "--cost-unit", "steps", "-o", file]);
    expect(stderr).toContain("mean 20 steps, 50.0 % of steps saved");
    expect((await succeed(["explain", file])).stdout).toContain("mean 20 steps");
    expect((await runCli(["check", "-t", file, fresh])).stdout).toMatch(/mean +20 steps \(calibration 20/);
    expect((await succeed(["verify", file, own])).stdout).toContain("verified");
    const costs = await answerOf(["calibrate", table("costs.json", { costs: means }), "-e", "0.05"]);
    expect(costs.efficiency).toMatchObject({ meanCost: 20, fullCost: 40, costUnit: "cost" });
  });
});

describe("the reference row", () => {
  test("is what the promise is relative to, and what is deployed when nothing is certified", async () => {
    const file = scratch.path("never.json");
    const { stderr } = await succeed(["calibrate", own, "-e", "0.001", "-o", file]);
    expect(stderr).toContain("reference row (row 0, λ = 1): ucb:star certifies no row at ε = 0.001");
    expect(stderr).not.toContain("never exit");
    const { stdout } = await runCli(["check", "-t", file, fresh]);
    expect(stdout).toContain("The file deploys the reference row, whose risk relative to itself is 0");
    expect(stdout).toContain("relative to");
    expect(stdout).not.toMatch(/never exit|full network/);
  });

  test("is named by sweep, whose columns and cautions speak of rows", async () => {
    const { stdout } = await succeed(["sweep", own, "-e", "0.05", "--trials", "2", "--calibration-size", "100"]);
    expect(stdout.replace(/\s+/g, " ")).toContain("Risks are relative to the reference row (row 0, λ = 1)");
    expect(stdout).toMatch(/threshold +reference row/);
    expect(stdout.replace(/\s+/g, " ")).toContain("on a loss table only crc:monotone is proven");
    const absolute = table("absolute.json", { losses: [row(0.01), ...losses.slice(1)] });
    const told = (await succeed(["sweep", absolute, "-e", "0.05"])).stdout;
    expect(told.replace(/\s+/g, " ")).toContain("as supplied, not relative to the reference row (row 0, λ = 1)");
  });
});

describe("plan", () => {
  test("takes a loss table for its number of samples and its declared losses, not for the losses", async () => {
    const answer = await answerOf(["plan", own, "--format", "json"]);
    expect(answer.rows[0]).toMatchObject({ risk: "loss", samples: 240 });
    const zero = table("zero.json", { losses: losses.map((values) => values.map(() => 0)) });
    expect(await answerOf(["plan", zero, "--format", "json"])).toEqual(answer);
  });

  test("knows the risks of loss tables by name", async () => {
    const rows = async (risk: string) =>
      (await answerOf(["plan", "-e", "0.05", "--risk", risk, "--format", "json"])).rows;
    expect((await rows("loss")).map(({ risk }: { risk: string }) => risk)).toContain("loss");
    expect((await succeed(["plan", "-e", "0.05", "--risk", "score-drop", "--observed-risk", "0.01"])).stdout).toContain(
      "score-drop can be negative",
    );
  });
});

test("all record batches of an Arrow file are rows of the table", async () => {
  const item = new Field("item", new Float64(), false);
  const list = new FixedSizeList(240, item);
  const schema = new Schema([new Field("lambdas", new Float64(), false), new Field("losses", list, false)]);
  const numbers = (values: readonly number[]) =>
    makeData({ type: new Float64(), length: values.length, nullCount: 0, data: Float64Array.from(values) });
  const batch = (from: number, to: number) => {
    const length = to - from;
    const lists = makeData({ type: list, length, nullCount: 0, child: numbers(losses.slice(from, to).flat()) });
    const children = [numbers(lambdas.slice(from, to)), lists];
    return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }));
  };
  for (const form of ["file", "stream"] as const) {
    const options = ["-e", "0.5", "--method", "naive"];
    const bytes = (...batches: RecordBatch[]) => tableToIPC(new Table(schema, batches), form);
    const whole = scratch.write(`whole-${form}.arrow`, bytes(batch(0, 4)));
    const parts = scratch.write(`parts-${form}.arrow`, bytes(batch(0, 1), batch(1, 4)));
    const { stdout } = await succeed(["calibrate", whole, ...options]);
    expect((await succeed(["calibrate", parts, ...options])).stdout).toBe(stdout);
    expect(JSON.parse(stdout).threshold).toBe(lambdas[3]);
  }
});
