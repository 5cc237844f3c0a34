import { writeFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { thresholdSchema } from "../../src/io/threshold-schema.ts";
import { runCli } from "../support/run-cli.ts";
import { digits, fresh, input, jsonFile, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const written: [string, string[]][] = [
  ["ucb", [...labelled, "-e", "0.05"]],
  [
    "crc, costs, meta",
    [...labelled, "-e", "0.05", "--method", "crc", "--costs", digits("costs.json"), "--meta", "a=b"],
  ],
  ["naive", [...labelled, "-e", "0.05", "--method", "naive", "--grid", "20"]],
  ["never-exit", [...labelled, "-e", "0.001"]],
  ["first-exit", [...labelled, "-e", "0.5"]],
  ["named exits, ignored labels", [digits("logits_cal.arrow"), "-e", "0.1", "--ignore-label", "3"]],
  ["a custom risk", [input("own-loss.csv"), "--risk", "mine", "--binary", "-e", "0.2"]],
  ["a loss table", ["sample-data/loss-table/deediff.npz", "-e", "0.01"]],
  ["a loss table upwards", [input("table-up.npz"), "--lambda-direction", "up", "-e", "0.12"]],
];
const order = [
  ...["format", "version", "policy", "threshold", "thresholds", "rule", "exits", "confidence", "confidenceFormula"],
  ...["risk", "epsilon", "delta", "method", "bound", "crc", "grid", "gridValues", "guarantee", "statement"],
  ...["lossRange", "binary", "clip", "source", "reference", "lambdaDirection", "scores", "calibration", "efficiency"],
  ...["costs", "exitNames", "classes", "inputValues", "ignoreLabel", "model", "meta", "cautions", "tool"],
];
const always = [
  ...["format", "version", "policy", "threshold", "rule", "exits", "confidence", "risk", "epsilon", "delta", "method"],
  ...["bound", "grid", "guarantee", "statement", "lossRange", "clip", "calibration", "efficiency", "cautions", "tool"],
];

describe.each(written)("the file of %s", (_, argv) => {
  const made = succeed(["calibrate", ...argv]);

  it("follows the schema, in the published order", async () => {
    const { stdout } = await made;
    const file = JSON.parse(stdout);
    expect(thresholdSchema.safeParse(file).error).toBeUndefined();
    expect(Object.keys(file)).toEqual(order.filter((key) => key in file));
    for (const key of always) expect(file).toHaveProperty(key);
    expect(Number.isFinite(file.threshold)).toBe(true);
  });

  it("holds the shortest digits, no clock, and ends with a newline", async () => {
    const { stdout } = await made;
    expect(stdout.endsWith("}\n")).toBe(true);
    expect(stdout).not.toMatch(/20\d\d-\d\d-\d\d/);
    // Numbers are written as JavaScript prints them: parsing and printing again changes none.
    const numbers = (text: string) => text.match(/-?\d+(\.\d+)?(e[-+]?\d+)?/g);
    expect(numbers(stdout)).toEqual(numbers(JSON.stringify(JSON.parse(stdout))));
    expect((await succeed(["calibrate", ...argv])).stdout).toBe(stdout);
  });
});

describe("readers", () => {
  const path = scratch.path("threshold.json");
  const made = succeed(["calibrate", ...labelled, "-e", "0.05", "-o", path]);
  const check = (file: string) => runCli(["check", "-t", file, ...fresh]);
  const edited = async (name: string, fields: object) => {
    await made;
    const copy = scratch.path(name);
    writeFileSync(copy, JSON.stringify({ ...jsonFile(path), ...fields }));
    return copy;
  };

  test("ignore fields that they do not know", async () => {
    const copy = await edited("later.json", { newField: { deep: 1 }, version: 1 });
    expect((await check(copy)).stdout).toBe((await check(path)).stdout);
  });

  test("refuse a later version with a hint", async () => {
    const { code, stderr } = await check(await edited("version.json", { version: 2 }));
    expect(code).toBe("version-unsupported");
    expect(stderr).toMatch(/version 2.*\nhint: .*update/);
  });

  test.each([
    ["policy without its number", { policy: "never-exit" }],
    ["another policy", { policy: "sometimes" }],
    ["a text for a number", { threshold: "0.9" }],
    ["δ of 2", { delta: 2 }],
    ["no method", { method: null }],
    ["a hash of another length", { calibration: { samples: 1, sha256: "ab" } }],
  ])("refuse %s", async (name, fields) => {
    const { code, stderr } = await check(await edited(`${name}.json`, fields));
    expect(code).toBe("threshold-invalid");
    expect(stderr).not.toMatch(/Invalid|received|undefined/);
  });

  test("name what is missing", async () => {
    const { stderr } = await check(await edited("missing.json", { risk: undefined }));
    expect(stderr).toContain("risk is missing, expected string");
  });
});
