import { complement } from "../control/guarantee.ts";
import type { ThresholdFile } from "../control/threshold-file.ts";

/** What nobody may read into the file, as clauses after "not promised:". */
export function notPromised(file: ThresholdFile): readonly string[] {
  if (file.policy === "never-exit") return ["any saving"];
  return [
    notPromisedByGuarantee(file),
    "anything on data from another distribution, on single samples, or on groups within the whole",
    `another loss than ${file.risk}, or an ε or confidence chosen after looking at results`,
  ];
}

function notPromisedByGuarantee(file: ThresholdFile): string {
  switch (file.guarantee) {
    case "high-probability":
      return `certainty (up to ${percent(file.delta as number)} of calibrations end above ε, and nothing shows which)`;
    case "expectation":
      return "this very calibration (in simulations 10 to 47 % of single ones lie above ε)";
    case "heuristic":
      return "a proven level: no theorem covers this method here";
    case "none":
      return "any level for new samples: the true risk lies above ε in about half of all calibrations";
  }
}

/** What has to be true for the promise; empty where there is none. */
export function assumptions(file: ThresholdFile): readonly string[] {
  const [lower, upper] = file.lossRange;
  if (file.policy === "never-exit" || file.guarantee === "none" || file.guarantee === "heuristic") return [];
  const unused =
    "the calibration rows were not used to train, temper or choose the model, the confidence, the risk or the method";
  if (file.guarantee === "expectation") {
    return [
      "calibration and deployment samples are exchangeable, such as drawn from one distribution",
      unused,
      `no loss is above ${upper}`,
      ...(file.crc === "first-failure" ? ["there is one early exit"] : []),
    ];
  }
  return [
    "calibration and deployment samples are independent draws from one distribution",
    unused,
    file.binary ? "every loss is 0 or 1" : `every loss lies in [${lower}, ${upper}]`,
    "ε, δ, the bound and the seed were fixed before looking at results",
  ];
}

/** The promise in one line, for readers in a hurry. */
export function promise(file: ThresholdFile): string {
  if (file.policy === "never-exit") {
    const absolute = file.cautions.some(({ code }) => code === "reference-not-zero");
    return absolute ? "none: the reference row has a risk of its own" : "risk 0 by construction";
  }
  switch (file.guarantee) {
    case "high-probability":
      return `risk ≤ ${file.epsilon} with probability at least ${complement(file.delta as number)}`;
    case "expectation":
      return `risk ≤ ${file.epsilon} on average over calibrations`;
    case "heuristic":
      return "heuristic, nothing proven";
    case "none":
      return "none";
  }
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(12))} %`;
}
