import type { ThresholdFile } from "../control/threshold-file.ts";
import { formatThreshold } from "./format.ts";

/** What to deploy: a sentence, the rule as pseudo-code, and a line of numpy. */
export interface Deployment {
  readonly sentence: string;
  readonly pseudoCode: string;
  readonly numpy: string;
}

export function deployment(file: ThresholdFile): Deployment {
  return file.source === "loss-table" ? tableDeployment(file) : exitDeployment(file);
}

/** The number is always written, so that one line of code serves all three policies. */
function exitDeployment(file: ThresholdFile): Deployment {
  const last = (file.exits ?? 2) - 1;
  const number = String(file.threshold);
  return {
    sentence: exitSentence(file),
    pseudoCode: `for exit in 1 … ${last}: if confidence[exit] > ${number}: leave there; else leave at ${last + 1}`,
    // numpy would round the Python float to float32 before it compares with a float32 array.
    numpy: `exit_index = np.where((out := conf[:, :${last}].astype(np.float64) > ${number}).any(1), out.argmax(1), ${last})  # conf [N, ${last + 1}], 0-based`,
  };
}

function exitSentence(file: ThresholdFile): string {
  const { policy, threshold, confidence, confidenceFormula, exits } = file;
  const measure = confidenceFormula ? `${confidence} (${confidenceFormula})` : `${confidence}`;
  switch (policy) {
    case "never-exit":
      return "Deploy the full network: nothing was certified, so no sample leaves early.";
    case "first-exit":
      return file.guarantee === "none" || file.crc === "last-pass"
        ? "Deploy: every sample leaves at exit 1, whatever its confidence; the lowest threshold passed, nothing was certified."
        : "Deploy: every sample leaves at exit 1, whatever its confidence, because every threshold was certified.";
    case "threshold":
      return (
        `Deploy: leave at the first exit whose confidence ${measure} is greater than ${formatThreshold(threshold)} ` +
        `(strictly, compared as float64, never rounded); a sample that passes no exit leaves at exit ${exits}, the full network.`
      );
  }
}

/** A loss table says nothing about exits: its λ goes back into whatever made the outputs. */
function tableDeployment(file: ThresholdFile): Deployment {
  const lambda = file.policy === "never-exit" ? (file.reference?.lambda ?? file.threshold) : file.threshold;
  const up = file.lambdaDirection === "up";
  const [left, right] = up ? [`${lambda}`, "score"] : ["confidence", `${lambda}`];
  const run = `run your model with λ = ${lambda}, where an exit is taken when ${left} > ${right}`;
  return {
    sentence:
      file.policy === "never-exit"
        ? `Deploy the reference row (row ${file.reference?.row ?? 0}, λ = ${lambda}): nothing was certified. The number in the ` +
          `field threshold only marks that: ${run}.`
        : `Deploy: ${run}. Only the rows of the table were tested, so do not round λ or go between its rows.`,
    pseudoCode: `if ${left} > ${right}: leave`,
    numpy: `leave = ${left} > ${right}`,
  };
}
