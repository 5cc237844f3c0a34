import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, digits, fresh, input, jsonFile, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const path = scratch.path("threshold.json");
beforeAll(() => succeed(["calibrate", ...labelled, "-e", "0.05", "-o", path]));

/** A copy of the threshold file with other fields. */
function edited(fields: object): string {
  const copy = scratch.path(`edited-${Object.keys(fields).join("-")}-${Object.values(fields).join("-")}.json`);
  writeFileSync(copy, JSON.stringify({ ...jsonFile(path), ...fields }));
  return copy;
}

const checked = (file: string, ...argv: string[]) => runCli(["check", "-t", file, ...fresh, ...argv]);
const json = async (file: string, ...argv: string[]) =>
  JSON.parse((await checked(file, ...argv, "--format", "json")).stdout);

describe("verdicts", () => {
  it("holds: status 0", async () => {
    const { status, stdout } = await checked(edited({ threshold: 0.8 }));
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining("holds") });
  });

  it("broken: status 1", async () => {
    const { status, stdout } = await checked(edited({ threshold: 0.3, epsilon: 0.02 }));
    expect({ status, stdout }).toMatchObject({ status: 1, stdout: expect.stringContaining("broken") });
  });

  it("inconclusive: status 0, and 1 under --strict", async () => {
    const file = edited({ threshold: 0.4, epsilon: 0.04 });
    const { status, stdout } = await checked(file);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining("inconclusive") });
    const strict = await checked(file, "--strict", "--format", "json");
    expect(strict.status).toBe(1);
    expect(JSON.parse(strict.stdout).samplesNeeded).toBeGreaterThan(0);
  });

  it("never-exit holds by construction", async () => {
    const never = scratch.path("never.json");
    await succeed(["calibrate", ...labelled, "-e", "0.001", "-o", never]);
    expect(await json(never)).toMatchObject({ verdict: "holds", observedRisk: 0, meanExit: 4, saving: 0 });
  });
});

describe("the answer", () => {
  it("has the published fields in their order", async () => {
    const answer = await json(path);
    expect(Object.keys(answer)).toEqual([
      ...["format", "version", "verdict", "risk", "epsilon", "delta", "alpha", "samples", "observedRisk", "pHolds"],
      ...["pBroken", "samplesNeeded", "meanExit", "saving", "gates", "baseline", "cautions"],
    ]);
    expect(answer).toMatchObject({
      format: "eexit-check",
      version: 1,
      delta: 0.1,
      alpha: 0.05,
      gates: [],
      baseline: null,
    });
  });

  it("takes δ from the file unless -d says otherwise", async () => {
    const other = scratch.path("other-delta.json");
    await succeed(["calibrate", ...labelled, "-e", "0.05", "-d", "0.2", "-o", other]);
    expect((await json(other)).delta).toBe(0.2);
    expect((await json(other, "-d", "5%", "--alpha", "0.01")).delta).toBe(0.05);
    const naive = scratch.path("naive.json");
    await succeed(["calibrate", ...labelled, "-e", "0.05", "--method", "naive", "-o", naive]);
    expect((await json(naive)).delta).toBe(0.1);
  });

  it("takes risk, confidence, costs and ignored labels from the file", async () => {
    const own = scratch.path("own.json");
    await succeed([
      ...["calibrate", ...labelled, "-e", "0.1", "--risk", "brier-gap", "--confidence", "entropy"],
      ...["--costs", digits("costs.json"), "--ignore-label", "3", "-o", own],
    ]);
    const labels = readFileSync(digits("labels_test.npy"));
    let threes = 0;
    for (let i = 128; i < labels.length; i += 8) if (labels.readBigInt64LE(i) === 3n) threes++;
    const answer = await json(own);
    expect(answer).toMatchObject({ risk: "brier-gap", samples: 497 - threes });
    expect(answer.saving).toBeGreaterThan(0.9);
  });
});

