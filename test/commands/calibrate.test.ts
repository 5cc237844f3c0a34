import { describe, expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, digits, input, labelled, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const calibrated = (...argv: string[]) => answerOf(["calibrate", ...labelled, "-e", "0.05", ...argv]);
const refusedWith = async (...argv: string[]) => runCli(["calibrate", ...labelled, ...argv]);

describe("levels", () => {
  test("a percentage is exact", async () => {
    const plain = await succeed(["calibrate", ...labelled, "-e", "0.07", "-d", "0.1"]);
    expect((await succeed(["calibrate", ...labelled, "-e", "7%", "-d", "10%"])).stdout).toBe(plain.stdout);
    expect(JSON.parse(plain.stdout)).toMatchObject({ epsilon: 0.07, delta: 0.1 });
  });

  test("-e 5 is refused with the percentage as a hint", async () => {
    const { code, stderr } = await refusedWith("-e", "5");
    expect(code).toBe("epsilon-out-of-range");
    expect(stderr).toContain("hint: a percentage is written with its sign: -e 5%");
  });

  test.each([
    ["-e", "0"],
    ["-e", "1"],
    ["-e", "-0.1"],
    ["-e", "0.05", "-d", "0"],
    ["-e", "0.05", "-d", "1"],
  ])("%s %s %s %s lies outside", async (...argv) => {
    expect((await refusedWith(...argv)).status).toBe(2);
  });

  test("ε and δ are needed and defaulted", async () => {
    expect((await runCli(["calibrate", ...labelled])).stderr).toContain("-e, --epsilon: missing");
    expect((await calibrated()).delta).toBe(0.1);
  });
});

describe("methods", () => {
  test.each([
    [[], "ucb", "star", undefined, "high-probability"],
    [["--risk", "prediction-consistency"], "ucb", "cp", undefined, "high-probability"],
    [["--clip"], "ucb", "cp", undefined, "high-probability"],
    [["--method", "ltt"], "ltt", "hb", undefined, "high-probability"],
    [["--method", "ucb:wsr", "--grid", "100"], "ucb", "wsr", undefined, "high-probability"],
    [["--method", "crc"], "crc", null, "first-failure", "heuristic"],
    [["--method", "crc:monotone"], "crc", null, "monotone", "expectation"],
    [["--method", "crc:last-pass"], "crc", null, "last-pass", "heuristic"],
    [["--method", "naive"], "naive", null, undefined, "none"],
  ])("%j", async (argv, method, bound, crc, guarantee) => {
    const file = await calibrated(...argv);
    expect({ method: file.method, bound: file.bound, crc: file.crc, guarantee: file.guarantee }).toEqual({
      method,
      bound,
      crc,
      guarantee,
    });
    if (bound === null) expect(file).toMatchObject({ delta: null, calibration: { riskUpperBound: null } });
    else {
      expect(file.delta).toBe(0.1);
      expect(file.calibration.riskUpperBound).toBeLessThanOrEqual(0.05);
    }
  });

  test("--bound and --crc are shorthand for the variant", async () => {
    expect(await calibrated("--bound", "hb")).toEqual(await calibrated("--method", "ucb:hb"));
    expect(await calibrated("--method", "ltt", "--bound", "wsr")).toEqual(await calibrated("--method", "ltt:wsr"));
    expect(await calibrated("--method", "crc", "--crc", "monotone")).toEqual(
      await calibrated("--method", "crc:monotone"),
    );
  });

  test("ltt is ucb with another bound", async () => {
    const ltt = await calibrated("--method", "ltt:star");
    expect({ ...ltt, method: "ucb" }).toEqual(await calibrated("--method", "ucb:star"));
  });

  test("an option that the method does not use is accepted and null", async () => {
    expect(await calibrated("--method", "naive", "-d", "0.3", "--bound", "cp")).toMatchObject({
      delta: null,
      bound: null,
    });
    expect(await calibrated("--method", "ucb", "--crc", "monotone")).not.toHaveProperty("crc");
  });

  test("plural spellings are the same options", async () => {
    const plural = ["--risks", "prediction-gap", "--confidences", "entropy", "--methods", "crc", "--epsilons=0.06"];
    const single = ["--risk", "prediction-gap", "--confidence", "entropy", "--method", "crc", "--epsilon", "0.06"];
    expect(await answerOf(["calibrate", ...labelled, ...plural])).toEqual(
      await answerOf(["calibrate", ...labelled, ...single]),
    );
  });
});

describe("grids", () => {
  test("a count k is λ = 1, …, 0 in k steps", async () => {
    const range = await calibrated("--grid", "0:1:0.05");
    const count = await calibrated("--grid", "20");
    expect(count).toMatchObject({ grid: "20", threshold: range.threshold });
    expect(range.grid).toBe("0:1:0.05");
    expect((count.threshold * 20) % 1).toBeCloseTo(0, 12);
    const file = scratch.write("grid.txt", Array.from({ length: 21 }, (_, k) => k / 20).join("\n"));
    expect(await calibrated("--grid", file)).toMatchObject({ threshold: range.threshold });
  });

  test("auto is exact for a small file, and the JSON says so", async () => {
    expect((await calibrated()).grid).toBe("exact");
    expect(await calibrated("--grid", "exact")).toEqual(await calibrated("--grid", "auto"));
  });

  test.each(["0", "exakt", "1:0", "missing.txt"])("--grid %s is refused", async (grid) => {
    const { status, stderr } = await refusedWith("-e", "0.05", "--grid", grid);
    expect(status, stderr).toBe(2);
    expect(stderr).toContain(`--grid ${grid}`);
  });
});

describe("order", () => {
  test("seed 0 and the shuffle are the defaults; both are recorded", async () => {
    expect((await calibrated()).calibration).toMatchObject({ seed: 0, shuffled: true });
    expect(await calibrated("--seed", "0")).toEqual(await calibrated());
    const file = (await calibrated("--no-shuffle")).calibration;
    expect(file.shuffled).toBe(false);
    expect(file.sha256).toBe((await calibrated("--seed", "9")).calibration.sha256);
  });
});

describe("costs", () => {
  const own = ["--costs", digits("costs.json")];

  test("exits by default, never a bare saving", async () => {
    const { stdout, stderr } = await succeed(["calibrate", ...labelled, "-e", "0.05"]);
    const { efficiency } = JSON.parse(stdout);
    expect(efficiency).toMatchObject({ fullCost: 4, costUnit: "exits", meanCost: efficiency.meanExit });
    expect(efficiency.saving).toBeCloseTo(1 - efficiency.meanExit / 4, 12);
    expect(efficiency.exitShare.reduce((sum: number, share: number) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(stderr).toContain("% of exits saved");
  });

  test("a list, JSON, text and a manifest of stages", async () => {
    const cumulative = [0.004928, 0.014784, 0.052928, 0.505536];
    const json = await calibrated(...own);
    expect(json).toMatchObject({ costs: cumulative, efficiency: { costUnit: "MFLOPs", fullCost: 0.505536 } });
    const list = await calibrated("--costs", cumulative.join(), "--cost-unit", "MFLOPs");
    expect(list).toEqual(json);
    expect(
      await calibrated("--costs", scratch.write("costs.txt", cumulative.join("\n")), "--cost-unit", "MFLOPs"),
    ).toEqual(json);
    const stages = { stages: [1, 2, 3, 9].map((cumulativeMacs) => ({ cumulativeMacs })) };
    const manifest = scratch.write("manifest.json", JSON.stringify(stages));
    expect(await calibrated("--costs", manifest)).toMatchObject({
      costs: [1, 2, 3, 9],
      efficiency: { costUnit: "MACs" },
    });
    expect(json.efficiency.meanExit).toBe((await calibrated()).efficiency.meanExit);
  });

  test.each(["1,1,2,3", "1,2,3", "0,1,2,3", "1,2,3,4,5", "1,2,3,x"])("%s is refused", async (costs) => {
    const { status, stderr } = await refusedWith("-e", "0.05", "--costs", costs);
    expect(status).toBe(2);
    expect(stderr).toContain("hint: ");
  });
});

describe("policies", () => {
  test("never-exit is a large number that no confidence exceeds, and status 0", async () => {
    const { stdout, stderr, status } = await runCli(["calibrate", ...labelled, "-e", "0.001"]);
    expect(status).toBe(0);
    expect(stdout).toContain('"threshold": 1.7976931348623157e+308');
    const file = JSON.parse(stdout);
    expect(file).toMatchObject({ policy: "never-exit", threshold: Number.MAX_VALUE, efficiency: { saving: 0 } });
    expect(file.thresholds).toEqual([Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]);
    expect(file.cautions.map(({ code }: { code: string }) => code)).toContain("too-few-samples");
    expect(stderr).toContain("caution:");
  });

  test("first-exit is its negative", async () => {
    const file = await answerOf(["calibrate", ...labelled, "-e", "0.5"]);
    expect(file).toMatchObject({ policy: "first-exit", threshold: -Number.MAX_VALUE, efficiency: { meanExit: 1 } });
  });

  test("--exit-status makes nothing certified a 1", async () => {
    expect((await runCli(["calibrate", ...labelled, "-e", "0.001", "--exit-status"])).status).toBe(1);
    expect((await runCli(["calibrate", ...labelled, "-e", "0.05", "--exit-status"])).status).toBe(0);
  });
});

describe("notes", () => {
  test("--meta keeps what it is told", async () => {
    const file = await calibrated("--meta", "model=v3", "--meta", "note=a=b");
    expect(file.meta).toEqual({ model: "v3", note: "a=b" });
    expect((await refusedWith("-e", "0.05", "--meta", "model")).stderr).toContain("key=value");
  });

  test("--clip controls the positive part of the loss", async () => {
    const clipped = await calibrated("--clip");
    expect(clipped).toMatchObject({ clip: true, lossRange: [0, 1] });
    expect(clipped.threshold).toBeGreaterThanOrEqual((await calibrated("--method", "ucb:star")).threshold);
  });

  test("a risk that the data cannot give is refused by name", async () => {
    const argv = ["calibrate", input("own-loss.csv"), "--risk", "prediction-gap", "-e", "0.1"];
    const { code, stderr } = await runCli(argv);
    expect(code).toBe("risk-unknown");
    expect(stderr).toContain("no column loss:prediction-gap");
  });
});
