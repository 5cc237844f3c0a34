import { describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, digits, labelled, succeed } from "../support/scratch.ts";

const swept = (...argv: string[]) => answerOf(["sweep", ...labelled, "--format", "json", ...argv]);

describe("without trials", () => {
  it("each row is what calibrate says", async () => {
    const { rows } = await swept(
      "-e",
      "0.03,0.08",
      "--risk",
      "prediction-gap,brier-gap",
      "--confidence",
      "top1,entropy",
    );
    expect(rows).toHaveLength(2 * 2 * 4 * 2);
    for (const row of rows.filter((_: unknown, k: number) => k % 5 === 0)) {
      const variant = row.bound ?? row.crc;
      const method = variant === null || variant === undefined ? row.method : `${row.method}:${variant}`;
      const argv = ["--risk", row.risk, "--confidence", row.confidence, "--method", method, "-e", String(row.epsilon)];
      const file = await answerOf(["calibrate", ...labelled, ...argv]);
      expect(row).toMatchObject({
        threshold: file.threshold,
        policy: file.policy,
        empiricalRisk: file.calibration.empiricalRisk,
        meanExit: file.efficiency.meanExit,
        testRisk: null,
      });
    }
  });

  it("has the published fields in their order", async () => {
    const answer = await swept("-e", "0.05", "--risk", "prediction-gap");
    expect(Object.keys(answer)).toEqual([
      ...["format", "version", "samples", "exits", "trials", "calibrationSize", "seed", "rows"],
      ...Object.keys(answer).slice(8),
    ]);
    expect(answer).toMatchObject({ format: "eexit-sweep", version: 1, samples: 400, exits: 4, trials: null });
    expect(Object.keys(answer.rows[0])).toEqual([
      ...["risk", "confidence", "method", "bound", "crc", "grid", "epsilon", "delta", "threshold", "policy"],
      ...["empiricalRisk", "testRisk", "meanExit", "meanCost", "saving", "violationShare"],
    ]);
  });

  it("ranges include their stop and are decimal-exact", async () => {
    const { rows } = await swept("-e", "0.01:0.3:0.01", "--risk", "prediction-gap", "--method", "crc");
    const levels = rows.map(({ epsilon }: { epsilon: number }) => epsilon);
    expect(levels).toEqual(Array.from({ length: 30 }, (_, k) => Number(`${k + 1}e-2`)));
    const percent = await swept("-e", "1%:5%:2%,10%", "--risk", "prediction-gap", "--method", "crc");
    expect(percent.rows.map(({ epsilon }: { epsilon: number }) => epsilon)).toEqual([0.01, 0.03, 0.05, 0.1]);
  });

  it("risks default to all that the data allows", async () => {
    const risks = async (...argv: string[]) => {
      const { rows } = await answerOf(["sweep", ...argv, "-e", "0.05", "--method", "crc", "--format", "json"]);
      return new Set(rows.map(({ risk }: { risk: string }) => risk));
    };
    const all = await risks(...labelled);
    const without = await risks(digits("logits_cal.npy"));
    expect(all).toContain("prediction-gap");
    expect(without).toContain("prediction-consistency");
    expect(without).not.toContain("prediction-gap");
    expect(without.size).toBeLessThan(all.size);
  });

  it.each(["ucb:star", "ucb:wsr", "ltt:hb"])(
    "a level outside the domain among others is refused with a hint (%s)",
    async (method) => {
      const asked = ["sweep", ...labelled, "--risk", "prediction-gap", "--method", method, "-e", "0.1,1.5"];
      const { status, stdout, stderr } = await runCli(asked);
      expect(status).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toMatch(
        /^eexit: -e 1.5: expected a risk level above 0 and below the loss bound 1\nhint: .*-e 5%\n$/,
      );
    },
  );

  it("repeated options and comma lists are the same", async () => {
    const list = await swept("-e", "0.05,0.1", "--methods", "crc,ucb:star", "--risks", "prediction-gap");
    const repeated = ["-e", "0.05", "-e", "0.1", "--method", "crc", "--method", "ucb:star", "--risk", "prediction-gap"];
    expect(await swept(...repeated)).toEqual(list);
  });
});

describe("with trials", () => {
  const argv = ["-e", "0.05", "--risk", "prediction-gap", "--trials", "10", "--calibration-size", "200"];

  it("gives mean and std, the share of each policy and of violations", async () => {
    const answer = await swept(...argv);
    expect(answer).toMatchObject({ trials: 10, calibrationSize: 200, seed: 0 });
    for (const row of answer.rows) {
      for (const field of ["threshold", "testRisk", "meanExit", "meanCost", "saving"]) {
        if (row[field] !== null)
          expect(row[field], field).toEqual({ mean: expect.any(Number), std: expect.any(Number) });
      }
      const shares = Object.values(row.policy) as number[];
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(row.violationShare * 10).toBeCloseTo(Math.round(row.violationShare * 10), 9);
    }
  });

  it("is seeded", async () => {
    const { stdout } = await succeed(["sweep", ...labelled, ...argv]);
    expect((await succeed(["sweep", ...labelled, ...argv])).stdout).toBe(stdout);
    expect((await succeed(["sweep", ...labelled, ...argv, "--seed", "1"])).stdout).not.toBe(stdout);
  });

  it("needs a size that leaves rows for testing", async () => {
    expect((await runCli(["sweep", ...labelled, "-e", "0.05", "--trials", "3"])).stderr).toContain(
      "--calibration-size",
    );
    expect((await runCli(["sweep", ...labelled, ...argv.slice(0, -1), "400"])).code).toBe("bad-number");
  });

  it("--audit knows the true risk", async () => {
    const { rows } = await swept(...argv, "--audit", "--method", "ucb");
    expect(rows[0].trueRisk).toBeDefined();
    expect(rows[0].violationShare).toBeDefined();
  });

  it("--preset paper is the paper's settings, and flags go before it", async () => {
    const answer = await swept("--preset", "paper", "-e", "0.1", "--trials", "2", "--confidence", "top1");
    expect(answer).toMatchObject({ trials: 2, calibrationSize: 100 });
    const variants = answer.rows.map(({ method, bound, crc }: Record<string, string>) => `${method}:${bound ?? crc}`);
    expect(new Set(variants)).toEqual(new Set(["crc:last-pass", "ucb:wsr", "ltt:hb"]));
    expect(new Set(answer.rows.map(({ risk }: { risk: string }) => risk)).size).toBe(4);
    expect(new Set(answer.rows.map(({ grid }: { grid: string }) => grid))).toEqual(new Set(["100"]));
    expect((await runCli(["sweep", ...labelled, "--preset", "papr", "-e", "0.1"])).stderr).toContain(
      "did you mean paper?",
    );
  });
});

describe("formats", () => {
  it("csv has a header and one line per row, with every digit", async () => {
    const argv = ["sweep", ...labelled, "-e", "0.05", "--risk", "prediction-gap"];
    const { stdout } = await succeed([...argv, "--format", "csv"]);
    const [header, ...lines] = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    const { rows } = await answerOf([...argv, "--format", "json"]);
    const column = header.split(",").indexOf("threshold");
    expect(lines.map((line) => Number(line.split(",")[column]))).toEqual(
      rows.map(({ threshold }: { threshold: number }) => threshold),
    );
  });
});
