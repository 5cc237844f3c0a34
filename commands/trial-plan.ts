import type { GridRequest } from "../src/control/grid-request.ts";
import { exitTableSource, lossTableSource, type Source } from "../src/control/source.ts";
import type { TrialPlan } from "../src/control/trial-outcomes.ts";
import type { Method } from "../src/control/types.ts";
import { offerWalks } from "../src/control/walk-engines.ts";
import type { ExitCosts } from "../src/exits/efficiency.ts";
import type { ExitTable, LossTable } from "../src/exits/types.ts";
import { simdWalks } from "../src/io/walk-kernel-file.ts";

offerWalks(simdWalks);

/** A plan of trials as plain data, so that it can be sent to a worker thread. */
export interface TrialOrder {
  readonly data:
    | { readonly kind: "exits"; readonly table: ExitTable; readonly costs: ExitCosts }
    | { readonly kind: "loss-table"; readonly table: LossTable };
  readonly clip: boolean;
  readonly tasks: readonly {
    readonly risk: string;
    readonly confidence: string | null;
    readonly methods: readonly Method[];
  }[];
  readonly epsilons: readonly number[];
  readonly delta: number;
  readonly grid: GridRequest;
  readonly calibrationSize: number;
  readonly seed: number;
  readonly audit: boolean;
}

export function trialPlan({ data, clip, tasks, ...rest }: TrialOrder): TrialPlan {
  const sourceOf = (risk: string, confidence: string | null): Source =>
    data.kind === "exits"
      ? exitTableSource(data.table, confidence as string, risk, clip, data.costs)
      : lossTableSource(data.table, clip);
  return {
    ...rest,
    tasks: tasks.map(({ risk, confidence, methods }) => ({ source: sourceOf(risk, confidence), methods })),
  };
}
