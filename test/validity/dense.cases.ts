import { describe, expect, test } from "vitest";
import { parseImageConfidence } from "../../src/exits/confidence-name.ts";
import { lossKind } from "../../src/exits/loss-kinds.ts";
import { ImageScorer } from "../../src/kernels/score-image.ts";
import { figures, methods, mostByChance, outcomes, type Size, sweeps } from "../support/monte-carlo.ts";
import type { World } from "../support/worlds.ts";

/** How often an image's pixels are sure: the two right-hand ones twice as far above one half as the left. */
const weights = [0.5, 1, 1];

/**
 * Images of 1 × 3 pixels, two exits, two classes, through the whole dense kernel. With U ~ U(0, 1) per image, the pixels' top-1
 * probabilities at exit 1 are ½ + ½·U·w, and each pixel differs from the full network with probability ρ(1 − U), independently
 * given U. The confidence of the image is ½ + slope·U, so with u = (λ − ½)/slope the true risk is R(λ) = ρ(1 − u)²/2.
 *
 * @param slope ½ the mean of w for `mean`, ½ its least for `patch:1`, ½ · ¾ for the 0.25-quantile (half way from .5 to 1)
 */
function segmentation(how: string, slope: number, rho: number): World {
  const confidence = parseImageConfidence(`top1@${how}`)!;
  const shape = { exitCount: 2, classCount: 2, height: 1, width: 3 };
  const request = { values: "logits", confidences: [confidence], risks: ["miscoverage"], iou: "present" } as const;
  const scorer = new ImageScorer(shape, { ...request, labelled: false, masked: false });
  const logits = new Float32Array(12);
  return {
    name: `segmentation, top1@${how}`,
    kind: lossKind("miscoverage", false),
    exitCount: 2,
    draw(random, confidences, losses, at) {
      const u = random.uniform();
      for (const [pixel, weight] of weights.entries()) {
        const p = 0.5 + 0.5 * u * weight;
        const predicted = random.uniform() < 0.5 ? 1 : 0;
        const differs = random.uniform() < rho * (1 - u);
        // planes [exit, class, pixel]: the margin that gives p, and a sure full network
        for (let plane = 0; plane < 4; plane++) logits[3 * plane + pixel] = 0;
        logits[3 * predicted + pixel] = Math.log(p / (1 - p));
        logits[3 * (2 + (differs ? 1 - predicted : predicted)) + pixel] = 9;
      }
      scorer.score({ type: Float32Array, read: () => logits }, null);
      confidences[at] = scorer.scores.confidences[0][0];
      losses[at] = scorer.scores.losses.get("miscoverage")![0];
    },
    risk: (threshold) => (rho * (1 - Math.max(0, Math.min(1, (threshold - 0.5) / slope))) ** 2) / 2,
  };
}

const level = { epsilon: 0.05, delta: 0.1 };

/** A dense pipeline keeps P(true risk > ε) ≤ δ: from logits per pixel over aggregation and loss to the threshold. */
export function denseCases(size: Size): void {
  const trials = size === "fast" ? 250 : 20_000;
  const worlds = [
    segmentation("mean", 2.5 / 6, 0.5),
    segmentation("quantile:0.25", 0.375, 0.5),
    segmentation("patch:1", 0.25, 0.5),
  ];
  describe.each(worlds)("$name", (world) => {
    test("ucb and ltt exceed ε no more often than δ, and are not idle", async ({ annotate }) => {
      const bounds = ["ucb:star", "ucb:wsr", "ltt:hb"];
      const found = outcomes({ world, n: 200, level, methods: methods(...bounds), grids: sweeps, trials, seed: 18 });
      const limit = mostByChance(trials, level.delta);
      await annotate(`limit ${limit}\n${figures(found)}`);
      for (const [key, { violations, meanRisk }] of found) {
        expect(violations, key).toBeLessThanOrEqual(limit);
        if (key.includes("star")) expect(meanRisk, key).toBeGreaterThan(0.5 * level.epsilon);
      }
    });

    test("naive exceeds it in about half of the calibrations", () => {
      const parts = { world, n: 200, level, methods: methods("naive"), grids: sweeps.slice(0, 1), trials, seed: 19 };
      const [{ violations }] = outcomes(parts).values();
      expect(violations).toBeGreaterThan(0.3);
    });
  });
}
