import type { ExitRecords } from "./exit-records.ts";
import type { RiskPath } from "./risk-path.ts";

/**
 * The path over a fixed, descending grid of thresholds: piece k is row k, and only the rows themselves are tested.
 * A sample that passes several records between two rows changes once, to where it stands at the lower row.
 *
 * @param grid strictly descending, chosen without looking at the calibration rows
 */
export function gridPath(records: ExitRecords, losses: Float64Array, grid: Float64Array): RiskPath {
  const { values, exitCount, sampleCount } = records;
  const starts = new Uint32Array(grid.length + 1);
  const samples: number[] = [];
  const exits: number[] = [];
  const before: number[] = [];
  const after: number[] = [];
  const current = new Float64Array(sampleCount);
  const changeOfSample = new Int32Array(sampleCount).fill(-1);
  let record = 0;
  for (let k = 0; k < grid.length; k++) {
    starts[k] = samples.length;
    for (; record < values.length && values[record] > grid[k]; record++) {
      const sample = records.samples[record];
      let change = changeOfSample[sample];
      if (change < starts[k]) {
        change = changeOfSample[sample] = samples.length;
        samples.push(sample);
        before.push(current[sample]);
      }
      exits[change] = records.exits[record];
      after[change] = current[sample] = losses[sample * exitCount + records.exits[record]];
    }
  }
  starts[grid.length] = samples.length;
  return {
    kind: "grid",
    sampleCount,
    pieceCount: grid.length,
    lambdas: grid,
    changeStart: starts,
    samples: Uint32Array.from(samples),
    before: Float64Array.from(before),
    after: Float64Array.from(after),
    exits: Uint16Array.from(exits),
  };
}