describe("formats", () => {
  it("github: one annotation per finding, and the step summary", async () => {
    const summary = scratch.write("summary.md", "before\n");
    const broken = edited({ threshold: 0.3, epsilon: 0.02 });
    const options = { env: { GITHUB_STEP_SUMMARY: summary } };
    const { stdout, status } = await runCli(["check", "-t", broken, ...fresh, "--format", "github"], options);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error/m);
    const text = readFileSync(summary, "utf8");
    expect(text.startsWith("before\n")).toBe(true);
    expect(text).toContain("broken");
    expect((await checked(edited({ threshold: 0.8 }), "--format", "github")).stdout).toMatch(/^::notice/m);
  });

  it("junit is one test suite", async () => {
    const { stdout } = await checked(path, "--format", "junit");
    expect(stdout).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites/);
    expect(stdout.trimEnd()).toMatch(/<\/testsuites>$/);
  });

  it("markdown holds a table", async () => {
    expect((await checked(path, "--format", "markdown")).stdout).toMatch(/^\|.*\|$/m);
  });
});

describe("gates", () => {
  it("pass and fail on the point estimate; a failed gate is status 1", async () => {
    const answer = await json(path);
    const pass = await checked(path, "--max-mean-exit", "4", "--min-saving", "30%", "--format", "json");
    expect(pass.status).toBe(0);
    expect(JSON.parse(pass.stdout).gates).toEqual([
      { name: "max-mean-exit", limit: 4, found: answer.meanExit, passed: true },
      { name: "min-saving", limit: 0.3, found: answer.saving, passed: true },
    ]);
    expect((await checked(path, "--max-mean-exit", "1.01")).status).toBe(1);
    expect((await checked(path, "--min-saving", "0.99")).status).toBe(1);
  });
});

describe("fresh means fresh", () => {
  it("refuses the calibration rows, in any order", async () => {
    const { code, stderr } = await runCli(["check", "-t", path, ...labelled]);
    expect(code).toBe("calibration-reused");
    expect(stderr).toContain("eexit verify");
    const both = await runCli(["check", "-t", path, digits("logits_cal.arrow")]);
    expect(both.code).toBe("calibration-reused");
  });

  it("cautions when some rows were calibrated on", async () => {
    const mixed = ["check", "-t", path, digits("logits_test.arrow"), input("named.npz")];
    const answer = await answerOf([...mixed, "--format", "json"]);
    expect(answer.cautions.map(({ code }: { code: string }) => code)).toContain("calibration-overlap");
  });
});

describe("baselines", () => {
  it("another threshold of the same network, relative", async () => {
    const old = edited({ threshold: 0.9 });
    const { baseline } = await json(path, "--baseline-threshold", old, "--margin", "5%");
    expect(baseline).toMatchObject({ compare: "relative", margin: 0.05 });
  });

  it("another network on the same rows, by absolute losses", async () => {
    const { baseline } = await json(path, "--baseline", digits("logits_test.arrow"));
    expect(baseline).toMatchObject({ compare: "absolute", margin: 0 });
    expect(
      (await json(path, "--baseline", digits("logits_test.arrow"), "--compare", "relative")).baseline.compare,
    ).toBe("relative");
  });

  it("of other rows are refused", async () => {
    const argv = ["--baseline", digits("logits_cal.npy"), "--baseline-labels", digits("labels_cal.npy")];
    expect((await checked(path, ...argv)).code).toBe("baseline-mismatch");
    expect((await checked(path, "--baseline", digits("logits_test.arrow"), "--margin", "7")).code).toBe("bad-number");
  });
});

test("a threshold file of other exits or another kind of data is refused", async () => {
  expect((await runCli(["check", "-t", path, "sample-data/loss-table/deediff.npz"])).code).toBe("shape-mismatch");
  expect((await runCli(["check", ...fresh])).stderr).toContain("-t, --threshold: missing");
});
