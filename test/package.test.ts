import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as library from "../src/index.ts";
import { thresholdJsonSchema } from "../src/io/threshold-schema.ts";
import { tool } from "../src/version.ts";

const packageJson = JSON.parse(readFileSync("package.json", "utf8"));

test("files carry the version of the package", () => {
  expect(tool).toEqual({ name: packageJson.name, version: packageJson.version });
});

test("the published JSON Schema is the one that readers use (node .ci/write-schema.js writes it)", () => {
  expect(JSON.parse(readFileSync("schema/threshold.schema.json", "utf8"))).toEqual(thresholdJsonSchema());
});

test("everything that package.json publishes exists or is built", () => {
  expect(packageJson.files).toContain("schema");
  expect(existsSync("sample-data/README.md")).toBe(true);
  expect(existsSync("LICENSE")).toBe(true);
  // Scripts and broken files are for the repository.
  for (const folder of ["broken", "make", "train"]) expect(packageJson.files).toContain(`!sample-data/${folder}`);
});

test("the library answers without the command line: a threshold from arrays in memory", () => {
  const exitCount = 2;
  const sampleCount = 200;
  const confidence = Float32Array.from({ length: sampleCount * exitCount }, (_, k) =>
    k % 2 ? Number.NaN : (k % 100) / 100,
  );
  const values = new Float64Array(sampleCount * exitCount);
  const table = {
    sampleCount,
    exitCount,
    classCount: null,
    confidences: new Map([["top1", confidence]]),
    predictions: null,
    labels: null,
    losses: new Map([["prediction-consistency", { kind: library.lossKind("prediction-consistency", false), values }]]),
    brier: null,
  };
  const problem = library.exitTableProblem(table, "top1", "prediction-consistency", false, { seed: 0, shuffle: true });
  const method = library.parseMethod("ucb");
  const result = library.calibrate(problem, {
    method: method as library.Method,
    level: { epsilon: 0.05, delta: 0.1 },
    grid: { kind: "auto" },
    costs: library.exitsAsCosts(exitCount),
  });
  // No loss anywhere and 200 ≥ 45 samples: every threshold is certified.
  expect(result.policy).toBe("first-exit");
  expect(result.guarantee).toBe("high-probability");
});
