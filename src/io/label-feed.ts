import { EexitError } from "../errors.ts";
import { readLabels } from "./read-labels.ts";

/** Labels handed out along the samples: one file for all rows, or one file per input. */
export interface LabelFeed {
  /** The labels of the next `count` rows, which come from input `inputIndex`; null when no labels file was given. */
  next(count: number, inputIndex: number): Int32Array | null;
  /** Called once after the last row. @throws labels-mismatch when labels are left over or were missing */
  finish(): void;
}

export const noLabels: LabelFeed = { next: () => null, finish() {} };

/**
 * @param files one for all N rows, or as many as inputs, in the same order
 * @throws labels-mismatch when the numbers of files do not fit
 */
export async function labelFeed(
  files: readonly string[],
  inputCount: number,
  column: string | null,
  readStdin: () => Promise<Uint8Array>,
): Promise<LabelFeed> {
  if (files.length === 0) return noLabels;
  if (files.length > 1 && files.length !== inputCount) {
    throw new EexitError(
      "labels-mismatch",
      `--labels: ${files.length} files for ${inputCount} inputs, expected one file in all or one per input`,
      "repeat --labels or quote a glob, in the order of the inputs",
    );
  }
  const queues: Int32Array[] = [];
  for (const file of files) queues.push(await readLabels(file, column, readStdin));
  const given = queues.map((labels) => labels.length);
  const asked = files.map(() => 0);
  return {
    next(count, inputIndex) {
      const queue = files.length === 1 ? 0 : inputIndex;
      const start = asked[queue];
      asked[queue] += count;
      // Rows beyond the end get a harmless class 0: finish() refuses the whole with both totals, which helps more than
      // a message at the first missing row.
      const labels = new Int32Array(count);
      labels.set(queues[queue].subarray(Math.min(start, given[queue]), Math.min(asked[queue], given[queue])));
      return labels;
    },
    finish() {
      files.forEach((file, queue) => {
        if (given[queue] === asked[queue]) return;
        throw new EexitError(
          "labels-mismatch",
          `${file} holds ${given[queue]} labels but the logits hold ${asked[queue]} samples`,
          "labels and samples must come in the same order, one label per sample",
        );
      });
    },
  };
}
