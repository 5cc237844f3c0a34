import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/stats/random.ts";
import { runCli } from "../support/run-cli.ts";
import { answerOf, scratchFolder, succeed } from "../support/scratch.ts";

const scratch = scratchFolder();
const lambdas = [1, 0.7, 0.4, 0.1];

/** Losses [λ, sample], uniform around a mean per row; row 0 is the reference row. */
function lossRows(means: readonly number[], count: number, seed: number): number[][] {
  const random = seededRandom(seed);
  return means.map((mean) => Array.from({ length: count }, () => mean * (0.5 + random.uniform())));
}

const table = (name: string, content: object) => scratch.write(name, JSON.stringify(content));
const half = (rows: number[][], from: number, to: number) => rows.map((row) => row.slice(from, to));

describe("several files of one loss table continue each other along the samples", () => {
  const losses = lossRows([0, 0.02, 0.1, 0.3], 300, 1);
  const whole = table("whole.json", { lambdas, losses, exits: [4, 3, 2, 1] });
  const parts = [half(losses, 0, 120), half(losses, 120, 300)];

  test("shards give the bytes of the whole, with exits per row", async () => {
    const shards = parts.map((part, k) => table(`part-${k}.json`, { lambdas, losses: part, exits: [4, 3, 2, 1] }));
    const { stdout } = await succeed(["calibrate", whole, "-e", "0.1"]);
    expect((await succeed(["calibrate", ...shards, "-e", "0.1"])).stdout).toBe(stdout);
    expect(JSON.parse(stdout)).toMatchObject({ policy: "threshold", threshold: 0.7, calibration: { samples: 300 } });
  });

  test("exits per sample are joined too", async () => {
    const exits = lossRows([8, 6, 4, 2], 300, 2);
    const all = table("exits.json", { lambdas, losses, exits });
    const shards = [[0, 120] as const, [120, 300] as const].map(([from, to], k) =>
      table(`exits-${k}.json`, { lambdas, losses: half(losses, from, to), exits: half(exits, from, to) }),
    );
    const { stdout } = await succeed(["calibrate", all, "-e", "0.1"]);
    expect((await succeed(["calibrate", ...shards, "-e", "0.1"])).stdout).toBe(stdout);
  });

  test("shards with other λ are refused", async () => {
    const other = table("other.json", { lambdas: [1, 0.7, 0.4, 0.2], losses: parts[1], exits: [4, 3, 2, 1] });
    const { status, code } = await runCli(["calibrate", whole, other, "-e", "0.1"]);
    expect([status, code]).toEqual([2, "shape-mismatch"]);
  });
});

describe("check finds the reference row by its λ", () => {
  const scores = (seed: number, drop: number) =>
    lossRows([0, 0.02, 0.1, 0.3], 300, seed).map((row, k) => row.map((loss) => 1 - loss - (k > 0 ? drop : 0)));
  const calibration = table("scores.json", { lambdas, scores: scores(1, 0) });

  test("a broken rule is broken, and a table without the reference row is refused instead of judged by another", async () => {
    const file = scratch.path("scores-threshold.json");
    await succeed(["calibrate", calibration, "-e", "0.1", "-o", file]);
    const broken = scores(2, 0.3);
    const all = await runCli(["check", "-t", file, table("all.json", { lambdas, scores: broken })]);
    expect(all.status).toBe(1);
    expect(all.stdout).toContain(": broken");
    const cut = table("cut.json", { lambdas: lambdas.slice(1), scores: broken.slice(1) });
    const { status, code, stderr } = await runCli(["check", "-t", file, cut]);
    expect([status, code]).toEqual([2, "table-invalid"]);
    expect(stderr).toContain("no row with the reference λ = 1");
  });
});

describe("a reference row with losses of its own", () => {
  const absolute = (name: string, seed: number) =>
    table(name, { lambdas, losses: lossRows([0.3, 0.3, 0.3, 0.3], 300, seed) });

  test("is not said to be without risk, and check tests it", async () => {
    const file = scratch.path("absolute.json");
    await succeed(["calibrate", absolute("old.json", 1), "-e", "0.05", "-o", file]);
    const answer = await answerOf(["calibrate", absolute("old.json", 1), "-e", "0.05"]);
    expect(answer.policy).toBe("never-exit");
    expect(answer.calibration.empiricalRisk).toBeCloseTo(0.3, 1);
    expect(answer.statement).not.toContain("0 by construction");
    const checked = await runCli(["check", "-t", file, absolute("new.json", 2), "--format", "json"]);
    expect(checked.status).toBe(1);
    expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: "broken" });
  });

  test("takes the proof from crc:monotone", async () => {
    const { guarantee } = await answerOf([
      "calibrate",
      absolute("old.json", 1),
      "-e",
      "0.4",
      "--method",
      "crc:monotone",
    ]);
    expect(guarantee).toBe("heuristic");
  });
});

describe("fresh rows", () => {
  /** Confidences of two decimals: independent draws share most of their values. */
  function rounded(name: string, seed: number): string {
    const random = seededRandom(seed);
    const rows = Array.from({ length: 1000 }, () => {
      const confidence = Math.round(100 * random.uniform()) / 100;
      return `${confidence},0,${random.uniform() < 0.1 * (1 - confidence) ? 1 : 0},0`;
    });
    return scratch.write(name, `confidence_1,confidence_2,loss:x_1,loss:x_2\n${rows.join("\n")}\n`);
  }

  test("of rounded data are not mistaken for the calibration rows; those are refused in any order", async () => {
    const old = rounded("old.csv", 1);
    const file = scratch.path("rounded.json");
    await succeed(["calibrate", old, "-e", "0.05", "--risk", "x", "--binary", "-o", file]);
    expect((await runCli(["check", "-t", file, rounded("new.csv", 2)])).status).toBe(0);
    expect((await runCli(["check", "-t", file, old])).code).toBe("calibration-reused");
  });

  test("another network's baseline needs its own confidence file", async () => {
    const columns = (name: string, seed: number) => {
      const random = seededRandom(seed);
      const rows = Array.from({ length: 100 }, () => `${random.uniform()},0,0,1,1`);
      return scratch.write(
        name,
        `confidence:mine_1,confidence:mine_2,prediction_1,prediction_2,label\n${rows.join("\n")}\n`,
      );
    };
    const file = scratch.path("mine.json");
    await succeed(["calibrate", columns("a.csv", 1), "-e", "0.5", "--confidence", "mine", "-o", file]);
    const scores = (name: string, seed: number) => {
      const random = seededRandom(seed);
      return table(name, { confidence: Array.from({ length: 100 }, () => [random.uniform()]) });
    };
    const own = ["--confidence", `mine=file:${scores("b.json", 4)}`, "--baseline", columns("c.csv", 3)];
    const argv = ["check", "-t", file, columns("b.csv", 2), ...own];
    const { code, stderr } = await runCli(argv);
    expect(code).toBe("confidence-unknown");
    expect(stderr).toContain("--baseline-confidence");
    const { stdout } = await succeed([
      ...argv,
      "--baseline-confidence",
      `mine=file:${scores("c.json", 5)}`,
      "--format",
      "json",
    ]);
    expect(JSON.parse(stdout).baseline.compare).toBe("absolute");
  });
});

test("a file given twice is said aloud", async () => {
  const twice = table("twice.json", { lambdas, losses: lossRows([0, 0.02, 0.1, 0.3], 60, 3) });
  expect((await succeed(["calibrate", twice, twice, "-e", "0.1"])).stderr).toContain("is given more than once");
});
