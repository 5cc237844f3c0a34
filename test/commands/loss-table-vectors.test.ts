import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { answerOf } from "../support/scratch.ts";

/** Rows that every method has to choose on loss tables of every kind; test/reference/tables/make_tables.py, numpy only. */
const folder = "test/reference/tables";
interface Vector {
  readonly file: string;
  readonly options: readonly string[];
  readonly policy: string;
  readonly threshold: number | null;
  readonly empiricalRisk: number;
  readonly meanExit: number;
  readonly saving: number;
}
const vectors: Vector[] = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));

test.each(vectors.map((vector) => [`${vector.file} ${vector.options.join(" ")}`, vector] as const))(
  "%s",
  async (_, { file, options, policy, threshold, empiricalRisk, meanExit, saving }) => {
    const answer = await answerOf(["calibrate", `${folder}/${file}`, ...options, "--no-shuffle"]);
    expect(answer.policy).toBe(policy);
    if (threshold !== null) expect(answer.threshold).toBe(threshold);
    expect(answer.calibration.empiricalRisk).toBeCloseTo(empiricalRisk, 10);
    expect(answer.efficiency.meanExit).toBeCloseTo(meanExit, 10);
    expect(answer.efficiency.saving).toBeCloseTo(saving, 10);
  },
);
