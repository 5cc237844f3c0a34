import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "../support/run-cli.ts";

/** Answers of the command line against test/reference/oracle.py, which shares no code with the package. */
const inputs = "test/reference/inputs";

interface Expected {
  readonly calibrate: readonly {
    readonly argv: readonly string[];
    readonly policy: string;
    readonly threshold: number | null;
    readonly empiricalRisk: number;
    readonly meanExit?: number;
  }[];
  readonly check: readonly {
    readonly threshold: number;
    readonly epsilon: number;
    readonly samples: number;
    readonly losses: number;
    readonly pHolds: number;
    readonly pBroken: number;
    readonly meanExit: number;
  }[];
}

const expected = JSON.parse(readFileSync(`${inputs}/expected.json`, "utf8")) as Expected;
const folder = mkdtempSync(join(tmpdir(), "eexit-oracle-"));
afterAll(() => rmSync(folder, { recursive: true }));

const withPaths = (argv: readonly string[]) => argv.map((word) => word.replace("<inputs>", inputs));

describe("calibrate agrees with the oracle", () => {
  it.each(expected.calibrate.map((entry) => [entry.argv.slice(1).join(" "), entry] as const))(
    "%s",
    async (_, entry) => {
      const { status, stdout, stderr } = await runCli(withPaths(entry.argv));
      expect(status, stderr).toBe(0);
      const file = JSON.parse(stdout);
      expect(file.policy).toBe(entry.policy);
      // Confidences are float32: another order of summation moves the last bit (6e-8 near 1).
      if (entry.threshold !== null) expect(Math.abs(file.threshold - entry.threshold)).toBeLessThan(1e-7);
      expect(file.calibration.empiricalRisk).toBeCloseTo(entry.empiricalRisk, 6);
      if (entry.meanExit !== undefined) expect(file.efficiency.meanExit).toBeCloseTo(entry.meanExit, 12);
    },
  );
});

describe("check of a 0/1 risk is the exact binomial", () => {
  it.each(expected.check.map((entry) => [entry.threshold, entry] as const))(
    "threshold %s",
    async (threshold, entry) => {
      const path = join(folder, "threshold.json");
      const made = await runCli(
        "calibrate sample-data/digits/logits_cal.npy --risk prediction-consistency -e 0.05".split(" "),
      );
      const file = { ...JSON.parse(made.stdout), threshold, policy: "threshold", epsilon: entry.epsilon };
      writeFileSync(path, JSON.stringify(file));
      const answer = JSON.parse(
        (await runCli(["check", "-t", path, "sample-data/digits/logits_test.npy", "--format", "json"])).stdout,
      );
      expect(answer.samples).toBe(entry.samples);
      expect(answer.observedRisk).toBeCloseTo(entry.losses / entry.samples, 12);
      expect(answer.pHolds / entry.pHolds).toBeCloseTo(1, 9);
      expect(answer.pBroken / entry.pBroken).toBeCloseTo(1, 9);
      expect(answer.meanExit).toBeCloseTo(entry.meanExit, 12);
      expect(answer.verdict).toBe(entry.pHolds <= 0.1 ? "holds" : entry.pBroken <= 0.05 ? "broken" : "inconclusive");
    },
  );
});
