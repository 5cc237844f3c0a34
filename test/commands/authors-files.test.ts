import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { answerOf, scratchFolder, succeed } from "../support/scratch.ts";

/**
 * The files that the paper's systems write are read as they are. Made by test/reference/authors/make_authors.py, which says of
 * each file which plain NPZ holds the same numbers: the threshold files must be equal to the byte.
 */
const folder = "test/reference/authors";
const authors: { same: Record<string, string>; segmentation: SegmentationCase[] } = JSON.parse(
  readFileSync(`${folder}/authors.json`, "utf8"),
);
interface SegmentationCase {
  readonly epsilon: number;
  readonly policy: string;
  readonly threshold: number | null;
  readonly empiricalRisk: number;
  readonly meanExit: number;
}
const scratch = scratchFolder();
const filesOf = (...plain: string[]) =>
  Object.keys(authors.same)
    .filter((name) => plain.includes(authors.same[name]))
    .map((name) => [name, `${folder}/${name}`, `${folder}/${authors.same[name]}.npz`] as const);

describe("image classification: (logits [L, N, C], targets[, …])", () => {
  test.each(filesOf("logits", "probs", "half"))("%s", async (_, path, plain) => {
    const options = ["-e", "0.2", "--method", "naive"];
    const { stdout, stderr } = await succeed(["calibrate", path, ...options]);
    const given = JSON.parse(stdout);
    const expected = await answerOf(["calibrate", plain, ...options]);
    expect({ ...given, inputValues: null }).toEqual({ ...expected, inputValues: null });
    expect(given).toMatchObject({ policy: "threshold", risk: "prediction-gap", exits: 4, classes: 6 });
    const softmaxed = plain.endsWith("probs.npz");
    expect(given.inputValues).toBe(softmaxed ? "probs" : "logits");
    expect(stderr.includes("read as probabilities")).toBe(softmaxed);
  });

  test("every protocol, both names of numpy's core, and torch are among them", () => {
    const names = readdirSync(folder).filter((name) => name.startsWith("imagenet-protocol"));
    expect(names).toHaveLength(12);
  });
});

