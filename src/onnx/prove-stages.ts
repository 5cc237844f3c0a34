import { EexitError } from "../errors.ts";
import { seededRandom } from "../stats/random.ts";
import { type ProbeRows, probeRowCount, selectProbeRows } from "./graph/probe-inputs.ts";
import { asFloats } from "./run/judge-exit.ts";
import { gatherRows, product } from "./run/rows.ts";
import { runLoadedStage } from "./run/run-stages.ts";
import type { StagedNetwork } from "./run/staged-network.ts";
import type { Session, Values } from "./session.ts";

/** Staged and whole logits may differ by the order of float32 sums, which depends on the batch. */
export const stageTolerance = 2e-5;

/** What was compared, and how far it was apart. */
export interface StageProof {
  readonly rows: number;
  readonly comparedValues: number;
  /** Largest |staged − whole| / max(1, |whole|). */
  readonly largestDifference: number;
  readonly bitEqual: boolean;
  readonly tolerance: number;
}

/**
 * Compares staged logits with the whole model's while rows leave: once without any exit, then with seeded random patterns in which
 * about half of the rows leave at each exit, so that every stage sees compacted batches of many sizes.
 *
 * @throws EexitError `stages-differ` naming the exit and row
 */
export async function proveStages(
  whole: Session,
  staged: StagedNetwork,
  probe: ProbeRows,
  patterns: number,
  seed: number,
): Promise<StageProof> {
  const expected = await whole.run(probe, staged.exits);
  const random = seededRandom(seed, 1);
  const rowCount = probeRowCount(probe);
  let comparedValues = 0;
  let largestDifference = 0;
  for (let pattern = 0; pattern <= patterns; pattern++) {
    let rows = Array.from(random.permutation(rowCount));
    let feeds: ReadonlyMap<string, Values> = selectProbeRows(probe, rows);
    for (const [index, stage] of staged.stages.entries()) {
      const outputs = await runLoadedStage(stage, feeds);
      const reference = gatherRows(expected.get(stage.exit)!, rows);
      const difference = largest(outputs.get(stage.exit)!, reference);
      comparedValues += product(reference.dims);
      largestDifference = Math.max(largestDifference, difference.value);
      const tolerance = toleranceOf(reference);
      if (!(difference.value <= tolerance))
        throw different(staged, index, rows[difference.row], difference.value, tolerance);
      const kept = rows.map((_, row) => row).filter(() => pattern === 0 || random.uniform() < 0.5);
      if (kept.length === 0) break;
      feeds = nextFeeds(stage.live, feeds, outputs, kept);
      rows = kept.map((row) => rows[row]);
    }
  }
  const tolerance = toleranceOf(expected.get(staged.exits[0])!);
  return { rows: rowCount, comparedValues, largestDifference, bitEqual: largestDifference === 0, tolerance };
}

/** float16 keeps 11 bits: its sums differ from 5e-4 on. */
function toleranceOf({ type }: Values): number {
  return type === "float16" ? 2e-2 : stageTolerance;
}

function nextFeeds(
  live: StagedNetwork["stages"][number]["live"],
  feeds: ReadonlyMap<string, Values>,
  outputs: ReadonlyMap<string, Values>,
  kept: readonly number[],
): ReadonlyMap<string, Values> {
  return new Map(
    live.map(({ name, axis }) => {
      const values = outputs.get(name) ?? feeds.get(name)!;
      return [name, axis === null ? values : gatherRows(values, kept, axis)];
    }),
  );
}

/** The largest relative difference and its row; NaN against NaN, and equal infinities, are no difference. */
export function largest(found: Values, expected: Values): { value: number; row: number } {
  const [a, b] = [asFloats(found), asFloats(expected)];
  const width = product(expected.dims.slice(1));
  if (a.length !== b.length) return { value: Number.POSITIVE_INFINITY, row: 0 };
  let value = 0;
  let row = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const difference = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i]));
    if (difference > value || Number.isNaN(difference)) {
      value = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
      row = Math.floor(i / width);
    }
  }
  return { value, row };
}

function different(staged: StagedNetwork, stage: number, row: number, value: number, tolerance: number): EexitError {
  return new EexitError(
    "stages-differ",
    `${staged.name}: at exit ${stage + 1} (${staged.exits[stage]}) the stages differ from the whole model by ${value.toExponential(1)} in probe row ${row}, expected at most ${tolerance}`,
    "some operator looks at other rows of the batch, or draws random numbers: export the model in evaluation mode",
  );
}
