import type { Problem } from "../src/control/problem.ts";
import type { Source } from "../src/control/source.ts";
import { sweep } from "../src/control/sweep.ts";
import type { CalibrationRequest } from "../src/control/types.ts";
import { networkSummary } from "../src/exits/network-summary.ts";
import type { CalibrationContext } from "../src/report/panels/calibration-panels.ts";
import type { Loaded } from "./load-problem.ts";

/** Levels shown on either side of the asked one. */
const steps = 10;

/**
 * What a report with figures shows around a calibration: the same procedure at ε/10, 2ε/10, …, 2ε (those below the loss
 * bound), and the exits by themselves. Costs up to twenty calibrations, so it is computed only for such a report.
 */
export function calibrationContext(
  loaded: Loaded,
  { risk, confidence }: Source,
  problem: Problem,
  { method, level, grid, costs }: CalibrationRequest,
): CalibrationContext {
  const epsilons = levelsAround(level.epsilon).filter((epsilon) => epsilon < problem.kind.upper);
  const request = { methods: [method], epsilons, delta: level.delta, grid, costs };
  return {
    rows: sweep([{ risk, confidence, problem }], request),
    exits: loaded.kind === "exits" ? networkSummary(loaded.table, null).exits : null,
  };
}

/** The asked level itself is among them, every digit of it. */
function levelsAround(epsilon: number): number[] {
  const level = (k: number) => (k === steps ? epsilon : Number(((epsilon * k) / steps).toPrecision(12)));
  return Array.from({ length: 2 * steps }, (_, k) => level(k + 1));
}
