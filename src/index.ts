// The public library: pure functions on arrays, one export line per name. Readers and models stay behind the commands.

import { offerWalks } from "./control/walk-engines.ts";
import { simdWalks } from "./io/walk-kernel-file.ts";

export { calibrate } from "./control/calibrate.ts";
export { type CheckRequest, type CheckResult, check, comparePaired, type Verdict } from "./control/check.ts";
export { type Decision, decide } from "./control/decide.ts";
export type { GridRequest } from "./control/grid-request.ts";
export { methodLabel, parseMethod, resolveMethod } from "./control/methods.ts";
export { minimumSamples } from "./control/minimum-samples.ts";
export { type PlanRequest, type PlanRow, plan, smallestEpsilon } from "./control/plan.ts";
export { exitTableProblem, lossTableProblem, type Problem, type RowOrder } from "./control/problem.ts";
export { exitTableSource, lossTableSource, type Source } from "./control/source.ts";
export { type SweepRequest, type SweepRow, sweep } from "./control/sweep.ts";
export type { ThresholdFile } from "./control/threshold-file.ts";
export { auditBootstrap, sweepSplits, type TrialsRequest } from "./control/trials.ts";
export type {
  Bound,
  CalibrationRequest,
  CalibrationResult,
  Caution,
  CrcVariant,
  Guarantee,
  Level,
  Method,
  Policy,
} from "./control/types.ts";
export { EexitError, type ErrorCode, errorCatalogue } from "./errors.ts";
export { type Efficiency, type ExitCosts, efficiency, exitsAsCosts } from "./exits/efficiency.ts";
export { exitsTaken } from "./exits/exit-rule.ts";
export { allocateExitTable, appendTables, clipLosses, selectRows } from "./exits/exit-table.ts";
export { lossKind, type RiskName, riskCatalogue } from "./exits/loss-kinds.ts";
export { orderLossTable } from "./exits/loss-table.ts";
export type { ExitTable, LossColumn, LossKind, LossTable } from "./exits/types.ts";
export { readThresholdFile, thresholdOf } from "./io/threshold-file.ts";
export type { RowBlock } from "./kernels/exit-scorer.ts";
export { type ScoreRequest, scoreRows } from "./kernels/score-rows.ts";
export { binomialCdf, binomialUpperTail, clopperPearsonLower, clopperPearsonUpper } from "./stats/binomial.ts";
export { hoeffdingBentkusPValue, hoeffdingBentkusUpperBound } from "./stats/hoeffding-bentkus.ts";
export { seededRandom } from "./stats/random.ts";
export { mirrorStarLogWealth, starLogWealth, starUpperBound } from "./stats/star.ts";
export { wsrLogWealth, wsrUpperBound } from "./stats/wsr.ts";
export { tool } from "./version.ts";

offerWalks(simdWalks);
