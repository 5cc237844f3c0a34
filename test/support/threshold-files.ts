import type { ThresholdFile } from "../../src/control/threshold-file.ts";

/** A complete threshold file for three exits of top1; what a test is about is given. */
export function thresholdFile(given: Partial<ThresholdFile> = {}): ThresholdFile {
  return {
    format: "eexit-threshold",
    version: 1,
    policy: "threshold",
    threshold: 0.5,
    rule: "confidence > threshold",
    exits: 3,
    confidence: "top1",
    risk: "prediction-consistency",
    epsilon: 0.1,
    delta: 0.1,
    method: "ucb",
    bound: "star",
    grid: "exact",
    guarantee: "high-probability",
    statement: "a promise for tests",
    lossRange: [0, 1],
    clip: false,
    calibration: {
      samples: 200,
      empiricalRisk: 0.05,
      riskUpperBound: 0.09,
      seed: 0,
      shuffled: true,
      sha256: "0".repeat(64),
    },
    efficiency: null,
    cautions: [],
    tool: { name: "eexit", version: "0.1.0" },
    ...given,
  };
}

/** The two policies, with the numbers that their files hold. */
export const neverExit = { policy: "never-exit", threshold: Number.MAX_VALUE } as const;
export const firstExit = { policy: "first-exit", threshold: -Number.MAX_VALUE } as const;
