import type { SweepRow } from "../../control/sweep.ts";
import type { ThresholdFile } from "../../control/threshold-file.ts";
import type { ExitSummary } from "../../exits/network-summary.ts";
import type { Figure, Panel } from "../figure/figure.ts";
import { exitPanel } from "./exit-panel.ts";
import { shareFigure } from "./share-figure.ts";
import { sweepPanels } from "./sweep-panels.ts";

/** What a report on a calibration shows beyond its threshold file; made only when one is asked for. */
export interface CalibrationContext {
  /** The same calibration at levels around the file's ε, which is among them. */
  readonly rows: readonly SweepRow<number>[];
  /** Null for a loss table. */
  readonly exits: readonly ExitSummary[] | null;
}

/** Levels around the chosen one, then where samples leave at it beside the exits by themselves. */
export function calibrationPanels(file: ThresholdFile, context: CalibrationContext | null): Panel[] {
  return [...aroundPanels(file, context), ...exitPanels(file, context)];
}

function aroundPanels(file: ThresholdFile, context: CalibrationContext | null): Panel[] {
  if (context === null) return [];
  const { epsilon, guarantee, efficiency } = file;
  const promised = guarantee === "high-probability" || guarantee === "expectation";
  const promise = promised
    ? "the promise is for a level that was fixed before looking, so another one needs other rows or a part of δ"
    : "nothing is proven at any of them";
  const unit = efficiency?.costUnit ?? "exits";
  const facts = { trials: null, audit: false, costUnit: unit, startEpsilon: epsilon };
  return sweepPanels(context.rows, facts).map((panel) => ({
    ...panel,
    title: `Around ε = ${epsilon}`,
    note: `The same calibration at other levels. The file deploys ε = ${epsilon}; ${promise}. Hollow marks: nothing certified.`,
  }));
}

function exitPanels(file: ThresholdFile, context: CalibrationContext | null): Panel[] {
  const shares = shareFigures(file);
  if (context?.exits) {
    const panel = exitPanel(context.exits, file.exitNames ?? null);
    return [{ ...panel, figures: [...shares, ...panel.figures] }];
  }
  if (shares.length === 0) return [];
  return [{ title: "Exit by exit", note: "", figures: shares, levels: null }];
}

function shareFigures({ efficiency, exitNames, policy, epsilon }: ThresholdFile): Figure[] {
  if (!efficiency?.exitShare) return [];
  const where =
    policy === "never-exit" ? "Where samples leave (nothing certified)" : `Where samples leave at ε = ${epsilon}`;
  const sets = [{ label: "calibration", look: 0, shares: efficiency.exitShare }];
  return [shareFigure(sets, exitNames ?? null, where)];
}