describe("logits_single.pth: (val_pred, val_target, test_pred, test_target), after a softmax", () => {
  test.each(filesOf("single"))("%s by --part", async (_, path) => {
    for (const part of ["val", "test"]) {
      const options = ["-e", "0.3", "--method", "naive"];
      const { stdout, stderr } = await succeed(["calibrate", path, "--part", part, ...options]);
      expect(stderr).toContain("read as probabilities");
      expect(JSON.parse(stdout)).toEqual(await answerOf(["calibrate", `${folder}/single-${part}.npz`, ...options]));
    }
  });

  test("without --part the hint names it", async () => {
    const { status, stderr } = await runCli(["calibrate", `${folder}/logits_single.pth`, "-e", "0.3"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--part val or --part test");
  });

  test("calibrate on one part, check on the other, with the repository's own list of FLOPs as costs", async () => {
    const [file, path] = [scratch.path("single.json"), `${folder}/logits_single.pth`];
    const costs = ["--costs", `${folder}/flops.pth`, "--cost-unit", "FLOPs"];
    await succeed(["calibrate", path, "--part", "val", ...costs, "-e", "0.3", "--method", "naive", "-o", file]);
    const answer = JSON.parse(readFileSync(file, "utf8"));
    expect(answer.efficiency).toMatchObject({ fullCost: 9e8, costUnit: "FLOPs" });
    const checked = await runCli(["check", "-t", file, path, "--part", "test", "--format", "json"]);
    expect(JSON.parse(checked.stdout)).toMatchObject({ samples: 16 });
  });
});

describe("language: (lambdas, exits, scores)", () => {
  test.each(filesOf("calm"))("%s", async (_, path, plain) => {
    const given = await answerOf(["calibrate", path, "-e", "0.1", "--method", "naive"]);
    expect(given).toEqual(await answerOf(["calibrate", plain, "-e", "0.1", "--method", "naive"]));
    expect(given).toMatchObject({ source: "loss-table", scores: true, policy: "threshold", lossRange: [-1, 1] });
  });
});

describe("segmentation: conf_aggr and dist_loss in float16, ties and all", () => {
  const settings = ["--no-shuffle", "--method", "naive"];

  test.each(filesOf("segmentation"))("%s, dist_loss being absolute", async (_, path) => {
    const plain = await answerOf([
      ...["calibrate", `${folder}/segmentation.npz`, "--risk", "dist_loss", "-e", "0.1", ...settings],
    ]);
    const given = await answerOf(["calibrate", path, "-e", "0.1", ...settings]);
    expect(given).toEqual(plain);
    expect(given).toMatchObject({ confidence: "conf_aggr", risk: "dist_loss", lossRange: [-2, 2] });
  });

  test.each(["npy", "pt"])(
    "two bare arrays in .%s: losses, and confidences by --confidence name=file:",
    async (kind) => {
      const parts = [`${folder}/dist_loss.${kind}`, "--confidence", `conf_aggr=file:${folder}/conf_aggr.${kind}`];
      for (const expected of authors.segmentation) {
        const options = ["--risk", "dist_loss", "-e", String(expected.epsilon), ...settings];
        const { policy, threshold, calibration, efficiency } = await answerOf(["calibrate", ...parts, ...options]);
        expect(policy).toBe(expected.policy);
        if (expected.threshold !== null) expect(threshold).toBe(expected.threshold);
        expect(calibration.empiricalRisk).toBeCloseTo(expected.empiricalRisk, 12);
        expect(efficiency.meanExit).toBeCloseTo(expected.meanExit, 12);
      }
    },
  );

  test("a risk of another name needs its range; without confidences the hint says how to give them", async () => {
    const losses = `${folder}/dist_loss.npy`;
    const confidence = ["--confidence", `conf_aggr=file:${folder}/conf_aggr.npy`];
    const unnamed = await runCli(["calibrate", losses, ...confidence, "-e", "0.1"]);
    expect([unnamed.status, unnamed.code]).toEqual([2, "risk-unknown"]);
    expect(unnamed.stderr).toContain("--loss-range a:b");
    const named = ["calibrate", losses, ...confidence, "--loss-range", "-2:2", "--risk", "mine", "-e", "0.1"];
    expect(await answerOf(named)).toMatchObject({ risk: "mine", confidence: "conf_aggr" });
    const alone = await runCli(["calibrate", losses, "-e", "0.1"]);
    expect(alone.stderr).toContain("--confidence name=file:");
  });

  test("verify and inspect read them with the same options; check refuses the same rows", async () => {
    const parts = [`${folder}/dist_loss.pt`, "--confidence", `conf_aggr=file:${folder}/conf_aggr.pt`];
    const file = scratch.path("dist.json");
    await succeed(["calibrate", ...parts, "--risk", "dist_loss", "-e", "0.2", "-o", file]);
    expect((await succeed(["verify", file, ...parts])).stdout).toContain("verify: verified");
    expect((await runCli(["check", "-t", file, ...parts])).code).toBe("calibration-reused");
    expect((await succeed(["inspect", `${folder}/segmentation-names.npz`])).stdout).toContain("dist_loss");
    expect(
      (
        await succeed([
          "sweep",
          ...parts,
          "--risk",
          "dist_loss",
          "-e",
          "0.1,0.2",
          "--trials",
          "3",
          "--calibration-size",
          "30",
        ])
      ).status,
    ).toBe(0);
  });

  test("their loss_pred and exit_pred [λ, image] are a loss table", async () => {
    const parts = ["--lambdas", `${folder}/lambdas.npy`, "--table-exits", `${folder}/exit_pred.pt`];
    const options = ["--loss-range", "-2:2", "-e", "0.1", "--method", "naive"];
    const given = await answerOf(["calibrate", `${folder}/loss_pred.pt`, ...parts, ...options]);
    expect(given).toEqual(await answerOf(["calibrate", `${folder}/loss_pred.npz`, ...options]));
    expect(given).toMatchObject({ policy: "threshold", source: "loss-table" });
  });
});
