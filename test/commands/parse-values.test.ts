import { describe, expect, it } from "vitest";
import { parseCount, parseNumber } from "../../commands/parse-values.ts";
import type { EexitError } from "../../src/errors.ts";
import { runCli } from "../support/run-cli.ts";

function refusal(parse: () => unknown): Pick<EexitError, "code" | "message" | "hint"> | null {
  try {
    parse();
    return null;
  } catch (error) {
    const { code, message, hint } = error as EexitError;
    return { code, message, hint };
  }
}

describe("a count", () => {
  it.each([
    ["7", 7],
    [" 12 ", 12],
    ["1e3", 1000],
  ])("%j is one", (text, value) => {
    expect(parseCount("--rows", text)).toBe(value);
  });

  it.each(["two", "2.5", "0", "-1", "0x10", "1e400", "", "9007199254740993"])(
    "%j is none, and the hint is a count",
    (text) => {
      expect(refusal(() => parseCount("--rows", text))).toEqual({
        code: "bad-number",
        message: `--rows ${text}: expected a whole number of at least 1`,
        hint: "use for example --rows 100",
      });
    },
  );

  it("may begin at 0, and has an example that makes sense for its option", () => {
    expect(parseCount("--seed", "0", { least: 0 })).toBe(0);
    expect(refusal(() => parseCount("--seed", "x", { least: 0, example: 7 }))).toMatchObject({
      message: "--seed x: expected a whole number of at least 0",
      hint: "use for example --seed 7",
    });
  });
});

it("a number is written in decimals", () => {
  expect([".5", "1e-3", "-2", "+1."].map((text) => parseNumber("-e", text))).toEqual([0.5, 1e-3, -2, 1]);
  for (const text of ["five", "1,5", "1_000", "0x10", "1e400"]) {
    expect(refusal(() => parseNumber("-e", text))).toMatchObject({ hint: "use for example -e 0.05" });
  }
});

it.each([
  ["--threads two", ["score", "x.npy", "-o", "t.arrow"], "--threads 2"],
  ["--seed x", ["calibrate", "x.npy", "-e", "0.05"], "--seed 7"],
  [
    "--batch many",
    ["bench", "model.onnx", "-t", "sample-data/digits/threshold.json", "--input", "x.npy"],
    "--batch 32",
  ],
  ["--trials .5", ["sweep", "sample-data/digits/logits_cal.npy", "-e", "0.05"], "--trials 100"],
])("%s: the hint fits the option", async (slip, argv, example) => {
  const { status, stderr } = await runCli([...argv, ...slip.split(" ")]);
  expect(status).toBe(2);
  expect(stderr).toMatch(
    new RegExp(`^eexit: ${slip}: expected a whole number of at least \\d\nhint: use for example ${example}\n`),
  );
});
