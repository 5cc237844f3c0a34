import type { RiskPath } from "./risk-path.ts";
import type { LossTable } from "./types.ts";

/** The path over the rows of a loss table, safest first; only the listed rows are tested, and only they are certified. */
export function tablePath(table: LossTable): RiskPath {
  const { sampleCount, lambdas, losses } = table;
  const starts = new Uint32Array(lambdas.length + 1);
  const samples: number[] = [];
  const before: number[] = [];
  const after: number[] = [];
  const current = new Float64Array(sampleCount);
  for (let k = 0; k < lambdas.length; k++) {
    starts[k] = samples.length;
    for (let i = 0; i < sampleCount; i++) {
      const loss = losses[k * sampleCount + i];
      if (loss === current[i]) continue;
      samples.push(i);
      before.push(current[i]);
      after.push(loss);
      current[i] = loss;
    }
  }
  starts[lambdas.length] = samples.length;
  return {
    kind: "table",
    sampleCount,
    pieceCount: lambdas.length,
    lambdas,
    changeStart: starts,
    samples: Uint32Array.from(samples),
    before: Float64Array.from(before),
    after: Float64Array.from(after),
    exits: null,
  };
}
